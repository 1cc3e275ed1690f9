"""What may stand in the places of a sentence: a text that the evidence holds, never words of whoever prints it.

A sentence has a place wherever its source puts a value in:

    {}        a text of the evidence, several of them in a list, a number or a time
    {#}       a number
    {figure}  a number with its unit, two of them as bounds, or that there is none
    {names}   names without white space, in a list: of cases, tests, packages, which no evidence holds
    {other}   a phrase of that name: one of its sentences or, where it has words `between`, a list of them

What is read may be hostile, so that reading takes steps that are counted: a text that takes too many is none of ours.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from governance.proof.words.printed import MONTHS

NUMBER, FIGURE, NAMES = "#", "figure", "names"
LISTED = (", ", "; ", " and ", " or ")
"""what stands between texts of the evidence that are listed"""
STEPS = 2_000_000
"""ways to fill places that are tried in one report; honest ones take some hundreds"""
FOR_ONE = 200_000
"""and those that are tried for one text"""
EACH = 64
"""characters that may be looked through in a step"""
WIDEST = 64
"""separators that one item of a list may itself hold"""
_PLACE = re.compile(r"\{([^{}]*)\}")
_DIGITS = r"[-+±−]?[0-9][0-9,]*(?:\.[0-9]+)?"
_DATE = rf"(?:[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|[0-9]{{1,2}} (?:{'|'.join(f'{m}|{m[:3]}' for m in MONTHS)}) [0-9]{{4}})"
_TIME = rf"{_DATE}(?:,? [0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?)?(?: UTC| \+00:00)?"
_UNIT = r"(?: ?%| points| s| tokens| USD| times)?"
_NUMBER = re.compile(rf"{_DIGITS}(?: ?%)?")
_WHEN = re.compile(rf"{_TIME}|(?:the first entry|{_DATE}) to {_DATE}")
_FIGURE = re.compile(rf"none|no bounds|not measured|{_DIGITS}{_UNIT}(?: to {_DIGITS}{_UNIT})?")
_NAMES = re.compile(r"[^\s,;]{1,128}(?:, [^\s,;]{1,128})*")


class TooLong(ValueError):
    """Reading a text takes more steps than any honest one."""


@dataclass(frozen=True)
class Saying:
    """What is said in several ways, each a sentence; where it has words `between`, any number of times."""

    of: tuple[str, ...]
    between: tuple[str, ...] = ()


@cache
def parts(sentence: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of a sentence and the places between them: one more of the words than of the places."""
    found = _PLACE.split(sentence)
    return tuple(found[::2]), tuple(found[1::2])


class Reader:
    """Reads texts as sentences; `told` says whether the evidence holds a text, `phrases` are those that places name."""

    def __init__(self, told: Callable[[str], bool], phrases: Mapping[str, Saying], steps: int = STEPS) -> None:
        self.told, self.phrases, self.left = told, phrases, steps
        self.least = 0
        self.known: dict[tuple[str, str], bool | None] = {}

    def read(self, sentence: str, text: str) -> bool | None:
        """Return whether the evidence holds all that stands in a sentence's places; None: the text is another sentence.

        Raises:
            TooLong: it takes too many steps to tell.
        """
        self.known.clear()
        self.least = max(self.left - FOR_ONE, 0)
        return self._sentence(sentence, text)

    def _step(self, length: int = 0) -> None:
        self.left -= 1 + length // EACH
        if self.left < self.least or self.left <= 0:
            raise TooLong("it takes too long to read")

    def _sentence(self, sentence: str, text: str) -> bool | None:
        words, places = parts(sentence)
        if not places:
            return True if text == words[0] else None
        end = len(text) - len(words[-1])
        if end < len(words[0]) or not text.startswith(words[0]) or not text.endswith(words[-1]):
            return None
        dead = set[tuple[int, int]]()

        def filled(place: int, at: int) -> bool | None:
            """Return whether all from a place on is told; None: what is left of the text fills them in no way."""
            if (place, at) in dead:
                return None
            last = place == len(places) - 1
            for stop in [end] if last else _found(words[place + 1], text, at, end):
                self._step()
                told = self._place(places[place], text[at:stop])
                rest = True if last or told is None else filled(place + 1, stop + len(words[place + 1]))
                if told is not None and rest is not None:
                    return told and rest
            dead.add((place, at))
            return None

        return filled(0, len(words[0]))

    def _place(self, place: str, value: str) -> bool | None:
        key = place, value
        if key not in self.known:
            self._step(len(value))
            self.known[key] = self._fills(place, value)
        return self.known[key]

    def _fills(self, place: str, value: str) -> bool | None:
        """Return whether the evidence tells what fills a place; None: that does not fill it."""
        if not place:
            return self._text(value)
        shape = {NUMBER: _NUMBER, FIGURE: _FIGURE, NAMES: _NAMES}.get(place)
        if shape is not None:
            return False if shape.fullmatch(value) else None
        saying = self.phrases.get(place)
        if saying is None:
            return None
        return self._listed(value, saying.between, lambda item: self._any(saying.of, item))

    def _any(self, sentences: Sequence[str], text: str) -> bool | None:
        return next((told for one in sentences if (told := self._sentence(one, text)) is not None), None)

    def _text(self, value: str) -> bool | None:
        return self._listed(value, LISTED, self._one)

    def _one(self, value: str) -> bool | None:
        if _NUMBER.fullmatch(value):
            return False
        if self.told(value):
            return True
        return False if _WHEN.fullmatch(value) else None

    def _listed(self, value: str, between: Sequence[str], told: Callable[[str], bool | None]) -> bool | None:
        """Return whether a value is one item or a list of such, and the evidence tells all of them."""
        whole = told(value)
        if whole is not None or not between:
            return whole
        starts: list[tuple[int, bool]] = [(0, True)]
        for end, after in [*_ends(value, between), (len(value), -1)]:
            for start, before in reversed(starts[-WIDEST:]):
                self._step(end - start)
                item = told(value[start:end]) if start < end else None
                if item is not None:
                    starts.append((after, before and item))
                    break
        return starts[-1][1] if starts[-1][0] == -1 else None


def _found(words: str, text: str, at: int, end: int) -> Iterator[int]:
    """Yield where words stand in a text, up to where its last ones begin."""
    while 0 <= (at := text.find(words, at, end)) <= end:
        yield at
        at += 1


def _ends(value: str, between: Sequence[str]) -> list[tuple[int, int]]:
    """Return where words between items begin and end, in order."""
    return sorted((hit.start(), hit.end()) for one in between for hit in re.finditer(re.escape(one), value))
