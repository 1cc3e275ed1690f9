"""Samples for review: the same for the same seed, of exactly the size asked for, with every slice in them."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from evals.engine.sampling import draw

SEEDS = st.binary().map(lambda content: hashlib.sha256(content).hexdigest())
SLICES = st.sets(st.sampled_from(["common", "rare", "vague", "night"]), max_size=3)
CASES = st.dictionaries(st.from_regex(r"\Acase-[0-9]{1,4}\Z"), SLICES, max_size=60)
SIZES = st.integers(0, 80)


def strata(cases: dict[str, set[str]]) -> set[str]:
    return {name for slices in cases.values() for name in slices or {""}}


@given(CASES, SEEDS, SIZES)
def test_a_sample_has_the_size_and_holds_each_case_once(cases, seed, size) -> None:
    found = draw(cases, seed, size)
    assert len(found) == min(size, len(cases))
    assert found == sorted(set(found))
    assert set(found) <= set(cases)


@given(CASES, SEEDS, SIZES)
def test_every_slice_is_represented_when_there_is_room(cases, seed, size) -> None:
    if size >= len(strata(cases)):
        assert strata({case: cases[case] for case in draw(cases, seed, size)}) == strata(cases)


@given(CASES, SEEDS, SIZES, st.randoms(use_true_random=False))
def test_the_seed_alone_decides(cases, seed, size, random) -> None:
    shuffled = list(cases.items())
    random.shuffle(shuffled)
    assert draw(dict(shuffled), seed, size) == draw(cases, seed, size)


def test_another_seed_draws_another_sample() -> None:
    cases = {f"case-{number}": {"common"} for number in range(200)}
    samples = {tuple(draw(cases, hashlib.sha256(bytes([n])).hexdigest(), 10)) for n in range(20)}
    assert len(samples) == 20


def test_no_case_is_favoured() -> None:
    """Each of 20 cases comes about equally often: 400 draws of 5, expected 100 times each."""
    cases: dict[str, set[str]] = {f"case-{number}": set() for number in range(20)}
    counts = dict.fromkeys(cases, 0)
    for number in range(400):
        for case in draw(cases, hashlib.sha256(str(number).encode()).hexdigest(), 5):
            counts[case] += 1
    assert all(55 < count < 150 for count in counts.values()), counts
