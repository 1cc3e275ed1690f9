from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, quantile_test

from evals.engine.planning.power import cases_needed_quantile
from evals.engine.statistics.estimates import Estimate
from evals.engine.statistics.quantiles import quantile, quantile_ratio


def known(*values: Any, **groups: Any) -> Estimate:
    """Return the quantile of values all of which are known."""
    found = quantile(*values, **groups)
    assert found is not None
    return found


@given(
    st.lists(st.floats(0, 100, width=16), min_size=1, max_size=150),
    st.sampled_from([0.5, 0.9, 0.95]),
    st.sampled_from([0.01, 0.05]),
)
def test_bounds_are_those_of_scipys_quantile_test(values: list[float], q: float, alpha: float) -> None:
    found = known(values, q, alpha)
    low = quantile_test(values, q=0, p=q, alternative="greater").confidence_interval(1 - alpha).low
    high = quantile_test(values, q=0, p=q, alternative="less").confidence_interval(1 - alpha).high
    assert (found.low is None) == (not np.isfinite(low))
    assert (found.high is None) == (not np.isfinite(high))
    if found.low is not None:
        assert found.low == low
    if found.high is not None:
        assert found.high == high


def test_an_upper_bound_needs_its_cases() -> None:
    assert cases_needed_quantile(0.95, 0.05) == 59
    assert known(range(58), 0.95, 0.05).high is None
    assert known(range(59), 0.95, 0.05).high == 58
    assert cases_needed_quantile(0.99, 0.05) == 299


def test_the_value_is_the_smallest_that_the_share_is_at_or_below() -> None:
    assert known([4, 1, 3, 2], 0.5, 0.05).value == 2
    assert known([4, 1, 3, 2], 0.51, 0.05).value == 3
    assert known(range(1, 101), 0.95, 0.05).value == 95
    assert known([1, 2, 3], 0.5, 0.05, weights=[5, 1, 1]).value == 1


@pytest.mark.parametrize(("n", "q"), [(60, 0.95), (100, 0.5), (400, 0.99)])
def test_bounds_hold_as_often_as_they_say(n: int, q: float) -> None:
    found = known(range(1, n + 1), q, 0.05)
    # Value number k of the sample is below the population's quantile when fewer than k ... so exactly binomial.
    if found.high is not None:
        assert binom.cdf(found.high - 1, n, q) >= 0.95
    if found.low is not None:
        assert binom.cdf(found.low - 1, n, q) <= 0.05


def test_clusters_widen_them() -> None:
    rng = np.random.default_rng(1)
    values = np.repeat(rng.random(100), 5)
    alone = known(values, 0.9, 0.05)
    together = known(values, 0.9, 0.05, clusters=np.repeat(np.arange(100), 5))
    assert together.low is not None
    assert together.high is not None
    assert together.low < (alone.low or 0) <= alone.value <= (alone.high or 1) < together.high
    plain = known(values[::5], 0.9, 0.05)
    assert together.high == pytest.approx(plain.high, abs=0.03)


def test_a_ratio_divides_opposite_bounds() -> None:
    rng = np.random.default_rng(2)
    slow, fast = rng.gamma(4, 1.2, 500), rng.gamma(4, 1.0, 500)
    found = quantile_ratio(slow, fast, 0.95, 0.05)
    assert found is not None
    assert (found.low or 9) < found.value < (found.high or 0)
    assert found.high == (known(slow, 0.95, 0.025).high or 0) / (known(fast, 0.95, 0.025).low or 1)
    assert quantile_ratio(slow, np.zeros(10), 0.95, 0.05) is None


@pytest.mark.parametrize(("values", "q"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.0)])
def test_what_is_no_quantile_is_refused(values: list[float], q: float) -> None:
    with pytest.raises(ValueError, match="at least one value"):
        quantile(values, q, 0.05)


@pytest.mark.parametrize("groups", [{}, {"clusters": np.arange(100) // 2}, {"weights": np.arange(100) % 3 + 1}])
def test_what_nobody_knows_is_no_bound_and_a_quantile_among_it_is_none(groups: dict[str, Any]) -> None:
    seconds = np.arange(1.0, 101.0)
    whole = known(seconds, 0.9, 0.05, **groups)
    assert whole.high is not None
    for missing in range(1, 30):
        told = np.where(seconds > 100 - missing, np.inf, seconds)
        found = quantile(told, 0.9, 0.05, **groups)
        assert (found is None) == (whole.value > 100 - missing)
        if found is not None:
            assert (found.value, found.low) == (whole.value, whole.low)
            assert found.high == (whole.high if whole.high <= 100 - missing else None)
    assert quantile_ratio(np.full(100, np.inf), seconds, 0.9, 0.05) is None
    assert quantile_ratio(seconds, np.full(100, np.inf), 0.9, 0.05) is None
