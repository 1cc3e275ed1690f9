"""Counts in parts: one bar a row, its parts told apart by filling and hatching, every count printed beside it."""

from collections.abc import Sequence

from governance.proof.charts.figures import StackChart
from governance.proof.charts.lettering import width
from governance.proof.charts.pen import Pen, hatch, write
from governance.proof.charts.picture import RowPicture, label, rule
from governance.proof.words.style import BLUE, GREY, INK, MEASURE, RULE, SANS, WHITE

LABELS = 132.0
EACH = 42.0
"""the least width of a column of counts"""
TALL = 9.0


class Stacks(RowPicture):
    """One chart as a figure; its alternative text gives every count."""

    pitch = 19.0

    def __init__(self, chart: StackChart, most: int | None = None) -> None:
        self.foot = RowPicture.foot if len(chart.parts) > 1 else 2.0
        super().__init__(chart)
        self.most = most or max((sum(counts) for _, counts in chart.rows), default=0) or 1
        self.each = max(EACH, *(width(part, SANS, 7.4) + 9.0 for part in chart.parts))
        self.right = MEASURE - self.each * len(chart.parts) - 8.0

    def of(self, rows: Sequence[tuple[str, tuple[int, ...]]]) -> "Stacks":
        return Stacks(StackChart(self.chart.caption, self.chart.parts, tuple(rows)), self.most)

    def paint(self, pen: Pen) -> None:
        top = self.height - self.head
        for place, part in enumerate(self.chart.parts):
            write(pen, part, self._edge(place), top + 5, 7.4, GREY, right=True)
        rule(pen, top)
        for index, (name, counts) in enumerate(self.chart.rows):
            self._row(pen, name, counts, self.middle(index))
        self._key(pen)

    def _edge(self, place: int) -> float:
        return MEASURE - self.each * (len(self.chart.parts) - 1 - place)

    def _row(self, pen: Pen, name: str, counts: Sequence[int], y: float) -> None:
        label(pen, name, y, LABELS - 12, lines=1)
        rule(pen, y - self.pitch / 2)
        x, unit = LABELS, (self.right - LABELS) / self.most
        for place, count in enumerate(counts):
            _part(pen, place, x, y, x + count * unit)
            x += count * unit
            ink = INK if count else GREY
            write(pen, f"{count:,}" if count >= 10_000 else str(count), self._edge(place), y - 3, 8.4, ink, right=True)

    def _key(self, pen: Pen) -> None:
        if len(self.chart.parts) < 2:
            return
        y, x = 4.0, LABELS
        for place, part in enumerate(self.chart.parts):
            _part(pen, place, x, y + 2.6, x + 12)
            write(pen, part, x + 16, y, 7.8, GREY)
            x += 16 + width(part, SANS, 7.8) + 14


def _part(pen: Pen, place: int, left: float, y: float, right: float) -> None:
    """Draw a part of a bar: full, hatched, grey or empty, in that order and again."""
    if right - left < 0.05:
        return
    bottom, top, kind = y - TALL / 2, y + TALL / 2, place % 4
    pen.stroke(BLUE)
    pen.thick(0.6)
    pen.fill({0: BLUE, 1: WHITE, 2: RULE, 3: WHITE}[kind])
    pen.rect(left, bottom, right - left, top - bottom, stroke=True, fill=True)
    if kind == 1:
        hatch(pen, left, bottom, right, top)
