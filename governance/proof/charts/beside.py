"""Baseline beside tuned, with interval bars: open circles and full squares, so that grey print tells them apart."""

from collections.abc import Sequence
from decimal import Decimal

from governance.proof.charts.figures import ChartRow, IntervalChart
from governance.proof.charts.intervals import Interval, percent
from governance.proof.charts.lettering import width
from governance.proof.charts.pen import Pen, write
from governance.proof.charts.picture import RowPicture, label, rule
from governance.proof.words.style import BLUE, GREY, HAIR, INK, MEASURE, RULE, SANS, SANS_BOLD, WHITE

LABELS = 122.0
FIGURES = 128.0
SPAN = MEASURE - FIGURES - LABELS
"""the length of the scale"""


class Intervals(RowPicture):
    """One chart as a figure whose alternative text gives every number; split between rows when a page is full."""

    def __init__(self, chart: IntervalChart) -> None:
        super().__init__(chart)

    def of(self, rows: Sequence[ChartRow]) -> "Intervals":
        return Intervals(IntervalChart(self.chart.caption, tuple(rows), self.chart.names))

    def paint(self, pen: Pen) -> None:
        self._scale(pen)
        for index, row in enumerate(self.chart.rows):
            self._row(pen, row, self.middle(index))
        self._key(pen)

    def _scale(self, pen: Pen) -> None:
        top, bottom = self.height - self.head, self.foot
        pen.thick(0.5)
        for tenth in (0, 25, 50, 75, 100):
            x = LABELS + SPAN * tenth / 100
            pen.stroke(RULE if tenth in (0, 100) else HAIR)
            pen.line(x, bottom, x, top)
            write(pen, f"{tenth} %", x, top + 5, 7.4, GREY, middle=True)
        one, other = self.chart.names
        write(pen, one, MEASURE - 66, top + 5, 7.4, GREY, right=True)
        write(pen, other, MEASURE, top + 5, 7.4, INK, right=True, face=SANS_BOLD)

    def _row(self, pen: Pen, row: ChartRow, y: float) -> None:
        label(pen, row.label, y, LABELS - 14)
        rule(pen, y - self.pitch / 2)
        if row.limit is not None:
            x = LABELS + SPAN * _clamped(row.limit)
            pen.stroke(INK)
            pen.thick(0.9)
            pen.dash(1.6, 1.4)
            pen.line(x, y - self.pitch / 2 + 2, x, y + self.pitch / 2 - 2)
            pen.dash()
        alone = not self.chart.names[0]
        for measured, offset, full in ((row.baseline, 5.0, False), (row.tuned, 0.0 if alone else -5.0, True)):
            if measured is not None:
                _bar(pen, measured, y + offset, full)
        if not alone:
            _figures(pen, row.baseline, MEASURE - 66, y, GREY)
        _figures(pen, row.tuned, MEASURE, y, INK)

    def _key(self, pen: Pen) -> None:
        y, x = 4.0, LABELS
        for text, full in zip(self.chart.names, (False, True), strict=True):
            if not text:
                continue
            _point(pen, x + 3, y + 2.6, full)
            write(pen, text, x + 11, y, 7.8, GREY)
            x += 11 + width(text, SANS, 7.8) + 16
        if any(row.limit is not None for row in self.chart.rows):
            pen.stroke(INK)
            pen.thick(0.9)
            pen.dash(1.6, 1.4)
            pen.line(x + 3, y - 2, x + 3, y + 8)
            pen.dash()
            write(pen, "signed limit", x + 10, y, 7.8, GREY)
            x += 10 + width("signed limit", SANS, 7.8) + 16
        write(pen, "bars: confidence interval", x, y, 7.8, GREY)


def _figures(pen: Pen, measured: Interval | None, x: float, y: float, ink: str) -> None:
    if measured is None:
        write(pen, "not measured", x, y - 3, 7.8, GREY, right=True)
        return
    told = measured.told()
    write(pen, percent(told.value), x, y + 1.6, 8.4, ink, right=True)
    bounds = f"{told.low * 100:.1f} to {told.high * 100:.1f}"
    write(pen, bounds, x, y - 8.0, 7.2, GREY, right=True)


def _bar(pen: Pen, measured: Interval, y: float, full: bool) -> None:
    low, high = LABELS + SPAN * _clamped(measured.low), LABELS + SPAN * _clamped(measured.high)
    pen.stroke(BLUE if full else GREY)
    pen.thick(1.6 if full else 0.9)
    pen.line(low, y, high, y)
    pen.thick(0.9)
    for end in (low, high):
        pen.line(end, y - 2.4, end, y + 2.4)
    _point(pen, LABELS + SPAN * _clamped(measured.value), y, full)


def _point(pen: Pen, x: float, y: float, full: bool) -> None:
    pen.stroke(BLUE if full else GREY)
    pen.thick(1.0)
    if full:
        pen.fill(BLUE)
        pen.rect(x - 2.6, y - 2.6, 5.2, 5.2, fill=True)
    else:
        pen.fill(WHITE)
        pen.circle(x, y, 2.6, stroke=True, fill=True)


def _clamped(share: Decimal) -> float:
    """A proportion kept on the scale; what was measured is printed beside it."""
    return min(1.0, max(0.0, float(share)))
