"""When two texts are the same, nearly the same, or one inside the other.

Texts are compared after Unicode NFKC, case folding and dropping everything but letters and digits. "Nearly" is a
Jaccard similarity of character 4-grams of at least `NEAR`; candidates come from MinHash with banding (A. Broder, "On
the resemblance and containment of documents", 1997, by datasketch) and are confirmed by the exact similarity.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sized
from typing import TypeVar
from zlib import crc32

from datasketch import MinHash, MinHashLSH

from evals.quality.found import Tick, quiet

Item = TypeVar("Item")

NEAR = 0.75
GRAM = 4
PERMUTATIONS = 126
_BANDS = (21, 6)
"""Bands and rows of MinHash: finds 98 % of pairs exactly at NEAR, 99.8 % at 0.80, and few below 0.50."""
_CONTAINED_WORDS = 3
_WORD = re.compile(r"[^\W_]+")
_OFTEN = 500
"""texts between two words about how far a search is"""


def normal(text: str) -> str:
    """Return `text` as it is compared: NFKC, case folded, words of letters and digits joined by single spaces."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def grams(text: str) -> frozenset[str]:
    """Return the character 4-grams of a normal text with a space at either end (shorter texts: the text itself)."""
    padded = f" {text} "
    return frozenset(padded[start : start + GRAM] for start in range(max(1, len(padded) - GRAM + 1)))


def similarity(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets of grams, from 0 to 1."""
    common = len(first & second)
    return common / (len(first) + len(second) - common)


class NearIndex:
    """Finds the texts of a collection that are nearly the same as a given one."""

    def __init__(self) -> None:
        self._grams: dict[str, frozenset[str]] = {}
        self._lsh = MinHashLSH(num_perm=PERMUTATIONS, params=_BANDS)

    def add(self, texts: Mapping[str, str]) -> "NearIndex":
        """Add `texts` (id → normal text, ids not in the collection yet) and return the index."""
        wanted = {name: grams(text) for name, text in texts.items()}
        for name, hashed in zip(wanted, _hashes(wanted.values()), strict=True):
            self._lsh.insert(name, hashed, check_duplication=False)
        self._grams |= wanted
        return self

    def matches(self, texts: Mapping[str, str], tick: Tick = quiet) -> Iterator[tuple[str, list[str]]]:
        """Yield for each of `texts` (id → normal text) the sorted ids of the collection's texts nearly the same."""
        wanted = {name: grams(text) for name, text in texts.items()}
        for (name, own), hashed in counted(zip(wanted.items(), _hashes(wanted.values()), strict=True), wanted, tick):
            yield name, self._near(own, hashed)

    def repeats(self, texts: Mapping[str, str], tick: Tick = quiet) -> Iterator[tuple[str, str]]:
        """Add each of `texts` that is not nearly the same as one in the collection; yield (id, like which) of the rest.

        What repeats is not added, so texts that are all alike stay quick to go through.
        """
        wanted = {name: grams(text) for name, text in texts.items()}
        for (name, own), hashed in counted(zip(wanted.items(), _hashes(wanted.values()), strict=True), wanted, tick):
            if found := self._near(own, hashed):
                yield name, found[0]
            else:
                self._lsh.insert(name, hashed, check_duplication=False)
                self._grams[name] = own

    def _near(self, own: frozenset[str], hashed: MinHash) -> list[str]:
        return sorted(name for name in self._lsh.query(hashed) if similarity(own, self._grams[name]) >= NEAR)


def containments(texts: Mapping[str, str], others: Mapping[str, str], tick: Tick = quiet) -> Iterator[tuple[str, str]]:
    """Yield the pairs (id in `texts`, id in `others`) of normal texts of which one is inside the other, word by word.

    Only texts of at least three words are looked for. Equal texts are contained in one another.
    """
    first_words: dict[tuple[str, ...], list[str]] = defaultdict(list)
    all_words: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, text in others.items():
        triples = _triples(text)
        if triples:
            first_words[triples[0]].append(name)
        for triple in set(triples):
            all_words[triple].append(name)
    for name, text in counted(texts.items(), texts, tick):
        triples = _triples(text)
        found = {other for triple in set(triples) for other in first_words[triple] if _inside(others[other], text)}
        if triples:
            found |= {other for other in all_words[triples[0]] if _inside(text, others[other])}
        yield from ((name, other) for other in sorted(found))


def _triples(text: str) -> list[tuple[str, ...]]:
    words = text.split()
    return [tuple(words[start : start + _CONTAINED_WORDS]) for start in range(len(words) - _CONTAINED_WORDS + 1)]


def _inside(inner: str, outer: str) -> bool:
    return f" {inner} " in f" {outer} "


def counted(items: Iterable[Item], of: Sized, tick: Tick) -> Iterator[Item]:
    """Yield the items, and tell now and then how many of so many there were."""
    for number, item in enumerate(items):
        if number % _OFTEN == 0:
            tick(number / len(of))
        yield item


def _hashes(sets: Collection[frozenset[str]]) -> Iterator[MinHash]:
    # CRC-32 spreads short grams well enough and is several times faster than the default SHA-1.
    encoded = ([gram.encode() for gram in one] for one in sets)
    return iter(MinHash.generator(encoded, num_perm=PERMUTATIONS, seed=1, hashfunc=crc32))
