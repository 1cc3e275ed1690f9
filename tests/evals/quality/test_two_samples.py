"""Tests of two samples: held to scipy, to printed tables, and to what must always hold."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evals.quality import two_samples

COUNTS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=2, max_size=8)


def counts(numbers: list[int]) -> dict[str, int]:
    return {f"k{index}": number for index, number in enumerate(numbers)}


@settings(max_examples=60, deadline=None)
@given(COUNTS)
def test_the_mix_is_scipys_test_of_the_joined_table(pairs: list[tuple[int, int]]) -> None:
    first, second = counts([a for a, _ in pairs]), counts([b for _, b in pairs])
    found = two_samples.mix(first, second, 0.05)
    if found is None:
        return
    table = np.array(list(found.kinds.values())).T
    theirs = stats.chi2_contingency(table, correction=False)
    assert math.isclose(found.statistic, theirs.statistic, abs_tol=1e-9)
    assert math.isclose(found.p, theirs.pvalue, abs_tol=1e-12)
    assert theirs.expected_freq.min() >= two_samples.FEWEST_EXPECTED
    assert (table[0].sum(), table[1].sum()) == (sum(first.values()), sum(second.values()))
    swapped = two_samples.mix(second, first, 0.05)
    assert swapped is not None
    assert math.isclose(found.p, swapped.p, abs_tol=1e-12)


def test_a_printed_example_and_the_power_tables() -> None:
    """R's help page of `chisq.test` (Agresti 2007, p. 39): 30.07, two degrees; Cohen: w 0.3 is shown with n = 88."""
    women = {"democrat": 762, "independent": 327, "republican": 468}
    found = two_samples.mix(women, {"democrat": 484, "independent": 239, "republican": 477}, 0.05)
    assert found is not None
    assert (round(found.statistic, 2), found.freedom) == (30.07, 2)
    even = two_samples.mix({"a": 88, "b": 88}, {"a": 88, "b": 88}, 0.05)
    assert even is not None
    assert even.seen is not None
    assert round(even.seen, 2) == 0.3  # n·m/(n+m) is 88
    assert (even.effect, even.moved, even.p) == (0.0, 0.0, 1.0)


def test_one_kind_and_nothing_cannot_be_compared() -> None:
    assert two_samples.mix({"a": 50}, {"a": 50}, 0.05) is None
    assert two_samples.mix({"a": 50}, {}, 0.05) is None
    assert two_samples.mix({"a": 2, "b": 1}, {"a": 3, "b": 2}, 0.05) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=4, max_size=80), st.lists(st.integers(0, 40), min_size=4, max_size=80))
def test_the_distance_is_scipys_and_the_order_does_not_matter(first: list[int], second: list[int]) -> None:
    found = two_samples.lengths(first, second, 0.05)
    assert found is not None
    assert math.isclose(found.effect, stats.ks_2samp(first, second, method="asymp").statistic, abs_tol=1e-12)
    again = two_samples.lengths(second[::-1], first[::-1], 0.05)
    assert again is not None
    assert (found.effect, found.p) == pytest.approx((again.effect, again.p))


def test_the_probability_is_smirnovs_table() -> None:
    """L(1.36) = 0.9505, L(1.63) = 0.9902, L(1.22) = 0.8981 to four places in Smirnov's table of 1948."""
    for scaled, level in ((1.36, 0.9505), (1.63, 0.9902), (1.22, 0.8981)):
        below = round(100 * scaled)  # of 5,000 on either side, where the scale is 50
        found = two_samples.lengths([0] * below + [1] * (5000 - below), [1] * 5000, 0.05)
        assert found is not None
        assert 1 - found.p == pytest.approx(level, abs=5e-5)
    assert two_samples.lengths([], [1], 0.05) is None


def test_the_probability_is_never_smaller_than_the_exact_one_by_much() -> None:
    random = np.random.default_rng(5)
    for _ in range(20):
        a, b = random.normal(size=60), random.normal(0.4, size=90)
        found = two_samples.lengths(list(a), list(b), 0.05)
        assert found is not None
        assert found.p >= stats.ks_2samp(a, b, method="exact").pvalue - 1e-6


def texts(seed: int, size: int, words: str) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(list(words), 12)) for _ in range(size)]


def test_texts_of_two_kinds_are_told_apart_and_alike_ones_are_not() -> None:
    apart = two_samples.texts(texts(1, 100, "abcdef"), texts(2, 400, "abcdxy"), 0.05, 7)
    assert apart is not None
    assert apart.effect > 0.8
    assert (apart.first, apart.second, apart.held_out) == (100, 100, 100)
    exact = stats.binomtest(apart.right, 100)
    assert (apart.low, apart.high) == pytest.approx(tuple(exact.proportion_ci(0.95, "exact")))
    assert apart.p == pytest.approx(stats.binomtest(apart.right, 100, alternative="greater").pvalue)
    alike = two_samples.texts(texts(1, 100, "abcdef"), texts(2, 400, "abcdef"), 0.05, 7)
    assert alike is not None
    assert alike.p > 0.01
    assert two_samples.texts(texts(1, 100, "abcdef"), texts(2, 400, "abcdef"), 0.05, 7) == alike
    assert two_samples.texts(texts(1, 19, "ab"), texts(2, 400, "ab"), 0.05, 7) is None


def test_what_would_be_seen_is_seen_in_eight_of_ten() -> None:
    found = two_samples.texts(texts(1, 100, "abcdef"), texts(2, 400, "abcdef"), 0.05, 7)
    assert found is not None
    assert found.seen is not None
    least = min(k for k in range(101) if stats.binom.sf(k - 1, 100, 0.5) <= 0.05)
    assert stats.binom.sf(least - 1, 100, found.seen) == pytest.approx(0.8)
