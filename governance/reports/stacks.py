"""Counts in parts: one bar a row, its parts told apart by filling and hatching, every count printed beside it."""

from collections.abc import Sequence

from governance.reports import fonts, row_figures, style
from governance.reports.figures import StackChart
from governance.reports.row_figures import RowFigure, write
from governance.reports.tags import Element, TaggedCanvas

LABELS = 132.0
EACH = 42.0
"""the least width of a column of counts"""
TALL = 9.0


class Stacks(RowFigure):
    """One chart as a figure; its alternative text gives every count."""

    pitch = 19.0

    def __init__(self, chart: StackChart, tag: Element, most: int | None = None) -> None:
        self.foot = RowFigure.foot if len(chart.parts) > 1 else 2.0
        super().__init__(chart.rows, tag)
        self.chart = chart
        self.most = most or max((sum(counts) for _, counts in chart.rows), default=0) or 1
        self.each = max(EACH, *(fonts.width(part, fonts.SANS, 7.4) + 9.0 for part in chart.parts))
        self.right = style.MEASURE - self.each * len(chart.parts) - 8.0

    def of(self, rows: Sequence[tuple[str, tuple[int, ...]]]) -> "Stacks":
        return Stacks(StackChart(self.chart.caption, self.chart.parts, tuple(rows)), self.parent, self.most)

    def told(self) -> str:
        return self.chart.told()

    def paint(self, canvas: TaggedCanvas) -> None:
        top = self.height - self.head
        for place, part in enumerate(self.chart.parts):
            write(canvas, part, self._edge(place), top + 5, 7.4, style.GREY, right=True)
        row_figures.rule(canvas, top)
        for index, (name, counts) in enumerate(self.chart.rows):
            self._row(canvas, name, counts, self.middle(index))
        self._key(canvas)

    def _edge(self, place: int) -> float:
        return style.MEASURE - self.each * (len(self.chart.parts) - 1 - place)

    def _row(self, canvas: TaggedCanvas, name: str, counts: Sequence[int], y: float) -> None:
        row_figures.label(canvas, name, y, LABELS - 12, lines=1)
        row_figures.rule(canvas, y - self.pitch / 2)
        x, unit = LABELS, (self.right - LABELS) / self.most
        for place, count in enumerate(counts):
            _part(canvas, place, x, y, x + count * unit)
            x += count * unit
            ink = style.INK if count else style.GREY
            write(
                canvas, f"{count:,}" if count >= 10_000 else str(count), self._edge(place), y - 3, 8.4, ink, right=True
            )

    def _key(self, canvas: TaggedCanvas) -> None:
        if len(self.chart.parts) < 2:
            return
        y, x = 4.0, LABELS
        for place, part in enumerate(self.chart.parts):
            _part(canvas, place, x, y + 2.6, x + 12)
            write(canvas, part, x + 16, y, 7.8, style.GREY)
            x += 16 + fonts.width(part, fonts.SANS, 7.8) + 14


def _part(canvas: TaggedCanvas, place: int, left: float, y: float, right: float) -> None:
    """Draw a part of a bar: full, hatched, grey or empty, in that order and again."""
    if right - left < 0.05:
        return
    bottom, top, kind = y - TALL / 2, y + TALL / 2, place % 4
    canvas.setStrokeColor(style.BLUE)
    canvas.setLineWidth(0.6)
    canvas.setFillColor({0: style.BLUE, 1: "white", 2: style.RULE, 3: "white"}[kind])
    canvas.rect(left, bottom, right - left, top - bottom, stroke=1, fill=1)
    if kind == 1:
        row_figures.hatch(canvas, left, bottom, right, top)
