"""A chart over time as plain data: rows of days and bars on one scale. Drawn by pages and by reports."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, get_args

Shape = Literal["said", "told", "ends", "by"]
SHAPES: Final[tuple[Shape, ...]] = get_args(Shape)
"""a dot, an open circle, a full square, a triangle"""
FAR: Final = timedelta(days=3653)
"""ten years: one day that is further off would press all others into one place"""


@dataclass(frozen=True, slots=True)
class Day:
    """A mark on a day: what happens is told by its `shape` and `words`."""

    on: date
    shape: Shape
    words: str


@dataclass(frozen=True, slots=True)
class Days:
    """A bar from one day to another; `open` where it has no known end and fades out at the edge."""

    start: date
    end: date
    words: str
    open: bool = False


@dataclass(frozen=True, slots=True)
class TimeRow:
    """One line of a chart over time, with what is said of it in a few words."""

    label: str
    note: str
    days: tuple[Day, ...] = ()
    bars: tuple[Days, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelineChart:
    """Rows over one scale of days on which `today` is marked; a row without days or bars says that nothing is known.

    `key` names the shapes, in their order, and the bar.
    """

    caption: str
    rows: tuple[TimeRow, ...]
    today: date
    key: tuple[str, ...]

    def span(self) -> tuple[date, date]:
        """Return the first and the last day of the scale: all there is, today, and half a year from then; of what is
        far off, no more than `FAR` from today.
        """
        found = [self.today, *(d.on for row in self.rows for d in row.days)]
        found += [end for row in self.rows for bar in row.bars for end in (bar.start, bar.end)]
        first = max(min(found), self.today - FAR)
        last = min(max(*found, self.today + timedelta(days=180)), self.today + FAR)
        room = max((last - first) // 40, timedelta(days=5))
        return first - room, last + room

    def told(self) -> str:
        """Return the chart in words: every date of every row."""
        parts = [f"{self.caption}. Today is {self.today}."]
        for row in self.rows:
            found = [f"{d.words} {d.on}" for d in row.days]
            found += [f"{bar.words} {bar.start} to {'an unknown day' if bar.open else bar.end}" for bar in row.bars]
            parts.append(f"{row.label}, {row.note}: {', '.join(found) or 'no date is known'}.")
        return " ".join(parts)


def share(day: date, span: tuple[date, date]) -> float:
    """Return where a day lies on a scale, from 0 to 1; what lies beyond an end is drawn at that end."""
    first, last = span
    return min(max((day - first).days / max((last - first).days, 1), 0.0), 1.0)


def ticks(first: date, last: date) -> list[date]:
    """Return round days to mark on a scale, eight at most: beginnings of years, quarters or months."""
    for months in (1, 3, 6, 12, 24, 60, 120):
        found = []
        year, month = first.year, 1
        while (day := date(year, month, 1)) <= last:
            if day >= first and (months < 12 or (year % (months // 12)) == 0):
                found.append(day)
            month += min(months, 12)
            year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        if len(found) <= 8:
            return found
    return []


def called(day: date, *, first: bool) -> str:
    """Return what a tick says: a year at its beginning, else the month, with its year where it is the first tick."""
    return f"{day.year}" if day.month == 1 else f"{day:%b %Y}" if first else f"{day:%b}"
