"""What a reader understood of a feed: things said, each with its place; and the one fault that refuses all of it."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from training.bodies import days

MOST_BYTES = 64 * 1024 * 1024
"""bytes of one feed; the largest known has 3.5 MB"""
MOST_SAID = 20_000
PHASES = ("train-new", "train-existing", "serve-new", "serve-existing", "extended", "retired")
PRECISIONS = ("exact", "earliest", "tentative")
LONGEST = 300
LONGEST_WORDS = 2_000
LONGEST_URL = 2_000


class Unreadable(ValueError):
    """A feed cannot be taken over: where, what was found there, and what was expected."""

    def __init__(self, place: str, found: str, expected: str) -> None:
        self.place, self.found, self.expected = place, found, expected
        super().__init__(f"{place}: found {found}, expected {expected}")


@dataclass(frozen=True)
class Said:
    """One thing a feed says. Dates are days in UTC; `date` None: the feed names none. `place` is where in the feed."""

    place: str
    model: str
    channel: str
    phase: str
    date: dt.date | None
    precision: str
    announced_on: dt.date | None
    words: str
    url: str = ""
    idle_days: int | None = None

    @property
    def thing(self) -> tuple[str, str, str, bool]:
        """What it is about: channel, model, phase, and whether it says what becomes of a model that lies unused.

        A feed says one thing of each.
        """
        return (self.channel, self.model, self.phase, self.idle_days is not None)


@dataclass(frozen=True)
class Feed:
    """Everything a feed says, the day it was collected if it names that, and what was understood in a way to tell."""

    said: tuple[Said, ...]
    collected_on: dt.date | None = None
    notes: tuple[str, ...] = ()


def text(content: bytes) -> str:
    """Return a feed as text. Unreadable when it is too large or no UTF-8."""
    if len(content) > MOST_BYTES:
        line = content.count(b"\n", 0, MOST_BYTES) + 1
        raise Unreadable(f"line {line}", f"more than {MOST_BYTES:,} bytes", "a smaller feed")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"line {line}", "bytes that are not UTF-8", "UTF-8 text") from None


def parsed(content: bytes) -> Any:
    """Return a feed as JSON. Unreadable with the line where it is none, or where an object says a thing twice."""
    words = text(content)
    try:
        return json.loads(words, object_pairs_hook=_each_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise Unreadable(f"line {error.lineno}, column {error.colno}", "no JSON", error.msg.lower()) from None
    except Unreadable:
        raise
    except ValueError:  # Python reads no number of thousands of digits
        raise Unreadable("the feed", "a number of more digits than any date has", "numbers of a usual length") from None
    except RecursionError:
        raise Unreadable("line 1", "JSON nested too deeply", "a feed as its format is documented") from None


def records(place: str, value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each record of a list with its place. Unreadable unless it is a list of objects."""
    if not isinstance(value, list):
        raise Unreadable(place, kind(value), "a list of records")
    for number, record in enumerate(value, start=1):
        where = f"{place}, record {number}"
        if not isinstance(record, Mapping):
            raise Unreadable(where, kind(record), "an object")
        yield where, record


def line(place: str, record: Mapping[str, Any], key: str, *, longest: int = LONGEST) -> str:
    """Return a field that must hold one line of text."""
    found = optional_line(place, record, key, longest=longest)
    if not found:
        raise Unreadable(place, f"no {key}", f"{key} with text")
    return found


def optional_line(place: str, record: Mapping[str, Any], key: str, *, longest: int = LONGEST) -> str:
    """Return a field of text, or "" where there is none."""
    value = record.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unreadable(place, f"{key} is {kind(value)}", "text")
    return plain(place, key, value, longest=longest)


def plain(place: str, key: str, value: str, *, longest: int = LONGEST) -> str:
    """Return text that can be kept."""
    if len(value) > longest:
        raise Unreadable(place, f"{len(value):,} characters of {key}", f"at most {longest:,}")
    if "\x00" in value:
        raise Unreadable(place, f"a NUL character in {key}", "text")
    return value.strip()


def day(place: str, record: Mapping[str, Any], key: str) -> dt.date | None:
    """Return a field that holds a day such as 2027-03-31, or None where it is absent or empty."""
    found = optional_line(place, record, key)
    return a_day(place, key, found) if found else None


def a_day(place: str, key: str, value: str) -> dt.date:
    """Return the day that text such as 2027-03-31 names, and nothing looser."""
    try:
        found = dt.date.fromisoformat(value)
        if found.isoformat() == value:
            return found
    except ValueError:
        pass
    raise Unreadable(place, f"{key} {value[:40]!r}", "a date such as 2027-03-31")


def address(value: str) -> str:
    """Return an address that a page may link to, or "" for anything else."""
    plain = value.strip()
    fine = plain.startswith(("https://", "http://")) and len(plain) <= LONGEST_URL
    return plain if fine and not any(c.isspace() or c in '<>"' for c in plain) else ""


def verbatim(record: Mapping[str, Any], keys: Iterable[str]) -> str:
    """Return the fields of a record as the feed writes them, name and value, those that are there."""
    found = (f"{key}: {_plain(record[key])}" for key in keys if record.get(key) not in (None, "", []))
    return "; ".join(found)[:LONGEST_WORDS] or "listed without a word about its life"


def checked(said: Iterable[Said]) -> tuple[Said, ...]:
    """Return what is said, when all of it can be so.

    Raises:
        Unreadable: something is said twice, a date lies before its announcement or where no model's end lies, a phase
            or precision is unknown, or there is too much.
    """
    found: dict[tuple[str, str, str, bool], Said] = {}
    for one in said:
        if one.phase not in PHASES:
            raise Unreadable(one.place, f"the phase {one.phase[:40]!r}", f"one of {', '.join(PHASES)}")
        if one.precision not in PRECISIONS:
            raise Unreadable(one.place, f"the precision {one.precision[:40]!r}", f"one of {', '.join(PRECISIONS)}")
        if any("\ud800" <= each <= "\udfff" for text in (one.model, one.channel, one.words) for each in text):
            raise Unreadable(one.place, "half a character", "text")
        for day in (one.date, one.announced_on):
            if day is not None and not days.possible(day):
                raise Unreadable(one.place, f"the day {day}", days.WORDS)
        if one.date is not None and one.announced_on is not None and one.date < one.announced_on:
            wrong = f"the date {one.date} before its announcement on {one.announced_on}"
            raise Unreadable(one.place, wrong, "an announcement that comes first")
        if one.thing in found:
            again = f"{one.model} on {one.channel} ({one.phase}) again, after {found[one.thing].place}"
            raise Unreadable(one.place, again, "each once")
        if len(found) == MOST_SAID:
            raise Unreadable(one.place, f"more than {MOST_SAID:,} things said", "at most so many")
        found[one.thing] = one
    return tuple(found.values())


def kind(value: Any) -> str:
    """Return what a JSON value is, in words."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")


def _plain(value: Any) -> str:
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable("the feed", f"{twice[:80]!r} twice in one object", "each name once")
    return found


def _no_number(name: str) -> Any:
    raise Unreadable("the feed", name, "numbers as JSON has them")
