"""Measures under one another on one scale: bars for bounds, a flag at the limit towards what passes, verdict marks."""

from collections.abc import Sequence
from decimal import Decimal

from governance.proof.charts import marks
from governance.proof.charts.figures import ForestChart, ForestRow
from governance.proof.charts.intervals import Interval, percent, signed
from governance.proof.charts.lettering import width
from governance.proof.charts.pen import Pen, write
from governance.proof.charts.picture import RowPicture, label, rule
from governance.proof.words.style import BLUE, GREY, HAIR, INK, MEASURE, RULE, SANS, SANS_BOLD

LABELS = 132.0
FIGURES = 62.0
VERDICTS = 74.0
HALVES = (5, 10, 20, 25, 50, 100)
"""points from the middle to the ends of a scale of differences: the least of these that shows everything"""


class Forest(RowPicture):
    """One chart as a figure; its alternative text gives every number."""

    def __init__(self, chart: ForestChart, half: int | None = None) -> None:
        super().__init__(chart)
        self.half = half or _half(chart)
        self.judged = any(row.verdict for row in chart.rows)
        self.right = MEASURE - FIGURES - (VERDICTS if self.judged else 0.0) - 6.0

    def of(self, rows: Sequence[ForestRow]) -> "Forest":
        return Forest(ForestChart(self.chart.caption, tuple(rows), self.chart.scale), self.half)

    def paint(self, pen: Pen) -> None:
        self._scale(pen)
        for index, row in enumerate(self.chart.rows):
            self._row(pen, row, self.middle(index))
        self._key(pen)

    def _at(self, value: Decimal | float) -> float:
        """Return where a value lies, kept on the scale; what was measured is printed beside it."""
        share = float(value)
        if self.chart.scale == "difference":
            share = (share * 100 / self.half + 1) / 2
        return LABELS + (self.right - LABELS) * min(1.0, max(0.0, share))

    def _scale(self, pen: Pen) -> None:
        top, bottom = self.height - self.head, self.foot
        pen.thick(0.5)
        for place in range(5):
            x = LABELS + (self.right - LABELS) * place / 4
            middle = self.chart.scale == "difference" and place == 2
            pen.stroke(GREY if middle else RULE if place in (0, 4) else HAIR)
            pen.line(x, bottom, x, top)
            write(pen, self._tick(place), x, top + 5, 7.4, GREY, middle=True)

    def _tick(self, place: int) -> str:
        if self.chart.scale == "share":
            return f"{place * 25} %"
        whole = self.half * (place - 2)
        shown = f"{whole // 2}" if whole % 2 == 0 else f"{whole / 2:.1f}"
        return f"+{shown}" if whole > 0 else shown.replace("-", "\N{MINUS SIGN}")

    def _row(self, pen: Pen, row: ForestRow, y: float) -> None:
        label(pen, row.label, y, LABELS - 12, note=row.note)
        rule(pen, y - self.pitch / 2)
        if row.limit is not None:
            _flag(pen, self._at(row.limit), y, self.pitch, above=row.passes == "above")
        edge = self.right + 6 + FIGURES
        if row.measured is None:
            write(pen, row.absent, edge, y - 3, 7.8, GREY, right=True)
        else:
            self._bar(pen, row.measured, y)
            self._figures(pen, row.measured, edge, y)
        if row.verdict:
            x = MEASURE - VERDICTS + 16
            marks.verdict(pen, row.verdict, x, y)
            write(pen, row.verdict, x + 8, y - 2.7, 7.4, INK, face=SANS_BOLD)

    def _bar(self, pen: Pen, one: Interval, y: float) -> None:
        low, high = self._at(one.low), self._at(one.high)
        pen.stroke(BLUE)
        pen.thick(1.6)
        pen.line(low, y, high, y)
        pen.thick(0.9)
        for end in (low, high):
            pen.line(end, y - 2.8, end, y + 2.8)
        x = self._at(one.value)
        pen.fill(BLUE)
        pen.rect(x - 2.8, y - 2.8, 5.6, 5.6, fill=True)

    def _figures(self, pen: Pen, one: Interval, edge: float, y: float) -> None:
        share, one = self.chart.scale == "share", one.told()
        write(pen, percent(one.value) if share else signed(one.value), edge, y + 1.6, 8.4, INK, right=True)
        ends = (f"{one.low * 100:.1f}", f"{one.high * 100:.1f}") if share else (signed(one.low), signed(one.high))
        write(pen, " to ".join(ends), edge, y - 8.0, 7.2, GREY, right=True)

    def _key(self, pen: Pen) -> None:
        y, x = 4.0, LABELS
        pen.fill(BLUE)
        pen.rect(x, y, 5.6, 5.6, fill=True)
        told = "measured, with its bounds" if self.chart.scale == "share" else "difference in points, with its bounds"
        write(pen, told, x + 11, y, 7.8, GREY)
        x += 11 + width(told, SANS, 7.8) + 16
        if any(row.limit is not None for row in self.chart.rows):
            _flag(pen, x + 3, y + 2.8, 14.0, above=True)
            write(pen, "signed limit, its flag towards what passes", x + 13, y, 7.8, GREY)


def _half(chart: ForestChart) -> int:
    shown = [abs(v) for r in chart.rows if r.measured for v in (r.measured.value, r.measured.low, r.measured.high)]
    most = max([*shown, *(abs(row.limit) for row in chart.rows if row.limit is not None)], default=Decimal(0)) * 100
    return next((half for half in HALVES if half >= most), HALVES[-1])


def _flag(pen: Pen, x: float, y: float, pitch: float, *, above: bool) -> None:
    """Draw a limit: a dashed pole, with a small flag on top that points to the side which passes."""
    top = y + pitch / 2 - 2
    pen.stroke(INK)
    pen.thick(0.9)
    pen.dash(1.6, 1.4)
    pen.line(x, y - pitch / 2 + 2, x, top)
    pen.dash()
    way = 1 if above else -1
    pen.fill(INK)
    pen.path([[(x, top), (x + 5.5 * way, top - 2.3), (x, top - 4.6)]], fill=True, close=True)
