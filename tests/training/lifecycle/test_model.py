"""What the shared data refuses."""

import datetime as dt
from dataclasses import replace

import pytest

from training.lifecycle.model import BANDS, PHASES, STAGES, Capacity, Estimate, Inputs, Past, Seen, worst

NOON = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
SEEN = Seen("m", "api", "retired", None, "exact", None, "", "", "vendor", 1, NOON, None, None, "d" * 64, 1, 0)
INPUTS = Inputs(NOON, NOON.date(), 30, 1, 10, (), (), (), (), Capacity(1, 1, 1))


def test_the_order_of_stages_and_bands_is_fixed() -> None:
    assert STAGES == ("data", "plan", "baseline", "run", "verdict", "release")
    assert BANDS == ("green", "unknown", "amber", "red")
    assert len(PHASES) == 6


def test_a_time_without_a_zone_is_refused() -> None:
    moment = NOON.replace(tzinfo=None)
    for wrong in (
        lambda: replace(SEEN, retrieved_at=moment),
        lambda: replace(SEEN, read_again=(NOON, moment)),
        lambda: replace(INPUTS, as_of=moment),
    ):
        with pytest.raises(ValueError, match="without a time zone"):
            wrong()


@pytest.mark.parametrize("days", [-1.0, float("nan"), float("inf")])
def test_what_is_no_length_of_time_is_refused(days) -> None:
    with pytest.raises(ValueError, match="expected a finite number"):
        Past("s", "run", days, done=True)
    with pytest.raises(ValueError, match="expected a finite number"):
        Estimate("run", days, 1, 2, "d" * 64, signed=True)


def test_unknown_stages_and_points_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="found stage 'deploy'"):
        Past("s", "deploy", 1, done=True)
    with pytest.raises(ValueError, match="expected low <= likely <= high"):
        Estimate("run", 2, 1, 3, "d" * 64, signed=True)


@pytest.mark.parametrize("counts", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_a_stage_that_nobody_can_do_is_refused(counts) -> None:
    with pytest.raises(ValueError, match="expected at least 1"):
        Capacity(*counts)


def test_inputs_without_runs_or_with_a_negative_age_are_refused() -> None:
    for wrong in (lambda: replace(INPUTS, runs=0), lambda: replace(INPUTS, stale_days=-1)):
        with pytest.raises(ValueError, match="expected at least 1 and 0"):
            wrong()


def test_the_day_is_that_of_utc() -> None:
    late = dt.datetime(2026, 12, 31, 20, tzinfo=dt.timezone(dt.timedelta(hours=-8)))
    assert replace(INPUTS, as_of=late).today == dt.date(2027, 1, 1)


def test_the_worst_of_nothing_is_unknown() -> None:
    assert worst(()) == "unknown"
    assert worst(("green", "unknown")) == "unknown"
    assert worst(("amber", "unknown", "red")) == "red"
