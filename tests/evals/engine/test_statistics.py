import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom, norm
from sklearn.metrics import f1_score

from evals.engine.statistics import (
    cases_needed_absolute,
    cases_needed_non_inferiority,
    f1,
    f1_difference,
    f1_per_label,
    tango,
    wilson,
)


@st.composite
def pair_counts(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.integers(2, 60))
    gained = draw(st.integers(0, n))
    return gained, draw(st.integers(0, n - gained)), n


@given(st.integers(1, 400), st.data(), st.sampled_from([0.01, 0.05, 0.1, 0.25]))
def test_wilson_bounds_solve_the_score_equation(n: int, data: st.DataObject, alpha: float) -> None:
    successes = data.draw(st.integers(0, n))
    found = wilson(successes, n, alpha)
    z = norm.ppf(1 - alpha)
    share = successes / n
    for bound in (found.low, found.high):
        assert bound is not None
        if 0 < bound < 1:
            assert (share - bound) ** 2 == pytest.approx(z * z * bound * (1 - bound) / n, abs=1e-9)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= share <= found.high


def test_wilson_against_figures_quoted_from_memory() -> None:
    """Remembered as those of R. G. Newcombe, Statistics in Medicine 17 (1998) 857-872; not compared with the paper.

    Two-sided 95 %. What the bounds are held to independently is the score equation itself, above.
    """
    for successes, n, low, high in [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)]:
        found = wilson(successes, n, 0.025)
        assert found.low == pytest.approx(low, abs=5e-5)
        assert found.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(("n", "limit"), [(50, 0.5), (100, 0.9), (300, 0.5), (300, 0.95)])
def test_a_model_exactly_at_the_limit_seldom_passes(n: int, limit: float) -> None:
    passes = [k for k in range(n + 1) if (wilson(k, n, 0.05).low or 0) >= limit]
    assert sum(binom.pmf(k, n, limit) for k in passes) < 0.065


@pytest.mark.parametrize(
    ("gained", "lost", "n", "low", "high"),
    [
        # Remembered as in Fagerland, Lydersen and Laake, Statistics in Medicine 33 (2014); not compared with the paper.
        (1, 7, 21, -0.517, -0.026),
        # Remembered as in Tango, Statistics in Medicine 17 (1998) 891-908; not compared with the paper.
        (1, 0, 44, -0.0594, 0.118),
    ],
)
def test_tango_against_figures_quoted_from_memory(gained: int, lost: int, n: int, low: float, high: float) -> None:
    found = tango(gained, lost, n, 0.025)
    assert found.low == pytest.approx(low, abs=5e-4)
    assert found.high == pytest.approx(high, abs=5e-4)


def test_tango_with_no_discordant_pair_has_a_closed_form() -> None:
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
def test_tango_bounds_are_where_the_brute_force_score_crosses(counts: tuple[int, int, int], alpha: float) -> None:
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
def test_tango_is_symmetric(counts: tuple[int, int, int]) -> None:
    gained, lost, n = counts
    one, other = tango(gained, lost, n, 0.05), tango(lost, gained, n, 0.05)
    assert one.low == pytest.approx(-(other.high or 0), abs=1e-7)


@given(pair_counts())
def test_tango_rises_with_every_case_gained(counts: tuple[int, int, int]) -> None:
    gained, lost, n = counts
    if lost:
        better = tango(gained + 1, lost - 1, n, 0.05)
        assert (better.low or 0) >= (tango(gained, lost, n, 0.05).low or 0) - 1e-9


@pytest.mark.parametrize(("gained", "lost", "n"), [(0, 0, 0), (-1, 0, 5), (3, 3, 5)])
def test_impossible_counts_are_refused(gained: int, lost: int, n: int) -> None:
    with pytest.raises(ValueError, match="expected counts"):
        tango(gained, lost, n, 0.05)
    with pytest.raises(ValueError, match="at least one case"):
        wilson(n + 1, n, 0.05)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), min_size=1, max_size=80))
def test_f1_equals_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    targets, answers = np.array(pairs, dtype=np.int64).T
    reference = f1_score(targets, answers, labels=range(5), average=None, zero_division=0)
    assert np.allclose(f1_per_label(targets, answers, 5), reference)


def test_f1_bounds_repeat_and_hold_the_value() -> None:
    rng = np.random.default_rng(3)
    targets = rng.integers(0, 5, 200)
    answers = np.where(rng.random(200) < 0.7, targets, rng.integers(0, 6, 200))
    found = f1(targets, answers, range(5), 0.05)
    assert found == f1(targets, answers, range(5), 0.05)
    assert found.low is not None
    assert found.high is not None
    assert found.value - 0.1 < found.low < found.value < found.high < found.value + 0.1


def test_f1_difference_uses_the_pairs() -> None:
    rng = np.random.default_rng(4)
    targets = rng.integers(0, 5, 200)
    baseline = np.where(rng.random(200) < 0.7, targets, 5)
    answers = baseline.copy()
    answers[:10] = targets[:10]
    found = f1_difference(targets, answers, baseline, range(5), 0.05)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value <= found.high < 0.06, "unpaired, the interval would be several times wider"


def test_uniform_answers_have_no_bootstrap_bound() -> None:
    targets = np.arange(50) % 5
    assert f1(targets, targets, range(5), 0.05).low is None
    assert f1(targets[:1], targets[:1], [0], 0.05).low is None


def test_cases_needed() -> None:
    assert cases_needed_non_inferiority(0.05, 0.10, 0.05, 0.8) == 248
    assert cases_needed_non_inferiority(0.03, 0.10, 0.05, 0.8) == 687
    needed = cases_needed_absolute(0.5, 0.6, 0.05, 0.8)
    power = sum(binom.pmf(k, needed, 0.6) for k in range(needed + 1) if (wilson(k, needed, 0.05).low or 0) >= 0.5)
    assert power == pytest.approx(0.8, abs=0.03)
    with pytest.raises(ValueError, match="not above the limit"):
        cases_needed_absolute(0.5, 0.5, 0.05, 0.8)
    with pytest.raises(ValueError, match="both above 0"):
        cases_needed_non_inferiority(0.0, 0.1, 0.05, 0.8)
