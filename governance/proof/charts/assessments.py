"""The chart of an assessment of retirement risk, out of a body with `bases` as of a time."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from governance.proof.charts.days import Day, Days, Shape, TimelineChart, TimeRow
from governance.proof.formats.fields import moment

KEY: Final = (
    "announced",
    "training withdrawn",
    "service ends",
    "latest start",
    "requalified from today: even chance to 95 of 100",
)
MARKS: Final[tuple[tuple[str, Shape, str], ...]] = (
    ("announced", "said", "announced"),
    ("freeze_begins", "told", "training withdrawn"),
    ("loss", "ends", "retired"),
    ("latest_start", "by", "latest start"),
)
"""the days of a base model that are marked: where they stand, by which shape, in which words"""
MOST_DRAWN: Final = 60


def services(count: int) -> str:
    """Return how many services, in words."""
    return f"{count} service{'' if count == 1 else 's'}"


def timeline(body: Mapping[str, Any], most: int = MOST_DRAWN) -> TimelineChart:
    """Return the drawing of every base model that services rest on, the gravest first, `most` at most."""
    today = moment(body["as_of"]).date()
    rows = [row for row in body["bases"] if _resting(row)] or body["bases"]
    caption = "Each base model: when it ends, by when to begin, and how long requalifying takes from today"
    return TimelineChart(caption, tuple(_row(row, today) for row in rows[:most]), today, KEY)


def _row(row: Mapping[str, Any], today: date) -> TimeRow:
    marks = [Day(date.fromisoformat(row[name]), shape, words) for name, shape, words in MARKS if row.get(name)]
    bars: tuple[Days, ...] = ()
    if row["p50"] is not None:
        start, last = _in_days(today, row["p50"]), _in_days(today, row["p95"] or row["p50"])
        bars = (Days(start, last, "requalified", open=row["p95"] is None),)
    return TimeRow(row["title"], f"{row['band']}, {services(_resting(row))}", tuple(marks), bars)


def _resting(row: Mapping[str, Any]) -> int:
    return sum(row["services"].values())


def _in_days(today: date, days: str) -> date:
    return date.fromordinal(min(today.toordinal() + round(float(days)), date.max.toordinal()))
