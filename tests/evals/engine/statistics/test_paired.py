import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import norm

from evals.engine.statistics.paired import cluster_variance, share_difference, tango

# Per psychiatrist: patients, concerns only the patient named, only the psychiatrist named. Donner and Petryshen,
# Psychiatry Research 28 (1989) 41-46, as carried by the R package clust.bin.pair (0.1.2, MIT).
PSYCHIATRISTS = [
    (7, 0, 4), (6, 1, 2), (7, 1, 3), (6, 1, 2), (4, 0, 1), (6, 3, 3), (5, 3, 0), (8, 3, 2), (4, 1, 2), (7, 0, 4),
    (3, 0, 2), (6, 1, 4), (7, 0, 3), (6, 0, 2), (5, 0, 1), (4, 0, 3), (6, 0, 1), (5, 0, 2), (4, 3, 0), (3, 1, 0),
    (5, 1, 0), (4, 2, 2), (4, 0, 1), (2, 0, 2), (3, 0, 2), (2, 0, 0), (2, 0, 0), (3, 0, 1), (1, 0, 1),
]  # fmt: skip
# Per patient: glands, seen by PET alone, seen by SPECT alone. Obuchowski (1998), carried by the same package.
GLANDS = [
    (3, 0, 2), (3, 0, 1), (3, 0, 0), (1, 0, 0), (3, 0, 1), (4, 0, 0), (3, 0, 0), (2, 0, 0), (2, 1, 0), (1, 0, 0),
    (3, 0, 0), (2, 0, 0), (2, 0, 0), (2, 0, 0), (2, 0, 2), (3, 0, 0), (3, 0, 0), (3, 0, 1), (2, 0, 0), (1, 0, 0),
    (2, 0, 0),
]  # fmt: skip


@st.composite
def pair_counts(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.integers(2, 60))
    gained = draw(st.integers(0, n))
    return gained, draw(st.integers(0, n - gained)), n


@pytest.mark.parametrize(
    ("table", "alpha", "digits", "low", "high"),
    [
        # Each is (both, first only, second only, neither). The figures are those which the tests of the R package
        # ratesci (tests/testthat/test3.R) hold its own implementation to, with the sources it names:
        ((4, 9, 3, 16), 0.025, 3, -0.027, 0.390),  # Tango 1998, table VII
        ((43, 0, 1, 0), 0.05, 3, -0.096, 0.037),  # Tango 1998, table V
        ((53, 16, 8, 9), 0.025, 3, -0.020, 0.207),  # Agresti and Min, Statistics in Medicine 24 (2005) 729-740
        ((1, 1, 7, 12), 0.025, 3, -0.517, -0.026),  # Fagerland et al., Statistics in Medicine 33 (2014) 2850-2875
        ((8, 3, 1, 2), 0.025, 4, -0.1670, 0.4327),  # M.-L. Tang et al. 2010
        # and those of the R package contingencytables (3.0.0, tests/testthat/test-ch8.R):
        ((59, 6, 16, 80), 0.025, 4, -0.1240, -0.0054),  # Cavo et al. 2012
        ((0, 3, 0, 0), 0.025, 4, -0.1230, 1.0),
    ],
)
def test_published_intervals(
    table: tuple[int, int, int, int], alpha: float, digits: int, low: float, high: float
) -> None:
    found = tango(table[1], table[2], sum(table), alpha)
    assert found.low is not None
    assert found.high is not None
    assert (round(found.low, digits), round(found.high, digits)) == (low, high)


def test_with_no_discordant_pair_there_is_a_closed_form() -> None:
    z = norm.ppf(0.95)
    found = tango(0, 0, 50, 0.05)
    assert found.high == pytest.approx(z * z / (50 + z * z), abs=1e-9)
    assert found.low == pytest.approx(-z * z / (50 + z * z), abs=1e-9)


def brute_score(gained: int, lost: int, n: int, difference: float) -> float:
    """The score statistic with the restricted likelihood maximised numerically instead of by the quadratic."""
    same = n - gained - lost

    def loss(q: float) -> float:
        total = 0.0
        for count, share in ((gained, q + difference), (lost, q), (same, 1 - 2 * q - difference)):
            if count:
                total -= count * math.log(max(share, 1e-300))
        return total

    low, high = max(0.0, -difference), (1 - difference) / 2
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-13})
    q = min([found.x, low, high], key=loss)
    return (gained - lost - n * difference) / math.sqrt(max(n * (2 * q + difference - difference**2), 1e-15))


@settings(max_examples=60, deadline=None)
@given(pair_counts(), st.sampled_from([0.025, 0.05, 0.1]))
def test_bounds_are_where_the_brute_force_score_crosses(counts: tuple[int, int, int], alpha: float) -> None:
    found = tango(*counts, alpha)
    z = norm.ppf(1 - alpha)
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low <= found.value <= found.high <= 1
    step = 1e-5
    if found.low > -1 + 1e-4:
        assert brute_score(*counts, found.low - step) > z > brute_score(*counts, found.low + step)
    if found.high < 1 - 1e-4:
        assert brute_score(*counts, found.high - step) > -z > brute_score(*counts, found.high + step)


@given(pair_counts())
def test_the_arms_can_be_exchanged(counts: tuple[int, int, int]) -> None:
    gained, lost, n = counts
    one, other = tango(gained, lost, n, 0.05), tango(lost, gained, n, 0.05)
    assert one.low == pytest.approx(-(other.high or 0), abs=1e-9)


@given(pair_counts())
def test_bounds_rise_with_every_case_gained(counts: tuple[int, int, int]) -> None:
    gained, lost, n = counts
    before = tango(gained, lost, n, 0.05)
    if lost:
        assert (tango(gained, lost - 1, n, 0.05).low or 0) >= (before.low or 0) - 1e-9
        assert (tango(gained + 1, lost - 1, n, 0.05).low or 0) >= (before.low or 0) - 1e-9
    if gained + lost < n:
        assert (tango(gained + 1, lost, n, 0.05).low or 0) >= (before.low or 0) - 1e-9


@pytest.mark.parametrize(("gained", "lost", "n"), [(0, 0, 0), (-1, 0, 5), (3, 3, 5)])
def test_impossible_counts_are_refused(gained: int, lost: int, n: int) -> None:
    with pytest.raises(ValueError, match="expected counts"):
        tango(gained, lost, n, 0.05)


@pytest.mark.parametrize(("table", "obuchowski", "yang"), [(GLANDS, 2.86, 3.13), (PSYCHIATRISTS, 7.19, 8.43)])
def test_clustered_variances_give_the_published_statistics(
    table: list[tuple[int, int, int]], obuchowski: float, yang: float
) -> None:
    """As the tests of clust.bin.pair have them: Obuchowski's reported by Durkalski et al., Statistics in Medicine 22
    (2003), the modified one by Yang et al. (2010). For the glands ours comes to 3.14 where 3.13 is reported.
    """
    sizes, gained, lost = np.array(table, dtype=float).T
    differences = gained - lost
    value = differences.sum() / sizes.sum()
    under_the_null = cluster_variance(differences, sizes, 0.0)
    around_the_value = cluster_variance(differences, sizes, value)
    assert round(value**2 / under_the_null, 2) == obuchowski
    assert value**2 / ((under_the_null + around_the_value) / 2) == pytest.approx(yang, abs=0.015)


def test_clusters_of_one_case_are_tangos_own() -> None:
    rng = np.random.default_rng(5)
    new, old = rng.random(300) < 0.8, rng.random(300) < 0.75
    plain = share_difference(new, old, 0.05)
    assert plain == tango(int((new & ~old).sum()), int((old & ~new).sum()), 300, 0.05)
    alone = share_difference(new, old, 0.05, clusters=range(300))
    assert (alone.value, alone.low, alone.high) == pytest.approx((plain.value, plain.low, plain.high))


def test_clusters_that_move_together_count_once() -> None:
    new = np.repeat(np.arange(60) % 10 != 0, 4)
    old = np.repeat(np.arange(60) % 10 != 1, 4)
    found = share_difference(new, old, 0.05, clusters=np.repeat(np.arange(60), 4))
    assert found.effective == pytest.approx(60, rel=0.03)
    assert (found.low or 0) == pytest.approx(tango(6, 6, 60, 0.05).low, abs=0.005)
    same = share_difference(new, new, 0.05, clusters=np.repeat(np.arange(60), 4))
    assert same.effective == pytest.approx(60)
    assert same.low == pytest.approx(tango(0, 0, 60, 0.05).low)


@given(st.data())
def test_clusters_never_make_more_of_the_pairs(data: st.DataObject) -> None:
    n = data.draw(st.integers(2, 40))
    answers = st.lists(st.booleans(), min_size=n, max_size=n)
    new, old = data.draw(answers), data.draw(answers)
    clusters = data.draw(st.lists(st.integers(0, 8), min_size=n, max_size=n))
    order = data.draw(st.permutations(range(n)))
    found, plain = share_difference(new, old, 0.05, clusters=clusters), share_difference(new, old, 0.05)
    assert (found.effective or 0) <= n + 1e-9
    assert (found.low or 0) <= (plain.low or 0) + 1e-9
    assert (found.high or 0) >= (plain.high or 0) - 1e-9
    shuffled = share_difference(
        [new[i] for i in order], [old[i] for i in order], 0.05, clusters=[clusters[i] for i in order]
    )
    assert (shuffled.low, shuffled.high) == pytest.approx((found.low, found.high), abs=1e-9)


def test_answers_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="as many of either"):
        share_difference([True], [True, False], 0.05)
