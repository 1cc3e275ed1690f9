import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.engine.statistics.judges import Calibration, corrected_share
from evals.engine.statistics.shares import wilson

GENEROUS = Calibration(found_good=190, good=200, found_bad=140, bad=200)


def test_a_generous_judge_is_corrected_downwards() -> None:
    found = corrected_share(850, 1_000, GENEROUS, 0.05)
    assert found.value == pytest.approx((0.85 + 0.7 - 1) / 0.65)
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high
    plain = wilson(850, 1_000, 0.05)
    assert found.high - found.low > (plain.high or 0) - (plain.low or 0), "the judge's own error is counted"


def test_a_judge_that_never_erred_on_many_answers_changes_little() -> None:
    found = corrected_share(850, 1_000, Calibration(100_000, 100_000, 100_000, 100_000), 0.05)
    plain = wilson(850, 1_000, 0.05)
    assert (found.value, found.low, found.high) == pytest.approx((plain.value, plain.low, plain.high), abs=0.002)


def test_a_judge_no_better_than_chance_says_nothing() -> None:
    found = corrected_share(850, 1_000, Calibration(5, 10, 5, 10), 0.05)
    assert (found.low, found.high) == (None, None)
    assert "no better than chance" in found.method


def test_a_calibration_counts_both_grades() -> None:
    assert Calibration.of([1, 1, 0, 0, 1], [1, 0, 0, 1, 1]) == Calibration(2, 3, 1, 2)
    with pytest.raises(ValueError, match="good and bad answers"):
        Calibration.of([1, 1], [1, 1])
    with pytest.raises(ValueError, match="at least one answer"):
        corrected_share(2, 1, GENEROUS, 0.05)


@given(st.integers(0, 99), st.integers(20, 60), st.integers(20, 60))
def test_more_answers_called_good_never_lower_the_bound(called: int, good: int, bad: int) -> None:
    calibration = Calibration(good - 2, good, bad - 3, bad)
    before, after = (corrected_share(k, 100, calibration, 0.05) for k in (called, called + 1))
    assert (after.low or 0) >= (before.low or 0) - 1e-9
    assert (after.high or 0) >= (before.high or 0) - 1e-9


@pytest.mark.parametrize(("true", "calibrated"), [(0.9, 100), (0.7, 60), (0.97, 200)])
def test_bounds_hold_about_as_often_as_they_say(true: float, calibrated: int) -> None:
    rng = np.random.default_rng(11)
    sensitivity, specificity = 0.93, 0.8
    above = below = 0
    for _ in range(2_000):
        calibration = Calibration(
            int(rng.binomial(calibrated, sensitivity)),
            calibrated,
            int(rng.binomial(calibrated, specificity)),
            calibrated,
        )
        called = rng.binomial(500, true * sensitivity + (1 - true) * (1 - specificity))
        found = corrected_share(int(called), 500, calibration, 0.05)
        above += (found.low or 0) > true
        below += (found.high or 1) < true
    assert above / 2_000 < 0.075
    assert below / 2_000 < 0.075


@pytest.mark.parametrize("calibration", [Calibration(1, 1, 1, 300), Calibration(1, 1, 1, 4), Calibration(1, 300, 1, 1)])
def test_a_judge_whose_shifted_rates_say_nothing_has_no_bounds(calibration: Calibration) -> None:
    """Better than chance as counted, and not with an answer more of each kind: bounds would divide by 0 or less."""
    assert calibration.sensitivity + calibration.specificity > 1
    found = corrected_share(30, 100, calibration, 0.05)
    assert (found.low, found.high) == (None, None)
