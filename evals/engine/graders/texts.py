"""Comparing texts: what is set aside, and the words they are made of."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import Final

_SPACE: Final = re.compile(r"\s+")
_PUNCTUATION: Final = re.compile(r"[^\w\s]|_")
_ARTICLES: Final = re.compile(r"\b(a|an|the)\b")
_WORDS: Final = re.compile(r"[^\W_]+")
_SENTENCES: Final = re.compile(r"(?<=[.!?])\s+|\n+")


def normalised(text: str, *, case: bool = True, punctuation: bool = True, articles: bool = False) -> str:
    """Return `text` in Unicode form NFKC with white space collapsed; lower case, without punctuation and articles."""
    text = unicodedata.normalize("NFKC", text)
    if case:
        text = text.casefold()
    if punctuation:
        text = _PUNCTUATION.sub(" ", text)
    if articles:
        text = _ARTICLES.sub(" ", text)
    return _SPACE.sub(" ", text).strip()


def words(text: str) -> list[str]:
    """Return the words of `text` in lower case: runs of letters and digits of any script."""
    return _WORDS.findall(unicodedata.normalize("NFKC", text).casefold())


def sentences(text: str) -> list[str]:
    """Return the sentences of `text` that hold a word: split after . ! ? and at line ends."""
    return [part.strip() for part in _SENTENCES.split(text) if _WORDS.search(part)]


def shared(first: Iterable[str], second: Iterable[str]) -> float:
    """Return the token F1 of two texts' words: 2 × shared / (both), 1 if neither has any.

    Source: P. Rajpurkar et al., "SQuAD: 100,000+ questions for machine comprehension of text", EMNLP 2016, section 5.
    """
    one, two = Counter(first), Counter(second)
    total = one.total() + two.total()
    return 2 * (one & two).total() / total if total else 1.0
