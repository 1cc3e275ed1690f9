"""Whether a text gives a case away: word for word, or most of its wording inside a longer text."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

RUN = 4
"""words in a row that are compared"""
SHARE = 0.8
"""share of a case's runs from which a text holds the case"""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Print:
    """A case's wording: its words in order, and every run of `RUN` of them."""

    words: tuple[str, ...]
    runs: frozenset[tuple[str, ...]]


def print_of(text: str) -> Print:
    """Return the wording of a text, whatever its case, punctuation and spacing."""
    words = tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))
    return Print(words, frozenset(words[start : start + RUN] for start in range(len(words) - RUN + 1)))


def gives_away(text: str, prints: Iterable[Print]) -> bool:
    """Return whether `text` is one of the cases, or holds at least `SHARE` of the runs of a case of many words."""
    found = print_of(text)
    return any(_holds(found, each) for each in prints)


def _holds(text: Print, case: Print) -> bool:
    if not case.words:
        return False
    if text.words == case.words:
        return True
    return len(case.runs) > 1 and len(case.runs & text.runs) >= SHARE * len(case.runs)
