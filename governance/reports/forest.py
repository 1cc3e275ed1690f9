"""Measures under one another on one scale: bars for bounds, a flag at the limit towards what passes, verdict marks."""

from collections.abc import Sequence
from decimal import Decimal

from governance.reports import fonts, marks, row_figures, style
from governance.reports.figures import ForestChart, ForestRow
from governance.reports.intervals import Interval, percent, signed
from governance.reports.row_figures import RowFigure, write
from governance.reports.tags import Element, TaggedCanvas

LABELS = 132.0
FIGURES = 62.0
VERDICTS = 74.0
HALVES = (5, 10, 20, 25, 50, 100)
"""points from the middle to the ends of a scale of differences: the least of these that shows everything"""


class Forest(RowFigure):
    """One chart as a figure; its alternative text gives every number."""

    def __init__(self, chart: ForestChart, tag: Element, half: int | None = None) -> None:
        super().__init__(chart.rows, tag)
        self.chart = chart
        self.half = half or _half(chart)
        self.judged = any(row.verdict for row in chart.rows)
        self.right = style.MEASURE - FIGURES - (VERDICTS if self.judged else 0.0) - 6.0

    def of(self, rows: Sequence[ForestRow]) -> "Forest":
        return Forest(ForestChart(self.chart.caption, tuple(rows), self.chart.scale), self.parent, self.half)

    def told(self) -> str:
        return self.chart.told()

    def paint(self, canvas: TaggedCanvas) -> None:
        self._scale(canvas)
        for index, row in enumerate(self.chart.rows):
            self._row(canvas, row, self.middle(index))
        self._key(canvas)

    def _at(self, value: Decimal | float) -> float:
        """Return where a value lies, kept on the scale; what was measured is printed beside it."""
        share = float(value)
        if self.chart.scale == "difference":
            share = (share * 100 / self.half + 1) / 2
        return LABELS + (self.right - LABELS) * min(1.0, max(0.0, share))

    def _scale(self, canvas: TaggedCanvas) -> None:
        top, bottom = self.height - self.head, self.foot
        canvas.setLineWidth(0.5)
        for place in range(5):
            x = LABELS + (self.right - LABELS) * place / 4
            middle = self.chart.scale == "difference" and place == 2
            canvas.setStrokeColor(style.GREY if middle else style.RULE if place in (0, 4) else style.HAIR)
            canvas.line(x, bottom, x, top)
            write(canvas, self._tick(place), x, top + 5, 7.4, style.GREY, middle=True)

    def _tick(self, place: int) -> str:
        if self.chart.scale == "share":
            return f"{place * 25} %"
        whole = self.half * (place - 2)
        shown = f"{whole // 2}" if whole % 2 == 0 else f"{whole / 2:.1f}"
        return f"+{shown}" if whole > 0 else shown.replace("-", "\N{MINUS SIGN}")

    def _row(self, canvas: TaggedCanvas, row: ForestRow, y: float) -> None:
        row_figures.label(canvas, row.label, y, LABELS - 12, note=row.note)
        row_figures.rule(canvas, y - self.pitch / 2)
        if row.limit is not None:
            _flag(canvas, self._at(row.limit), y, self.pitch, above=row.passes == "above")
        edge = self.right + 6 + FIGURES
        if row.measured is None:
            write(canvas, row.absent, edge, y - 3, 7.8, style.GREY, right=True)
        else:
            self._bar(canvas, row.measured, y)
            self._figures(canvas, row.measured, edge, y)
        if row.verdict:
            x = style.MEASURE - VERDICTS + 16
            marks.verdict(canvas, row.verdict, x, y)
            write(canvas, row.verdict, x + 8, y - 2.7, 7.4, style.INK, face=fonts.SANS_BOLD)

    def _bar(self, canvas: TaggedCanvas, one: Interval, y: float) -> None:
        low, high = self._at(one.low), self._at(one.high)
        canvas.setStrokeColor(style.BLUE)
        canvas.setLineWidth(1.6)
        canvas.line(low, y, high, y)
        canvas.setLineWidth(0.9)
        for end in (low, high):
            canvas.line(end, y - 2.8, end, y + 2.8)
        x = self._at(one.value)
        canvas.setFillColor(style.BLUE)
        canvas.rect(x - 2.8, y - 2.8, 5.6, 5.6, stroke=0, fill=1)

    def _figures(self, canvas: TaggedCanvas, one: Interval, edge: float, y: float) -> None:
        share = self.chart.scale == "share"
        write(canvas, percent(one.value) if share else signed(one.value), edge, y + 1.6, 8.4, style.INK, right=True)
        ends = (f"{one.low * 100:.1f}", f"{one.high * 100:.1f}") if share else (signed(one.low), signed(one.high))
        write(canvas, " to ".join(ends), edge, y - 8.0, 7.2, style.GREY, right=True)

    def _key(self, canvas: TaggedCanvas) -> None:
        y, x = 4.0, LABELS
        canvas.setFillColor(style.BLUE)
        canvas.rect(x, y, 5.6, 5.6, stroke=0, fill=1)
        told = "measured, with its bounds" if self.chart.scale == "share" else "difference in points, with its bounds"
        write(canvas, told, x + 11, y, 7.8, style.GREY)
        x += 11 + fonts.width(told, fonts.SANS, 7.8) + 16
        if any(row.limit is not None for row in self.chart.rows):
            _flag(canvas, x + 3, y + 2.8, 14.0, above=True)
            write(canvas, "signed limit, its flag towards what passes", x + 13, y, 7.8, style.GREY)


def _half(chart: ForestChart) -> int:
    shown = [abs(v) for r in chart.rows if r.measured for v in (r.measured.value, r.measured.low, r.measured.high)]
    most = max([*shown, *(abs(row.limit) for row in chart.rows if row.limit is not None)], default=Decimal(0)) * 100
    return next((half for half in HALVES if half >= most), HALVES[-1])


def _flag(canvas: TaggedCanvas, x: float, y: float, pitch: float, *, above: bool) -> None:
    """Draw a limit: a dashed pole, with a small flag on top that points to the side which passes."""
    top = y + pitch / 2 - 2
    canvas.setStrokeColor(style.INK)
    canvas.setLineWidth(0.9)
    canvas.setDash([1.6, 1.4])
    canvas.line(x, y - pitch / 2 + 2, x, top)
    canvas.setDash()
    path, way = canvas.beginPath(), 1 if above else -1
    path.moveTo(x, top)
    path.lineTo(x + 5.5 * way, top - 2.3)
    path.lineTo(x, top - 4.6)
    path.close()
    canvas.setFillColor(style.INK)
    canvas.drawPath(path, stroke=0, fill=1)
