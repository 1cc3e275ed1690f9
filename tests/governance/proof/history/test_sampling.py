"""Samples: the same for everybody, in proportion, unmoved by order, and bounds that agree with scipy."""

from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from governance.proof.history import sampling
from governance.proof.history.sampling import Member, allocate, at_most, draw

populations = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from(["a", "b", "c", "d"])), max_size=60, unique_by=lambda pair: pair[0]
).map(lambda pairs: [Member(f"entry:{n}", stratum, n) for n, stratum in pairs])


@given(populations, st.integers(0, 70), st.text(max_size=8), st.randoms())
def test_a_draw_is_of_the_population_its_size_and_the_same_in_any_order(population, size, seed, chance) -> None:
    drawn = draw(population, size, seed)
    assert len(drawn) == min(size, len(population))
    assert len(set(drawn)) == len(drawn)
    assert set(drawn) <= set(population)
    shuffled = list(population)
    chance.shuffle(shuffled)
    assert draw(shuffled, size, seed) == drawn
    strata = Counter(one.stratum for one in population)
    if len(drawn) >= len(strata):
        assert {one.stratum for one in drawn} == set(strata)
    for stratum in strata:
        inside = [one for one in population if one.stratum == stratum]
        taken = {one.name for one in drawn if one.stratum == stratum}
        largest = max((sampling.ticket(seed, name) for name in taken), default="")
        assert all(sampling.ticket(seed, one.name) >= largest for one in inside if one.name not in taken)


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 500), max_size=6).map(Counter), st.integers(0, 300))
@example(Counter(a=2, b=3, c=4), 4)
def test_shares_are_in_proportion(sizes: Counter[str], size: int) -> None:
    found, total = allocate(sizes, size), sum(sizes.values())
    assert sum(found.values()) == min(size, total)
    for name, share in found.items():
        assert 0 <= share <= sizes[name]
        if size >= len(sizes) and total:
            assert share >= 1
            assert share <= max(1, size * sizes[name] // total + 1)


@given(st.integers(1, 400), st.data())
def test_the_bound_is_the_hypergeometric_one(population: int, data: st.DataObject) -> None:
    drawn = data.draw(st.integers(1, population))
    most = at_most(population, drawn)
    assert hypergeom.pmf(0, population, most, drawn) > 0.05 - 1e-12
    if most < population - drawn:
        assert hypergeom.pmf(0, population, most + 1, drawn) <= 0.05 + 1e-12


@pytest.mark.parametrize("drawn", [30, 60, 100, 300])
def test_for_large_populations_it_is_the_rule_of_three(drawn: int) -> None:
    assert at_most(100_000, drawn) / 100_000 == pytest.approx(3 / drawn, rel=0.06)


def test_what_it_shows_in_words() -> None:
    assert sampling.bound_in_words(40, 40).startswith("Everything")
    assert sampling.bound_in_words(40, 0).startswith("Nothing")
    assert "at most 4 of the 40 (10.0 %)" in sampling.bound_in_words(40, 20)
    with pytest.raises(ValueError, match="no more than there are"):
        at_most(3, 4)
