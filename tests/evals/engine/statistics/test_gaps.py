import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from evals.engine.statistics.estimates import Estimate
from evals.engine.statistics.gaps import comparisons, gap, widest_gap
from evals.engine.statistics.ratios import mean
from evals.engine.statistics.shares import share, wilson


@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_for_shares_it_is_newcombes_hybrid_score(n: int, m: int, data: st.DataObject) -> None:
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    found = gap(wilson(a, n, 0.025), wilson(b, m, 0.025))
    low, high = confint_proportions_2indep(a, n, b, m, method="newcomb", alpha=0.05)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)


def test_a_published_interval() -> None:
    """7 of 34 against 1 of 34: Perondi et al. 2004 in Fagerland, Lydersen and Laake, "Statistical Analysis of
    Contingency Tables" (2017), chapter 4, as the tests of the R package contingencytables (3.0.0, test-ch4.R) have it.
    """
    found = gap(wilson(7, 34, 0.025), wilson(1, 34, 0.025))
    assert found.low is not None
    assert found.high is not None
    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == (0.1765, 0.0189, 0.3404)


def test_clustered_and_bootstrapped_estimates_have_gaps_too() -> None:
    rng = np.random.default_rng(7)
    clusters = np.repeat(np.arange(40), 5)
    one, other = (share(np.repeat(rng.random(40) < p, 5), 0.05, clusters=clusters) for p in (0.9, 0.6))
    found = gap(one, other)
    assert found.low is not None
    assert found.low < gap(wilson(180, 200, 0.05), wilson(120, 200, 0.05)).value
    scores = gap(mean(rng.beta(8, 2, 100), 0.05), mean(rng.beta(5, 5, 100), 0.05))
    assert (scores.low or 0) < scores.value < (scores.high or 0)
    assert scores.value == pytest.approx(0.3, abs=0.05)
    unknown = Estimate(0.5, None, None, 3, "none")
    assert gap(unknown, one).low is None
    assert gap(one, unknown).high is None


def three(alpha: float) -> dict[str, list[Estimate]]:
    return {"north": [wilson(90, 100, alpha)], "south": [wilson(70, 100, alpha)], "west": [wilson(85, 100, alpha)]}


def test_the_widest_gap_names_the_pair() -> None:
    found = widest_gap(three(0.05), three(0.05 / comparisons(3)), 0.05)
    assert (found.first, found.second) == ("north", "south")
    assert found.estimate.value == pytest.approx(0.2)
    plain = gap(wilson(90, 100, 0.05), wilson(70, 100, 0.05))
    assert found.estimate.high == plain.high, "to show that every gap is small no correction is due"
    assert 0 < (found.estimate.low or 0) < (plain.low or 0), "to show that some gap is large one is"
    assert found.words == (
        "3 groups, 3 pairs: every pair is within the upper bound with 0.95 confidence; "
        "the lower bound is corrected for 6 comparisons"
    )


def test_equal_groups_have_no_lower_bound_above_0() -> None:
    groups = {"a": [wilson(50, 100, 0.05)], "b": [wilson(50, 100, 0.05)]}
    found = widest_gap(groups, groups, 0.05)
    assert found.estimate.low == found.estimate.value == 0
    with pytest.raises(ValueError, match="two or more"):
        widest_gap({"a": groups["a"]}, {"a": groups["a"]}, 0.05)


@given(st.lists(st.integers(0, 50), min_size=2, max_size=5), st.data())
def test_a_failure_in_the_better_group_can_narrow_but_in_the_worst_never_does(
    rights: list[int], data: st.DataObject
) -> None:
    def found(counts: list[int]) -> Estimate:
        groups = {str(i): [wilson(k, 50, 0.05)] for i, k in enumerate(counts)}
        corrected = {str(i): [wilson(k, 50, 0.05 / comparisons(len(counts)))] for i, k in enumerate(counts)}
        return widest_gap(groups, corrected, 0.05).estimate

    worst = min(range(len(rights)), key=rights.__getitem__)
    if rights[worst] > 0:
        worse = [k - (i == worst) for i, k in enumerate(rights)]
        assert found(worse).value >= found(rights).value
