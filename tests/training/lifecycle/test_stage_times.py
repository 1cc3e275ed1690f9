"""Stage times: what was waited for counts, what was done side by side counts once, and all of it adds up."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.lifecycle.model import STAGES, Stage
from training.lifecycle.stage_times import stage_days

BEGAN = datetime(2028, 2, 28, 12, tzinfo=UTC)


def after(days: float) -> datetime:
    return BEGAN + timedelta(days=days)


def test_in_the_usual_order_each_lasts_from_the_one_before() -> None:
    reached: dict[Stage, datetime] = {
        "data": after(3),
        "plan": after(5),
        "baseline": after(5.5),
        "run": after(9),
        "verdict": after(10),
    }
    told = stage_days(BEGAN, reached, "release", after(14))
    assert told == [
        ("data", 3.0, True), ("plan", 2.0, True), ("baseline", 0.5, True), ("run", 3.5, True), ("verdict", 1.0, True),
        ("release", 4.0, False),
    ]  # fmt: skip


def test_a_leap_day_is_a_day() -> None:
    assert stage_days(BEGAN, {"data": datetime(2028, 3, 1, 12, tzinfo=UTC)}) == [("data", 2.0, True)]


def test_what_was_done_side_by_side_counts_once() -> None:
    told = stage_days(BEGAN, {"plan": after(2), "data": after(6)})
    assert told == [("plan", 2.0, True), ("data", 4.0, True)]


def test_nothing_reached_is_all_waiting() -> None:
    assert stage_days(BEGAN, {}, "data", after(7)) == [("data", 7.0, False)]


@pytest.mark.parametrize(
    ("reached", "waiting", "words"),
    [
        ({"lunch": after(1)}, None, "lunch"),
        ({"data": after(1)}, "data", "is waited for"),
        ({"data": after(-1)}, None, "before the work began"),
    ],
)
def test_what_cannot_be_is_refused(reached: dict, waiting: str | None, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        stage_days(BEGAN, reached, waiting, after(9))  # type: ignore[arg-type]


@given(
    st.dictionaries(st.sampled_from(STAGES), st.floats(0, 1000), max_size=6),
    st.floats(0, 1000),
)
def test_stages_add_up_to_the_whole(days: dict, more: float) -> None:
    reached = {stage: after(each) for stage, each in days.items()}
    waiting = next((stage for stage in STAGES if stage not in reached), None)
    now = max([BEGAN, *reached.values()]) + timedelta(days=more)
    told = stage_days(BEGAN, reached, waiting, now)
    assert all(length >= 0 for _, length, _ in told)
    whole = (now if waiting else max([BEGAN, *reached.values()])) - BEGAN
    assert sum(length for _, length, _ in told) == pytest.approx(whole.total_seconds() / 86400, abs=1e-6)
    assert [stage for stage, _, done in told if not done] == ([waiting] if waiting else [])
