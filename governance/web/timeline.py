"""What falls due on a line of days: coordinates for an inline SVG that the template draws. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDTH, LEFT, RIGHT = 960, 12, 12
LINE, STEP, RADIUS = 34, 13, 5  # where the line lies from the top, how far marks are stacked, their size
MOST_STACKED = 6
NEAR = 105  # a month that begins closer to today than this has no room for its name, in the letters of a phone
HALF = 32  # of the longest name of a month, in those letters


@dataclass(frozen=True)
class Mark:
    """Something on a day: where, how urgent ("overdue", "soon" or "later"), and how many it stands for."""

    x: float
    y: float
    tone: str
    count: int
    text: str


@dataclass(frozen=True)
class Tick:
    """The first day of a month."""

    x: float
    text: str


@dataclass(frozen=True)
class Strip:
    """The line: its marks, its months, and in words what it shows."""

    marks: list[Mark]
    ticks: list[Tick]
    today: float
    height: int
    line: int
    summary: str
    width: int = WIDTH
    left: int = LEFT
    right: int = WIDTH - RIGHT


def strip(items: Iterable[tuple[datetime, str]], *, now: datetime, until: datetime) -> Strip:
    """Return the strip from today to `until`; what is overdue stands at its beginning."""
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    span = (until - start).total_seconds()

    def across(at: datetime) -> float:
        share = (min(max(at, start), until) - start).total_seconds() / span
        return round(LEFT + 8 + share * (WIDTH - LEFT - RIGHT - 16), 1)

    days: dict[tuple[float, str], list[str]] = defaultdict(list)
    counts = {"overdue": 0, "soon": 0, "later": 0}
    for at, text in items:
        tone = "overdue" if at <= now else "soon" if at <= now + timedelta(days=7) else "later"
        counts[tone] += 1
        place = start if tone == "overdue" else at.replace(hour=12, minute=0, second=0, microsecond=0)
        days[across(place), tone].append(f"{at.day} {at:%b}: {text}")
    marks, stacked = [], defaultdict[float, int](int)
    for (x, tone), texts in sorted(days.items()):
        for number, text in enumerate(texts):
            if stacked[x] == MOST_STACKED - 1 and len(texts) - number > 1:
                rest = texts[number:]
                marks.append(Mark(x, 0, tone, len(rest), "; ".join(rest)))
                stacked[x] += 1
                break
            marks.append(Mark(x, 0, tone, 1, text))
            stacked[x] += 1
    high = max(stacked.values(), default=1)
    line = LINE + (high - 1) * STEP
    level: dict[float, int] = defaultdict(int)
    placed = []
    for mark in marks:
        placed.append(Mark(mark.x, line - 14 - level[mark.x] * STEP, mark.tone, mark.count, mark.text))
        level[mark.x] += 1
    ticks, month = [], start.replace(day=1)
    while month <= until:
        if across(month) - across(start) > NEAR and across(month) <= WIDTH - HALF:
            ticks.append(Tick(across(month), f"{month:%b}" if month.month > 1 else f"{month:%Y}"))
        month = (month + timedelta(days=32)).replace(day=1)
    summary = (
        f"{counts['overdue']} overdue, {counts['soon']} within 7 days, {counts['later']} later, "
        f"until {until.day} {until:%B %Y}"
    )
    return Strip(placed, ticks, across(start), line + 36, line, summary)
