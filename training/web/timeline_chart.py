"""A chart over time for a page: the places of its marks and bars, on a scale of 1000."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from governance.proof.charts.days import Day, Days, TimelineChart, TimeRow, called, share, ticks

WIDTH = 1000


@dataclass(frozen=True)
class Placed:
    """A mark with its place."""

    day: Day
    x: float


@dataclass(frozen=True)
class Span:
    """A bar with its ends."""

    bar: Days
    x: float
    end: float


@dataclass(frozen=True)
class Row:
    """One line of the chart."""

    row: TimeRow
    marks: Sequence[Placed]
    bars: Sequence[Span]


@dataclass(frozen=True)
class Chart:
    """The chart as a template draws it; `ticks` are pairs of place and words."""

    chart: TimelineChart
    rows: Sequence[Row]
    ticks: Sequence[tuple[float, str]]
    today: float
    width: int = WIDTH


def drawn(chart: TimelineChart) -> Chart:
    """Return the places of everything on the chart."""
    span = first, last = chart.span()

    def at(day: date) -> float:
        return round(share(day, span) * WIDTH, 1)

    return Chart(
        chart,
        [
            Row(row, [Placed(d, at(d.on)) for d in row.days], [Span(b, at(b.start), at(b.end)) for b in row.bars])
            for row in chart.rows
        ],
        [(at(day), called(day, first=not number)) for number, day in enumerate(ticks(first, last))],
        at(chart.today),
    )
