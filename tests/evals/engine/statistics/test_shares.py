import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, norm
from statsmodels.genmod.cov_struct import Exchangeable
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_estimating_equations import GEE

from evals.engine.bounds import wilson_low
from evals.engine.planning.power import cases_needed_zero_tolerance
from evals.engine.statistics.clusters import Design, intraclass_correlation
from evals.engine.statistics.shares import clopper_pearson, share, wilson

# Impaired pulmonary function among siblings, per family: with m siblings, how many families have 0, 1, 2, … affected.
# Liang, Zeger and Qaqish, J. R. Statist. Soc. B 54 (1992) 3-40, as carried by the R package ratesci (clusterpci).
FAMILIES = {1: [36, 12], 2: [15, 7, 1], 3: [5, 7, 3, 2], 4: [3, 3, 1], 6: [1, 0, 1, 1, 1, 0, 1]}


def families() -> tuple[list[bool], list[int]]:
    right: list[bool] = []
    cluster: list[int] = []
    for size, numbers in FAMILIES.items():
        for affected, count in enumerate(numbers):
            for _ in range(count):
                number = cluster[-1] + 1 if cluster else 0
                right += [True] * affected + [False] * (size - affected)
                cluster += [number] * size
    return right, cluster


@st.composite
def clustered(draw: st.DrawFn) -> tuple[list[bool], list[int], list[float]]:
    n = draw(st.integers(1, 40))
    right = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    clusters = draw(st.lists(st.integers(0, draw(st.integers(0, 12))), min_size=n, max_size=n))
    weights = draw(st.lists(st.sampled_from([0.5, 1.0, 1.0, 1.0, 3.0]), min_size=n, max_size=n))
    return right, clusters, weights


@given(st.integers(1, 400), st.data(), st.sampled_from([0.01, 0.05, 0.1, 0.25]))
def test_wilson_bounds_solve_the_score_equation(n: int, data: st.DataObject, alpha: float) -> None:
    successes = data.draw(st.integers(0, n))
    found = wilson(successes, n, alpha)
    z = norm.ppf(1 - alpha)
    value = successes / n
    for bound in (found.low, found.high):
        assert bound is not None
        if 0 < bound < 1:
            assert (value - bound) ** 2 == pytest.approx(z * z * bound * (1 - bound) / n, abs=1e-9)
    assert (found.low or 0) <= value <= (found.high or 0)


@pytest.mark.parametrize(("method", "low", "high"), [(wilson, 0.5699, 0.9341), (clopper_pearson, 0.5435, 0.9595)])
def test_published_intervals_for_13_of_16(method, low: float, high: float) -> None:
    """Fagerland, Lydersen and Laake, "Statistical Analysis of Contingency Tables" (2017), chapter 2, as the tests of
    their R package `contingencytables` (3.0.0, tests/testthat/test-ch2.R) have them; two-sided 95 %.
    """
    found = method(13, 16, 0.025)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(("n", "limit"), [(50, 0.5), (100, 0.9), (300, 0.5), (300, 0.95)])
def test_a_model_exactly_at_the_limit_seldom_passes(n: int, limit: float) -> None:
    passes = [k for k in range(n + 1) if (wilson(k, n, 0.05).low or 0) >= limit]
    assert sum(binom.pmf(k, n, limit) for k in passes) < 0.065


@pytest.mark.parametrize("count", [wilson, clopper_pearson])
def test_impossible_counts_are_refused(count) -> None:
    with pytest.raises(ValueError, match="at least one case"):
        count(6, 5, 0.05)
    with pytest.raises(ValueError, match="at least one case"):
        count(0, 0, 0.05)
    with pytest.raises(ValueError, match="expected at least one"):
        share([], 0.05)


def test_zero_tolerance_is_shown_by_exactly_the_cases_it_needs() -> None:
    assert cases_needed_zero_tolerance(0.01, 0.05) == 299
    assert cases_needed_zero_tolerance(0.001, 0.05) == 2_995
    for limit in (0.5, 0.1, 0.05, 0.01, 0.001):
        for alpha in (0.05, 0.01):
            needed = cases_needed_zero_tolerance(limit, alpha)
            assert (clopper_pearson(0, needed, alpha).high or 1) <= limit + 1e-12
            assert (clopper_pearson(0, needed - 1, alpha).high or 0) > limit if needed > 1 else True
            assert (clopper_pearson(1, needed, alpha).high or 0) > limit, "one failure is too many on so few cases"
    with pytest.raises(ValueError, match="cannot be shown"):
        cases_needed_zero_tolerance(0, 0.05)


def test_siblings_have_the_published_correlation() -> None:
    """M. I. Short et al., Statistical Methods in Medical Research 29 (2020) 111-121, give 0.1855 for these families
    (as noted in ratesci's `clusterpci`).
    """
    right, clusters = families()
    sizes = np.bincount(clusters).astype(float)
    affected = np.bincount(clusters, right)
    assert (len(right), sum(right), sizes.size) == (203, 60, 100)
    within = np.square(affected / np.sqrt(sizes)).sum()
    correlation = float(intraclass_correlation(np.array(affected.sum()), np.array(within), sizes))
    assert round(correlation, 4) == 0.1855

    found = share(right, 0.025, clusters=clusters)
    inflation = float((sizes * (1 + (sizes - 1) * correlation)).sum() / 203)  # Saha, Miller and Wang (2016)
    assert found.effective == pytest.approx(203 / inflation)
    assert found.low == pytest.approx(wilson_low(60 / 203, 203 / inflation, 0.025))
    assert found.method == "Wilson score bound at the effective number of cases (100 clusters)"


def test_siblings_vary_about_as_estimating_equations_say() -> None:
    right, clusters = families()
    model = GEE(np.array(right, float), np.ones(203), groups=clusters, family=Binomial(), cov_struct=Exchangeable())
    fitted = model.fit()
    estimated = float(fitted.params[0])
    value = 1 / (1 + math.exp(-estimated))
    robust = float(fitted.bse[0]) * value * (1 - value)
    found = share(right, 0.05, clusters=clusters)
    ours = math.sqrt(found.value * (1 - found.value) / (found.effective or 1))
    assert ours == pytest.approx(robust, rel=0.1)


@given(clustered(), st.sampled_from([0.01, 0.05]))
def test_clusters_and_weights_never_make_more_of_the_cases(
    drawn: tuple[list[bool], list[int], list[float]], alpha: float
) -> None:
    right, clusters, weights = drawn
    n = len(right)
    plain = wilson(sum(right), n, alpha)
    together = share(right, alpha, clusters=clusters)
    assert 0 < (together.effective or 0) <= n + 1e-9
    assert (together.low or 0) <= (plain.low or 0) + 1e-12
    assert (together.high or 0) >= (plain.high or 0) - 1e-12
    both = share(right, alpha, clusters=clusters, weights=weights)
    assert (both.effective or 0) <= sum(weights) ** 2 / sum(w * w for w in weights) + 1e-9
    assert 0 <= (both.low or 0) <= both.value + 1e-12 <= (both.high or 0) + 2e-12 <= 1 + 3e-12
    alone = share(right, alpha, clusters=range(n))
    assert (alone.value, alone.low, alone.high) == pytest.approx((plain.value, plain.low, plain.high))


@settings(max_examples=300)
@given(clustered(), st.data())
def test_one_more_right_answer_never_lowers_a_bound(
    drawn: tuple[list[bool], list[int], list[float]], data: st.DataObject
) -> None:
    """The plain effective sample size breaks this: a failure that spreads the others out would buy precision."""
    right, clusters, weights = drawn
    better = list(right)
    better[data.draw(st.integers(0, len(right) - 1))] = True
    for options in ({"clusters": clusters}, {"weights": weights}, {"clusters": clusters, "weights": weights}):
        before, after = share(right, 0.05, **options), share(better, 0.05, **options)
        assert (after.low or 0) >= (before.low or 0) - 1e-12
        assert (after.high or 0) >= (before.high or 0) - 1e-12


@given(clustered(), st.randoms())
def test_the_order_of_cases_does_not_matter(drawn: tuple[list[bool], list[int], list[float]], shuffler) -> None:
    together = list(zip(*drawn, strict=True))
    shuffler.shuffle(together)
    right, clusters, weights = zip(*together, strict=True)
    one = share(drawn[0], 0.05, clusters=drawn[1], weights=drawn[2])
    other = share(right, 0.05, clusters=clusters, weights=weights)
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=1e-12)


def test_clusters_that_agree_within_count_once() -> None:
    right = np.repeat(np.arange(40) >= 4, 5)
    found = share(right, 0.05, clusters=np.repeat(np.arange(40), 5))
    assert found.effective == pytest.approx(40)
    assert share(np.ones(200), 0.05, clusters=np.repeat(np.arange(40), 5)).effective == pytest.approx(40)
    assert share([True] * 5, 0.05, clusters=[0] * 5).effective == pytest.approx(1), "one cluster is one observation"


def test_kish_counts_weights() -> None:
    weights = np.array([1.0, 1, 1, 1, 4])
    found = share([1, 1, 1, 1, 0], 0.05, weights=weights)
    assert found.value == pytest.approx(0.5)
    assert found.effective == pytest.approx(64 / 20)
    assert found.method.endswith("(weights)")
    with pytest.raises(ValueError, match="one finite weight above 0"):
        share([1, 0], 0.05, weights=[1, 0])
    with pytest.raises(ValueError, match="one for each of 2 cases"):
        share([1, 0], 0.05, clusters=[1])


def test_the_design_is_known_before_anything_is_measured() -> None:
    design = Design.of(np.array([0, 0, 1, 2]), np.ones(4))
    assert float(design.worth(0.0)) == 4
    assert float(design.worth(1.0)) == pytest.approx(16 / 6)
