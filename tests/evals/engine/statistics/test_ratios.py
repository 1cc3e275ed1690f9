import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap, poisson

from evals.engine.statistics.bootstrap import quotient
from evals.engine.statistics.estimates import Estimate
from evals.engine.statistics.ratios import mean, mean_compared, ratio
from evals.engine.statistics.resampling import (
    _POISSON,
    BOOTSTRAP_RESAMPLES,
    _corrected,
    bca,
    by_cluster,
    distinct_rows,
    resampled,
)


def bounds(found: Estimate | None) -> tuple[float, float]:
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


@pytest.mark.parametrize("n", [20, 300, 4_000])
def test_a_mean_has_the_bounds_that_scipy_gives_it(n: int) -> None:
    """Drawn in three ways: one by one, and from 2,000 units on as Poisson counts; scipy draws indices."""
    values = np.random.default_rng(n).beta(5, 1, n)
    low, high = bounds(mean(values, 0.05))
    reference = bootstrap((values,), np.mean, confidence_level=0.9, n_resamples=10_000, batch=200, rng=1)
    width = reference.confidence_interval.high - reference.confidence_interval.low
    assert low == pytest.approx(reference.confidence_interval.low, abs=0.05 * width)
    assert high == pytest.approx(reference.confidence_interval.high, abs=0.05 * width)


def test_a_skewed_ratio_has_the_bounds_that_scipy_gives_it() -> None:
    rng = np.random.default_rng(8)
    new, old = rng.lognormal(0.1, 1, 120), rng.lognormal(0, 1, 120)
    low, high = bounds(mean_compared(new, old, 0.05, "ratio"))
    reference = bootstrap(
        (new, old),
        lambda a, b, axis: a.mean(axis=axis) / b.mean(axis=axis),
        paired=True,
        vectorized=True,
        confidence_level=0.9,
        n_resamples=10_000,
        rng=1,
    ).confidence_interval
    assert (low, high) == pytest.approx((reference.low, reference.high), abs=0.05 * (reference.high - reference.low))


def test_repeated_rows_are_drawn_as_one_by_one() -> None:
    """The multinomial over distinct rows and the draws of single rows are the same bootstrap."""
    right = np.random.default_rng(2).random(400) < 0.8
    rows = np.stack([right, np.ones(400)], axis=-1).astype(float)
    together = resampled(*distinct_rows(rows), lambda totals: quotient(totals[..., 0], totals[..., 1]))
    assert together.shape == (BOOTSTRAP_RESAMPLES,)
    assert together.mean() == pytest.approx(right.mean(), abs=0.001)
    assert together.std() == pytest.approx(np.sqrt(right.mean() * (1 - right.mean()) / 400), rel=0.03)


def test_clusters_are_drawn_whole() -> None:
    values = np.repeat(np.random.default_rng(3).random(50), 6)
    clusters = np.repeat(np.arange(50), 6)
    low, high = bounds(mean(values, 0.05, clusters=clusters))
    once = bounds(mean(values[::6], 0.05))
    assert (low, high) == pytest.approx(once, abs=1e-12), "six copies of a case say no more than the case"
    found = mean(values, 0.05, clusters=clusters)
    assert "resamples of clusters" in found.method
    assert "50 clusters" in found.method
    rows = by_cluster(np.ones((4, 1)), np.array([0, 1, 1, 2]))
    assert rows.tolist() == [[1], [2], [1]]


def test_weights_weigh() -> None:
    found = mean([1.0, 0.0, 0.0, 0.5], 0.05, weights=[3, 1, 1, 1])
    assert found.value == pytest.approx(3.5 / 6)


def test_a_paired_comparison_uses_the_pairs() -> None:
    rng = np.random.default_rng(4)
    old = rng.random(200)
    new = np.clip(old + 0.02 + rng.normal(0, 0.01, 200), 0, 1)
    low, high = bounds(mean_compared(new, old, 0.05, "difference", within=(0, 1)))
    assert 0.015 < low < high < 0.025, "unpaired, the interval would be twenty times wider"
    low, high = bounds(mean_compared(new, old, 0.05, "ratio", within=(0, 1)))
    assert 1.03 < low < high < 1.06
    assert mean_compared(new, np.zeros(200), 0.05, "ratio") is None


def test_where_all_agree_one_more_case_gives_the_rule_of_three() -> None:
    low, high = bounds(mean(np.ones(300), 0.05, within=(0, 1)))
    assert low == pytest.approx(1 - 3 / 301, abs=0.001)
    assert high == 1
    low, high = bounds(mean(np.full(50, 0.5), 0.05, within=(0, 1)))
    assert 0.45 < low < 0.5 < high < 0.55
    assert mean(np.ones(300), 0.05).low is None, "without ends nothing is known"
    assert mean([1.0], 0.05, within=(0, 1)).low is None, "one case shows nothing"
    low, high = bounds(mean_compared(np.ones(300), np.ones(300), 0.05, "difference", within=(0, 1)))
    assert (low, high) == pytest.approx((-0.0133, 0.0133), abs=0.01)


def test_precision_counts_what_was_given() -> None:
    given_, right = np.array([1, 1, 1, 0, 1, 0, 1, 1]), np.array([1, 1, 0, 0, 1, 0, 1, 1])
    found = ratio(right, given_, 0.05)
    assert found is not None
    assert found.value == pytest.approx(5 / 6)
    low, high = bounds(found)
    assert 0 < low < 5 / 6 < high <= 1
    assert ratio([0, 0], [0, 0], 0.05) is None
    with pytest.raises(ValueError, match="above its denominator"):
        ratio([1, 1], [0, 1], 0.05)


def test_counts_to_pick_from_are_the_quantiles_that_scipy_gives() -> None:
    assert (poisson.ppf((np.arange(_POISSON.size) + 0.5) / _POISSON.size, 1) == _POISSON).all()


@pytest.mark.parametrize("values", [[], [float("nan")], [1.5], [[0.5]]])
def test_values_that_are_none_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        mean(values, 0.05, within=(0, 1))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=2, max_size=60), st.randoms())
def test_the_order_of_cases_does_not_matter(values: list[float], shuffler) -> None:
    shuffled = list(values)
    shuffler.shuffle(shuffled)
    one, other = mean(values, 0.05, within=(0, 1)), mean(shuffled, 0.05, within=(0, 1))
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=1e-12)
    assert one == mean(values, 0.05, within=(0, 1)), "the same answers always get the same bounds"


def test_too_few_units_or_no_spread_have_no_bounds() -> None:
    assert bca(np.ones((1, 1)), lambda totals: totals[..., 0], 0.05) is None
    assert bca(np.array([[1.0, 1.0], [2.0, 2.0]]), lambda t: t[..., 0] / t[..., 1], 0.05) is None


def test_beyond_its_pole_the_correction_never_leads_to_the_other_end() -> None:
    """Phi(b + s / (1 - a s)) has a pole at s = 1 / a, behind which a lower bound would be the largest resample."""
    for acceleration in (0.16, -0.16):
        levels = [_corrected(level, 0.001, acceleration) for level in (1e-6, 0.001, 0.05, 0.5, 0.95, 0.999)]
        assert levels == sorted(levels), acceleration
    assert _corrected(1e-6, 0.001, -0.16) == 0
