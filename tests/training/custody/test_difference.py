"""The test for a silent change: right by hand, by another implementation, and about how often it is wrong."""

import math
import random
from collections.abc import Sequence
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from training.custody import difference
from training.custody.difference import LENGTH, compare, holm

YES_NO = ["yes", "no!"]


def drawn(draw: random.Random, weights: Sequence[float], count: int, prompts: int = 4) -> dict[str, list[str]]:
    return {
        f"p{number}": draw.choices(["yes", "no", "perhaps so"], weights=weights, k=count) for number in range(prompts)
    }


def plain_mmd(first: Sequence[str], second: Sequence[str]) -> float:
    """The biased estimate written out: mean within the first, within the second, less twice the mean across."""
    width = max(map(len, [*first, *second]))

    def alike(a: str, b: str) -> int:
        return sum(x == y for x, y in zip(a.ljust(width, "\0"), b.ljust(width, "\0"), strict=True))

    def mean(left: Sequence[str], right: Sequence[str]) -> float:
        return sum(alike(a, b) for a in left for b in right) / (len(left) * len(right))

    return (mean(first, first) + mean(second, second) - 2 * mean(first, second)) / width


def test_the_statistic_is_the_one_written_out() -> None:
    draw = random.Random(3)
    first = ["".join(draw.choices("abc", k=draw.randint(1, 9))) for _ in range(6)]
    second = ["".join(draw.choices("abd", k=draw.randint(1, 9))) for _ in range(8)]
    whole, each = compare({"only": first}, {"only": second}, 1)
    assert each["only"].statistic == pytest.approx(plain_mmd(first, second), abs=1e-12)
    assert whole.statistic == each["only"].statistic


def test_p_is_that_of_every_way_to_deal_the_answers_out() -> None:
    """Against scipy's exact permutation test with the same statistic; ours draws 19,999 of the 252 ways."""
    first, second = ["yes"] * 4 + ["no!"], ["yes"] + ["no!"] * 4

    def statistic(x: np.ndarray, y: np.ndarray) -> float:
        return plain_mmd([YES_NO[int(i)] for i in x], [YES_NO[int(i)] for i in y])

    exact = stats.permutation_test(
        ([YES_NO.index(a) for a in first], [YES_NO.index(a) for a in second]),
        statistic, permutation_type="independent", alternative="greater", n_resamples=np.inf,
    )  # fmt: skip
    _, each = compare({"only": first}, {"only": second}, 1)
    error = math.sqrt(exact.pvalue * (1 - exact.pvalue) / 20_000)
    assert each["only"].p == pytest.approx(exact.pvalue, abs=4 * error)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_statsmodels(ps: list[float]) -> None:
    with patch("gc.collect"):  # it collects garbage each time it is asked
        assert holm(ps) == pytest.approx(list(multipletests(ps, method="holm")[1]))


def test_a_small_change_everywhere_is_not_harder_to_see_for_there_being_many_prompts() -> None:
    draw = random.Random(6)
    before = drawn(draw, [6, 3, 1], 20, prompts=20)
    whole, _ = compare(before, drawn(draw, [3, 4, 3], 20, prompts=20), 1)
    assert whole.adjusted == pytest.approx(2 * whole.p)
    assert whole.adjusted < 0.01


def test_the_same_answers_are_no_change_and_others_throughout_are() -> None:
    same = drawn(random.Random(1), [1, 1, 1], 10)
    whole, each = compare(same, same, 1)
    assert (whole.statistic, whole.p) == (0.0, 1.0)
    assert {one.adjusted for one in each.values()} == {1.0}
    other = {prompt: ["else"] * 10 for prompt in same}
    whole, each = compare(same, other, 1)
    assert whole.adjusted < 0.01
    assert max(one.adjusted for one in each.values()) < 0.01


def test_a_change_of_one_prompt_is_found_there() -> None:
    before = drawn(random.Random(1), [1, 1, 1], 12)
    now = drawn(random.Random(2), [1, 1, 1], 12) | {"p2": ["something else"] * 12}
    _, each = compare(before, now, 5)
    assert each["p2"].adjusted < 0.01
    assert min(one.adjusted for prompt, one in each.items() if prompt != "p2") > 0.05


def test_answers_no_two_of_which_are_alike_can_still_be_told_apart() -> None:
    draw = random.Random(4)

    def long(letters: str) -> list[str]:
        return ["".join(draw.choices(letters, k=300)) for _ in range(10)]

    whole, _ = compare({"essay": long("abcdefgh")}, {"essay": long("abcdefgh")}, 1)
    assert whole.p > 0.05
    whole, _ = compare({"essay": long("aaaabcde")}, {"essay": long("abcdefgh")}, 1)
    assert whole.adjusted < 0.01


def test_what_lies_beyond_the_compared_length_is_not_seen() -> None:
    start = "x" * LENGTH
    whole, _ = compare({"p": [start + "a"] * 6}, {"p": [start + "b"] * 6}, 1)
    assert whole.statistic == 0.0


def test_the_seed_alone_decides_what_is_drawn() -> None:
    before, now = drawn(random.Random(1), [3, 1, 1], 8), drawn(random.Random(2), [1, 1, 1], 8)
    assert compare(before, now, 9) == compare(before, now, 9)
    assert compare(before, now, 9)[0].p != compare(before, now, 10)[0].p


def test_samples_of_two_sizes() -> None:
    before, now = {"p": ["yes"] * 30}, {"p": ["no"] * 6}
    assert compare(before, now, 1)[0].adjusted < 0.01


def test_without_a_change_it_is_wrong_no_more_often_than_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """400 pairs of samples of one model; at 0.05 some 20 may be called changed, 35 hardly ever (binomial, p 0.0007)."""
    monkeypatch.setattr(difference, "PERMUTATIONS", 399)
    draw, wrong = random.Random(7), 0
    for seed in range(400):
        before, now = drawn(draw, [5, 3, 2], 8, prompts=3), drawn(draw, [5, 3, 2], 8, prompts=3)
        whole, each = compare(before, now, seed)
        wrong += min(whole.adjusted, *(one.adjusted for one in each.values())) <= 0.05
    assert wrong <= 35


def test_with_a_change_it_mostly_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difference, "PERMUTATIONS", 399)
    draw, found = random.Random(8), 0
    for seed in range(60):
        before, now = drawn(draw, [8, 1, 1], 10), drawn(draw, [1, 1, 8], 10)
        found += compare(before, now, seed)[0].adjusted <= 0.05
    assert found >= 57
