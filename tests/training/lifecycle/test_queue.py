"""The queue: waiting for people and machines in a fixed order."""

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.lifecycle import pert, survival
from training.lifecycle.dependant_risk import Waited
from training.lifecycle.lengths import Lengths
from training.lifecycle.model import STAGES, Capacity, Stage
from training.lifecycle.queue import alone, queue

RUNS = 15
NAMES = [f"d{number}" for number in range(8)]
DAY = Lengths((1.0,), (1.0,), 1.0)
ONE_DAY: Mapping[Stage, Lengths] = dict.fromkeys(STAGES, DAY)
PLACES = st.builds(Capacity, st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
LENGTHS = st.fixed_dictionaries(
    {
        stage: st.builds(
            survival.lengths,
            st.lists(st.integers(0, 20).map(float), min_size=1, max_size=6),
            st.lists(st.integers(0, 20).map(float), max_size=2),
        )
        for stage in STAGES
    }
)


def drawn(order, lengths, capacity, seed=1):
    """Return R of each by its name: without the queue and with it."""
    return {name: Waited(single, queued) for name, single, queued in queue(order, lengths, capacity, seed, RUNS)}


def test_whoever_waits_for_the_only_gpu_waits_for_its_three_stages() -> None:
    found = drawn(NAMES, ONE_DAY, Capacity(1, 1, 1))
    assert [found[name].queued.days for name in NAMES] == [[6.0 + 3 * place] * RUNS for place in range(8)]
    assert [found[name].alone.days for name in NAMES] == [[6.0] * RUNS] * 8


def test_more_places_let_more_through_at_once() -> None:
    found = drawn(NAMES, ONE_DAY, Capacity(8, 4, 8))
    assert [found[name].queued.days[0] for name in NAMES] == [6, 6, 6, 6, 9, 9, 9, 9]


def test_people_who_sign_hold_up_plans_and_releases() -> None:
    for stage in ("plan", "release"):
        slow = {**ONE_DAY, stage: Lengths((5.0,), (1.0,), 5.0)}
        found = drawn(NAMES, slow, Capacity(1, 8, 8))
        assert [found[name].queued.days[0] for name in NAMES] == [10.0 + 5 * place for place in range(8)]


def test_people_who_prepare_data_hold_up_the_start() -> None:
    slow = {**ONE_DAY, "data": Lengths((5.0,), (1.0,), 5.0)}
    found = drawn(NAMES, slow, Capacity(8, 8, 2))
    assert [found[name].queued.days[0] for name in NAMES] == [10, 10, 15, 15, 20, 20, 25, 25]


def never_shorter(after, before):
    return all(a >= b for a, b in zip(after, before, strict=True))


@given(lengths=LENGTHS, capacity=PLACES, seed=st.integers(0, 99), gone=st.sampled_from(NAMES))
def test_adding_a_dependant_never_shortens_another(lengths, capacity, seed, gone) -> None:
    """In every single run, wherever in the order it comes."""
    fewer = drawn([name for name in NAMES if name != gone], lengths, capacity, seed)
    more = drawn(NAMES, lengths, capacity, seed)
    for name, draws in fewer.items():
        assert never_shorter(more[name].queued.days, draws.queued.days)
        assert more[name].alone == draws.alone


@given(lengths=LENGTHS, capacity=PLACES, seed=st.integers(0, 99), stage=st.sampled_from(STAGES))
def test_a_longer_stage_never_shortens_anything(lengths, capacity, seed, stage) -> None:
    """Nor does one that is not seen to end, however long it was seen."""
    now = lengths[stage]
    later = Lengths(tuple(days + 3 for days in now.days), now.reached, now.longest + 3)
    endless = Lengths(now.days[:-1], now.reached[:-1], now.longest)
    before = drawn(NAMES, lengths, capacity, seed)
    for longer in (later, endless):
        after = drawn(NAMES, {**lengths, stage: longer}, capacity, seed)
        for name in NAMES:
            for row in ("days", "at_least"):
                assert never_shorter(getattr(after[name].queued, row), getattr(before[name].queued, row))
                assert never_shorter(getattr(after[name].alone, row), getattr(before[name].alone, row))


@given(lengths=LENGTHS, seed=st.integers(0, 99), fewer=PLACES, more=PLACES)
def test_more_places_never_lengthen_anything(lengths, seed, fewer, more) -> None:
    both = Capacity(*(a + b for a, b in zip(vars(fewer).values(), vars(more).values(), strict=True)))
    some, all_of_them = drawn(NAMES, lengths, fewer, seed), drawn(NAMES, lengths, both, seed)
    for name in NAMES:
        assert never_shorter(some[name].queued.days, all_of_them[name].queued.days)


@given(lengths=LENGTHS, capacity=PLACES, seed=st.integers(0, 99))
def test_waiting_never_shortens_and_with_places_for_all_nobody_waits(lengths, capacity, seed) -> None:
    for draws in drawn(NAMES, lengths, capacity, seed).values():
        assert never_shorter(draws.queued.days, draws.alone.days)
    for name, draws in drawn(NAMES, lengths, Capacity(8, 8, 8), seed).items():
        assert draws.queued == draws.alone == alone(name, lengths, seed, RUNS)


def test_what_was_never_seen_to_end_is_infinite_and_holds_its_place_as_long_as_the_longest_seen() -> None:
    stuck = {**ONE_DAY, "run": survival.lengths([], [10.0])}
    found = drawn(NAMES[:2], stuck, Capacity(1, 1, 1))
    assert found["d0"].queued.days == [math.inf] * RUNS
    assert (found["d0"].queued.at_least[0], found["d1"].queued.at_least[0]) == (15, 27)


def test_draws_follow_from_the_seed_and_the_dependant_alone() -> None:
    lengths = dict.fromkeys(STAGES, pert.lengths(1, 5, 30))
    capacity = Capacity(9, 9, 9)
    assert drawn(NAMES, lengths, capacity) == drawn(NAMES, lengths, capacity)
    assert drawn(NAMES, lengths, capacity)["d3"] == drawn(["d3"], lengths, capacity)["d3"]
    assert drawn(["d3"], lengths, capacity, seed=1) != drawn(["d3"], lengths, capacity, seed=2)
    assert drawn(["d3"], lengths, capacity)["d3"] != drawn(["d4"], lengths, capacity)["d4"]


def test_the_mean_of_many_draws_is_the_sum_of_the_means() -> None:
    lengths = dict.fromkeys(STAGES, pert.lengths(1, 5, 30))
    row = alone("d", lengths, 1, 4_000).days
    assert sum(row) / 4_000 == pytest.approx(6 * pert.mean(1, 5, 30), rel=0.02)
