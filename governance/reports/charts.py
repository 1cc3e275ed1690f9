"""Baseline beside tuned, with interval bars: open circles and full squares, so that grey print tells them apart."""

from collections.abc import Sequence
from decimal import Decimal

from governance.reports import fonts, row_figures, style
from governance.reports.intervals import Interval, percent
from governance.reports.model import ChartRow, IntervalChart
from governance.reports.row_figures import RowFigure, write
from governance.reports.tags import Element, TaggedCanvas

LABELS = 122.0
FIGURES = 128.0
SPAN = style.MEASURE - FIGURES - LABELS
"""the length of the scale"""


class Intervals(RowFigure):
    """One chart as a figure whose alternative text gives every number; split between rows when a page is full."""

    def __init__(self, chart: IntervalChart, tag: Element) -> None:
        super().__init__(chart.rows, tag)
        self.chart = chart

    def of(self, rows: Sequence[ChartRow]) -> "Intervals":
        return Intervals(IntervalChart(self.chart.caption, tuple(rows), self.chart.names), self.parent)

    def told(self) -> str:
        return alternative(self.chart)

    def paint(self, canvas: TaggedCanvas) -> None:
        self._scale(canvas)
        for index, row in enumerate(self.chart.rows):
            self._row(canvas, row, self.middle(index))
        self._key(canvas)

    def _scale(self, canvas: TaggedCanvas) -> None:
        top, bottom = self.height - self.head, self.foot
        canvas.setLineWidth(0.5)
        for tenth in (0, 25, 50, 75, 100):
            x = LABELS + SPAN * tenth / 100
            canvas.setStrokeColor(style.RULE if tenth in (0, 100) else style.HAIR)
            canvas.line(x, bottom, x, top)
            write(canvas, f"{tenth} %", x, top + 5, 7.4, style.GREY, middle=True)
        one, other = self.chart.names
        write(canvas, one, style.MEASURE - 66, top + 5, 7.4, style.GREY, right=True)
        write(canvas, other, style.MEASURE, top + 5, 7.4, style.INK, right=True, face=fonts.SANS_BOLD)

    def _row(self, canvas: TaggedCanvas, row: ChartRow, y: float) -> None:
        row_figures.label(canvas, row.label, y, LABELS - 14)
        row_figures.rule(canvas, y - self.pitch / 2)
        if row.limit is not None:
            x = LABELS + SPAN * _clamped(row.limit)
            canvas.setStrokeColor(style.INK)
            canvas.setLineWidth(0.9)
            canvas.setDash([1.6, 1.4])
            canvas.line(x, y - self.pitch / 2 + 2, x, y + self.pitch / 2 - 2)
            canvas.setDash()
        alone = not self.chart.names[0]
        for measured, offset, full in ((row.baseline, 5.0, False), (row.tuned, 0.0 if alone else -5.0, True)):
            if measured is not None:
                _bar(canvas, measured, y + offset, full)
        if not alone:
            _figures(canvas, row.baseline, style.MEASURE - 66, y, style.GREY)
        _figures(canvas, row.tuned, style.MEASURE, y, style.INK)

    def _key(self, canvas: TaggedCanvas) -> None:
        y, x = 4.0, LABELS
        for text, full in zip(self.chart.names, (False, True), strict=True):
            if not text:
                continue
            _point(canvas, x + 3, y + 2.6, full)
            write(canvas, text, x + 11, y, 7.8, style.GREY)
            x += 11 + fonts.width(text, fonts.SANS, 7.8) + 16
        if any(row.limit is not None for row in self.chart.rows):
            canvas.setStrokeColor(style.INK)
            canvas.setLineWidth(0.9)
            canvas.setDash([1.6, 1.4])
            canvas.line(x + 3, y - 2, x + 3, y + 8)
            canvas.setDash()
            write(canvas, "signed limit", x + 10, y, 7.8, style.GREY)
            x += 10 + fonts.width("signed limit", fonts.SANS, 7.8) + 16
        write(canvas, "bars: confidence interval", x, y, 7.8, style.GREY)


def alternative(chart: IntervalChart) -> str:
    """The chart in words: every value, bound and limit."""
    parts = [chart.caption.rstrip(".") + "."]
    for row in chart.rows:
        limit = f", limit {percent(row.limit)}" if row.limit is not None else ""
        pairs = zip(chart.names, (row.baseline, row.tuned), strict=True)
        told = ", ".join(f"{name} {_spoken(measured)}" for name, measured in pairs if name)
        parts.append(f"{row.label}: {told}{limit}.")
    return " ".join(parts)


def _spoken(measured: Interval | None) -> str:
    if measured is None:
        return "not measured"
    return f"{percent(measured.value)} ({percent(measured.low)} to {percent(measured.high)})"


def _figures(canvas: TaggedCanvas, measured: Interval | None, x: float, y: float, ink: object) -> None:
    if measured is None:
        write(canvas, "not measured", x, y - 3, 7.8, style.GREY, right=True)
        return
    write(canvas, percent(measured.value), x, y + 1.6, 8.4, ink, right=True)
    bounds = f"{measured.low * 100:.1f} to {measured.high * 100:.1f}"
    write(canvas, bounds, x, y - 8.0, 7.2, style.GREY, right=True)


def _bar(canvas: TaggedCanvas, measured: Interval, y: float, full: bool) -> None:
    low, high = LABELS + SPAN * _clamped(measured.low), LABELS + SPAN * _clamped(measured.high)
    canvas.setStrokeColor(style.BLUE if full else style.GREY)
    canvas.setLineWidth(1.6 if full else 0.9)
    canvas.line(low, y, high, y)
    canvas.setLineWidth(0.9)
    for end in (low, high):
        canvas.line(end, y - 2.4, end, y + 2.4)
    _point(canvas, LABELS + SPAN * _clamped(measured.value), y, full)


def _point(canvas: TaggedCanvas, x: float, y: float, full: bool) -> None:
    canvas.setStrokeColor(style.BLUE if full else style.GREY)
    canvas.setLineWidth(1.0)
    if full:
        canvas.setFillColor(style.BLUE)
        canvas.rect(x - 2.6, y - 2.6, 5.2, 5.2, stroke=0, fill=1)
    else:
        canvas.setFillColor("white")
        canvas.circle(x, y, 2.6, stroke=1, fill=1)


def _clamped(share: Decimal) -> float:
    """A proportion kept on the scale; what was measured is printed beside it."""
    return min(1.0, max(0.0, float(share)))
