"""A sample that anybody can draw again: from the same ledger entries, the same question and the same seed.

Each member of the population has a ticket, SHA-256 of the seed, a colon and its name; the smallest tickets are drawn.
This is consistent sampling as election audits use it (R. L. Rivest, "Consistent Sampling with Replacement", 2018,
arXiv:1808.10016, here without replacement): who does not choose the seed cannot aim, and a larger sample contains the
smaller one. Strata are drawn from in proportion (W. G. Cochran, "Sampling Techniques", 3rd ed. 1977, ch. 5.5; seats by
largest remainder), so that no kind of record goes unlooked at by chance.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from typing import Literal

from pydantic import Field

from governance.proof.formats.fields import Count, Strict, Uuid
from governance.proof.formats.leaf import DOCUMENT_FROZEN, DOCUMENT_SIGNED, Leaf
from governance.proof.history import register

FORMAT: Literal["countersign-sample/1"] = "countersign-sample/1"
Population = Literal["runs", "releases", "sign_offs", "documents", "refusals"]
CONFIDENCE = Fraction(95, 100)


class Recipe(Strict):
    """Everything that decides what is drawn.

    The population is counted in the entries `first` up to and without `stop`, of a project (None: of all); `kind`
    narrows documents, `releases` are the kinds that count as releases. `seed` is what tickets begin with; where
    `chosen` is False it is the tree's root at `ledger_size`, in hexadecimal.
    """

    format: Literal["countersign-sample/1"] = FORMAT
    population: Population
    kind: str = ""
    project: Uuid | None
    first: Count
    stop: Count
    ledger_size: Count
    releases: list[str]
    size: Count
    seed: str = Field(min_length=1, max_length=200)
    chosen: bool


@dataclass(frozen=True)
class Member:
    """One record that can be drawn: its name, the stratum it lies in, and the ledger entry that began it."""

    name: str
    stratum: str
    entry: int


def members(recipe: Recipe, leaves: Iterable[Leaf]) -> list[Member]:
    """Return the population in ledger order; `leaves` are entries from the first to `stop`, others are passed over."""
    told = [leaf for leaf in leaves if leaf.seq < recipe.stop]
    if recipe.population in ("sign_offs", "documents"):
        mine = [one for one in told if one.seq >= recipe.first and recipe.project in (None, one.project)]
        return _signed(mine) if recipe.population == "sign_offs" else _frozen(mine, recipe.kind)
    counted = register.of(told, first=recipe.first, stop=recipe.stop, project=recipe.project, kinds=recipe.releases)
    if recipe.population == "runs":
        runs = [row for row in counted.runs if str(row[0]).isdigit()]
        return [Member(str(row[4]), f"{row[3]}, {row[6]}", int(row[1])) for row in runs]
    if recipe.population == "releases":
        begun = [row for row in counted.releases if row[0] != register.BEFORE]
        return [Member(str(row[4]), str(row[5]), int(row[1])) for row in begun]
    return [Member(f"entry:{row[1]}", str(row[3]), int(row[1])) for row in counted.refused]


def _signed(leaves: Iterable[Leaf]) -> list[Member]:
    signed = (leaf for leaf in leaves if leaf.event == DOCUMENT_SIGNED)
    return [Member(f"entry:{leaf.seq}", str(leaf.data["role"]), leaf.seq) for leaf in signed]


def _frozen(leaves: Iterable[Leaf], kind: str) -> list[Member]:
    frozen = (leaf for leaf in leaves if leaf.event == DOCUMENT_FROZEN and kind in ("", leaf.data["kind"]))
    return [Member(leaf.subjects[0], str(leaf.data["kind"]), leaf.seq) for leaf in frozen]


def ticket(seed: str, name: str) -> str:
    """Return a member's ticket: SHA-256 of seed, colon and name, in hexadecimal."""
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()


def draw(population: Collection[Member], size: int, seed: str) -> list[Member]:
    """Return `size` members (all, when there are fewer), by ticket within each stratum, in the order of their entries.

    A stratum has its share of the sample by largest remainder; each has one at least where the sample is large enough.
    """
    shares = allocate(Counter(one.stratum for one in population), size)
    drawn: list[Member] = []
    for stratum, share in shares.items():
        inside = [one for one in population if one.stratum == stratum]
        drawn += sorted(inside, key=lambda one: (ticket(seed, one.name), one.name))[:share]
    return sorted(drawn, key=lambda one: (one.entry, one.name))


def allocate(sizes: Counter[str], size: int) -> dict[str, int]:
    """Return how many of a sample of `size` go to each stratum: no more than it has, all together no more than there
    are.
    """
    total = sum(sizes.values())
    wanted = min(size, total)
    if not wanted:
        return dict.fromkeys(sorted(sizes), 0)
    least = 1 if wanted >= len(sizes) else 0
    exact = {name: Fraction(wanted * count, total) for name, count in sizes.items()}
    found = {name: min(sizes[name], max(least, int(share))) for name, share in exact.items()}
    while sum(found.values()) > wanted:
        richest = max(sorted(found), key=lambda name: (found[name] > least, found[name] - exact[name]))
        found[richest] -= 1
    while sum(found.values()) < wanted:
        # Whoever lacks most of an exact share: it is less than all there are, so there is one more to take.
        poorest = max(sorted(found), key=lambda name: exact[name] - found[name])
        found[poorest] += 1
    return dict(sorted(found.items()))


def at_most(population: int, drawn: int, confidence: Fraction = CONFIDENCE) -> int:
    """Return how many of a population can be faulty at most, with this confidence, when none of those drawn is.

    It is the largest K for which a simple random sample would show no fault with a probability above 1 - confidence:
    C(N - K, n) / C(N, n), the hypergeometric distribution. For small shares it comes near 3/n of the population, the
    "rule of three" (J. A. Hanley, A. Lippman-Hand, JAMA 249:1743-1745, 1983).
    """
    if not 0 <= drawn <= population:
        raise ValueError(f"found {drawn} drawn of {population}, expected no more than there are")
    low, high = 0, population - drawn
    every = comb(population, drawn)
    while low < high:
        middle = (low + high + 1) // 2
        if Fraction(comb(population - middle, drawn), every) > 1 - confidence:
            low = middle
        else:
            high = middle - 1
    return low


def bound_in_words(population: int, drawn: int) -> str:
    """Return what a sample without a fault would show, in a sentence."""
    if not drawn:
        return "Nothing was drawn, so nothing is shown."
    if drawn == population:
        return "Everything was drawn: what is found is what there is."
    most = at_most(population, drawn)
    # Rounded up: a bound never reads as a lower one.
    tenths = -(-1000 * most // population)
    return (
        f"If none of the {drawn} shows a fault, then with 95 % confidence at most {most} of the {population} "
        f"({tenths / 10:.1f} %) do, as for a simple random sample."
    )


def redraw(recipe: Recipe, leaves: Sequence[Leaf]) -> tuple[list[Member], list[Member]]:
    """Return the population and what is drawn of it."""
    population = members(recipe, leaves)
    return population, draw(population, recipe.size, recipe.seed)
