"""What measured shares would come to: full where they pass, hatched where they fail, empty where nothing is shown."""

from collections.abc import Sequence
from decimal import Decimal

from governance.reports import fonts, row_figures, style
from governance.reports.figures import RegionChart, RegionRow
from governance.reports.intervals import percent
from governance.reports.row_figures import RowFigure, write
from governance.reports.tags import Element, TaggedCanvas

LABELS = 132.0
FIGURES = 120.0
RIGHT = style.MEASURE - FIGURES
TALL = 10.0


class Regions(RowFigure):
    """One chart as a figure; its alternative text gives every boundary."""

    def __init__(self, chart: RegionChart, tag: Element) -> None:
        super().__init__(chart.rows, tag)
        self.chart = chart

    def of(self, rows: Sequence[RegionRow]) -> "Regions":
        return Regions(RegionChart(self.chart.caption, tuple(rows)), self.parent)

    def told(self) -> str:
        return self.chart.told()

    def paint(self, canvas: TaggedCanvas) -> None:
        top = self.height - self.head
        for tenth in (0, 25, 50, 75, 100):
            write(canvas, f"{tenth} %", _at(tenth / 100), top + 5, 7.4, style.GREY, middle=True)
        write(canvas, "fails", style.MEASURE - 58, top + 5, 7.4, style.GREY, right=True)
        write(canvas, "passes", style.MEASURE, top + 5, 7.4, style.INK, right=True, face=fonts.SANS_BOLD)
        for index, row in enumerate(self.chart.rows):
            self._row(canvas, row, self.middle(index))
        self._key(canvas)

    def _row(self, canvas: TaggedCanvas, row: RegionRow, y: float) -> None:
        row_figures.label(canvas, row.label, y, LABELS - 12, note=row.note)
        row_figures.rule(canvas, y - self.pitch / 2)
        end = Decimal(1) if row.above else Decimal(0)
        for kind, boundary, edge in (("full", row.passes, end), ("hatched", row.fails, 1 - end)):
            if boundary is not None:
                left, right = sorted((_at(boundary), _at(edge)))
                _area(canvas, kind, left, y, right)
        canvas.setStrokeColor(style.GREY)
        canvas.setLineWidth(0.6)
        canvas.rect(_at(0), y - TALL / 2, _at(1) - _at(0), TALL, stroke=1, fill=0)
        x = _at(row.limit)
        canvas.setStrokeColor(style.INK)
        canvas.setLineWidth(0.9)
        canvas.setDash([1.6, 1.4])
        canvas.line(x, y - self.pitch / 2 + 2, x, y + self.pitch / 2 - 2)
        canvas.setDash()
        if row.smallest is not None:
            _diamond(canvas, _at(row.smallest), y)
        on, back = ("≥", "≤") if row.above else ("≤", "≥")
        fails = "none" if row.fails is None else f"{back} {percent(row.fails)}"
        passes = "none" if row.passes is None else f"{on} {percent(row.passes)}"
        write(canvas, fails, style.MEASURE - 58, y - 3, 7.8, style.GREY, right=True)
        write(canvas, passes, style.MEASURE, y - 3, 8.4, style.INK, right=True)

    def _key(self, canvas: TaggedCanvas) -> None:
        y, x = 4.0, 0.0
        for kind, words in (("hatched", "fails"), ("empty", "nothing is shown"), ("full", "passes")):
            _area(canvas, kind, x, y + 2.6, x + 14, tall=7.0)
            canvas.setStrokeColor(style.GREY)
            canvas.setLineWidth(0.6)
            canvas.rect(x, y - 0.9, 14, 7.0, stroke=1, fill=0)
            write(canvas, words, x + 18, y, 7.8, style.GREY)
            x += 18 + fonts.width(words, fonts.SANS, 7.8) + 14
        canvas.setStrokeColor(style.INK)
        canvas.setDash([1.6, 1.4])
        canvas.line(x + 2, y - 2, x + 2, y + 8)
        canvas.setDash()
        write(canvas, "limit", x + 8, y, 7.8, style.GREY)
        x += 8 + fonts.width("limit", fonts.SANS, 7.8) + 14
        _diamond(canvas, x + 3, y + 2.6)
        write(canvas, "weakest truth that is likely to pass", x + 11, y, 7.8, style.GREY)


def _at(share: Decimal | float) -> float:
    return LABELS + (RIGHT - LABELS) * min(1.0, max(0.0, float(share)))


def _area(canvas: TaggedCanvas, kind: str, left: float, y: float, right: float, tall: float = TALL) -> None:
    if kind == "full":
        canvas.setFillColor(style.BLUE)
        canvas.rect(left, y - tall / 2, right - left, tall, stroke=0, fill=1)
    elif kind == "hatched":
        canvas.setStrokeColor(style.GREY)
        row_figures.hatch(canvas, left, y - tall / 2, right, y + tall / 2)


def _diamond(canvas: TaggedCanvas, x: float, y: float, r: float = 3.9) -> None:
    path = canvas.beginPath()
    path.moveTo(x, y + r)
    path.lineTo(x + r, y)
    path.lineTo(x, y - r)
    path.lineTo(x - r, y)
    path.close()
    canvas.setFillColor("white")
    canvas.setStrokeColor(style.INK)
    canvas.setLineWidth(1.0)
    canvas.drawPath(path, stroke=1, fill=1)
