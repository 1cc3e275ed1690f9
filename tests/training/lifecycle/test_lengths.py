"""Distributions in steps: what they refuse, how they are drawn and joined."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.lifecycle import pert, survival
from training.lifecycle.lengths import Lengths, longer, quantile

DAYS = st.integers(0, 40).map(float)
LISTS = st.lists(DAYS, max_size=12)


@pytest.mark.parametrize(
    ("days", "reached", "longest"),
    [
        ((2, 1), (0.5, 1), 2), ((1, 2), (1, 0.5), 2), ((1,), (0.5, 1), 2),
        ((1,), (1.1,), 1), ((1,), (0,), 1), ((3,), (1,), 2),
    ],
)  # fmt: skip
def test_steps_out_of_order_are_refused(days, reached, longest) -> None:
    with pytest.raises(ValueError, match="out of order"):
        Lengths(days, reached, longest)


@given(complete=LISTS, unfinished=LISTS, seed=st.integers(0, 9))
def test_draws_are_the_quantiles_of_the_same_numbers(complete, unfinished, seed) -> None:
    """So equal generators give comparable draws, whatever the distributions are."""
    found = survival.lengths(complete, unfinished)
    numbers = Random(seed)
    for draw in found.draw(Random(seed), 50):
        share = numbers.random()
        assert draw == found.quantile(math.nextafter(share, 2) + 1e-11)


def test_a_draw_beyond_what_was_seen_to_end_is_infinite() -> None:
    draws = survival.lengths([1, 2], [3, 3]).draw(Random(1), 2_000)
    assert set(draws) == {1, 2, math.inf}
    assert draws.count(math.inf) == pytest.approx(1_000, abs=100)


def test_with_nothing_seen_every_draw_is_infinite() -> None:
    assert survival.lengths([], []).draw(Random(1), 3) == [math.inf] * 3


@given(complete=LISTS, unfinished=LISTS, share=st.floats(0.001, 1))
def test_the_longer_of_two_is_as_long_as_either(complete, unfinished, share) -> None:
    estimated, seen = pert.lengths(2, 5, 30), survival.lengths(complete, unfinished)
    found = longer(estimated, seen)
    other = seen.quantile(share)
    expected = seen.longest if math.isinf(other) else other
    assert found.bounded
    assert found.quantile(share) == max(estimated.quantile(share), expected)


def test_the_longer_of_two_needs_an_end() -> None:
    with pytest.raises(ValueError, match="unbounded"):
        longer(survival.lengths([], [3]), survival.lengths([1], []))


@given(values=st.lists(st.integers(0, 9).map(float), min_size=1), percent=st.integers(1, 100))
def test_a_quantile_of_values_is_the_least_that_enough_do_not_exceed(values, percent) -> None:
    found = quantile(sorted(values), percent / 100)
    assert 100 * sum(value <= found for value in values) >= percent * len(values)
    assert 100 * sum(value < found for value in values) < percent * len(values)
