"""When two texts are the same, nearly the same, or one inside the other.

Texts are compared after Unicode NFKC, case folding and dropping everything but letters and digits. "Nearly" is a
Jaccard similarity of character 4-grams of at least `NEAR`; candidates come from MinHash with banding (A. Broder, "On
the resemblance and containment of documents", 1997, by datasketch) and are confirmed by the exact similarity.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping

from datasketch import MinHash, MinHashLSH

NEAR = 0.75
GRAM = 4
PERMUTATIONS = 64
_CANDIDATE = 0.5
"""The similarity MinHash is asked for: well below NEAR, so that its error loses next to no pair above it."""
_CONTAINED_WORDS = 3
_WORD = re.compile(r"[^\W_]+")


def normal(text: str) -> str:
    """Return `text` as it is compared: NFKC, case folded, words of letters and digits joined by single spaces."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def grams(text: str) -> frozenset[str]:
    """Return the character 4-grams of a normal text with a space at either end (shorter texts: the text itself)."""
    padded = f" {text} "
    return frozenset(padded[start : start + GRAM] for start in range(max(1, len(padded) - GRAM + 1)))


def similarity(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the Jaccard similarity of two sets of grams, from 0 to 1."""
    return len(first & second) / len(first | second)


class NearIndex:
    """Finds the texts of a collection that are nearly the same as a given one."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take the collection: id → normal text."""
        self._grams = {name: grams(text) for name, text in texts.items()}
        self._lsh = MinHashLSH(threshold=_CANDIDATE, num_perm=PERMUTATIONS)
        with self._lsh.insertion_session() as session:
            for name, hashed in zip(self._grams, _hashes(list(self._grams.values())), strict=True):
                session.insert(name, hashed, check_duplication=False)

    def matches(self, texts: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
        """Yield for each of `texts` (id → normal text) the sorted ids of the collection's texts nearly the same."""
        wanted = {name: grams(text) for name, text in texts.items()}
        for (name, own), hashed in zip(wanted.items(), _hashes(list(wanted.values())), strict=True):
            candidates = self._lsh.query(hashed)
            yield name, sorted(other for other in candidates if similarity(own, self._grams[other]) >= NEAR)


def containments(texts: Mapping[str, str], others: Mapping[str, str]) -> Iterator[tuple[str, str]]:
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
    for name, text in texts.items():
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


def _hashes(sets: list[frozenset[str]]) -> Iterator[MinHash]:
    return iter(MinHash.generator(([gram.encode() for gram in one] for one in sets), num_perm=PERMUTATIONS, seed=1))
