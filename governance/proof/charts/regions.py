"""What measured shares would come to: full where they pass, hatched where they fail, empty where nothing is shown."""

from collections.abc import Sequence
from decimal import Decimal

from governance.proof.charts.figures import RegionChart, RegionRow
from governance.proof.charts.intervals import percent
from governance.proof.charts.lettering import width
from governance.proof.charts.pen import Pen, hatch, write
from governance.proof.charts.picture import RowPicture, label, rule
from governance.proof.words.style import BLUE, GREY, INK, MEASURE, SANS, SANS_BOLD, WHITE

LABELS = 132.0
FIGURES = 120.0
RIGHT = MEASURE - FIGURES
TALL = 10.0


class Regions(RowPicture):
    """One chart as a figure; its alternative text gives every boundary."""

    def __init__(self, chart: RegionChart) -> None:
        super().__init__(chart)

    def of(self, rows: Sequence[RegionRow]) -> "Regions":
        return Regions(RegionChart(self.chart.caption, tuple(rows)))

    def paint(self, pen: Pen) -> None:
        top = self.height - self.head
        for tenth in (0, 25, 50, 75, 100):
            write(pen, f"{tenth} %", _at(tenth / 100), top + 5, 7.4, GREY, middle=True)
        write(pen, "fails", MEASURE - 58, top + 5, 7.4, GREY, right=True)
        write(pen, "passes", MEASURE, top + 5, 7.4, INK, right=True, face=SANS_BOLD)
        for index, row in enumerate(self.chart.rows):
            self._row(pen, row, self.middle(index))
        self._key(pen)

    def _row(self, pen: Pen, row: RegionRow, y: float) -> None:
        label(pen, row.label, y, LABELS - 12, note=row.note)
        rule(pen, y - self.pitch / 2)
        end = Decimal(1) if row.above else Decimal(0)
        for kind, boundary, edge in (("full", row.passes, end), ("hatched", row.fails, 1 - end)):
            if boundary is not None:
                left, right = sorted((_at(boundary), _at(edge)))
                _area(pen, kind, left, y, right)
        pen.stroke(GREY)
        pen.thick(0.6)
        pen.rect(_at(0), y - TALL / 2, _at(1) - _at(0), TALL, stroke=True)
        x = _at(row.limit)
        pen.stroke(INK)
        pen.thick(0.9)
        pen.dash(1.6, 1.4)
        pen.line(x, y - self.pitch / 2 + 2, x, y + self.pitch / 2 - 2)
        pen.dash()
        if row.smallest is not None:
            _diamond(pen, _at(row.smallest), y)
        on, back = ("≥", "≤") if row.above else ("≤", "≥")
        fails = "none" if row.fails is None else f"{back} {percent(row.fails)}"
        passes = "none" if row.passes is None else f"{on} {percent(row.passes)}"
        write(pen, fails, MEASURE - 58, y - 3, 7.8, GREY, right=True)
        write(pen, passes, MEASURE, y - 3, 8.4, INK, right=True)

    def _key(self, pen: Pen) -> None:
        y, x = 4.0, 0.0
        for kind, words in (("hatched", "fails"), ("empty", "nothing is shown"), ("full", "passes")):
            _area(pen, kind, x, y + 2.6, x + 14, tall=7.0)
            pen.stroke(GREY)
            pen.thick(0.6)
            pen.rect(x, y - 0.9, 14, 7.0, stroke=True)
            write(pen, words, x + 18, y, 7.8, GREY)
            x += 18 + width(words, SANS, 7.8) + 14
        pen.stroke(INK)
        pen.dash(1.6, 1.4)
        pen.line(x + 2, y - 2, x + 2, y + 8)
        pen.dash()
        write(pen, "limit", x + 8, y, 7.8, GREY)
        x += 8 + width("limit", SANS, 7.8) + 14
        _diamond(pen, x + 3, y + 2.6)
        write(pen, "weakest truth that is likely to pass", x + 11, y, 7.8, GREY)


def _at(share: Decimal | float) -> float:
    return LABELS + (RIGHT - LABELS) * min(1.0, max(0.0, float(share)))


def _area(pen: Pen, kind: str, left: float, y: float, right: float, tall: float = TALL) -> None:
    if kind == "full":
        pen.fill(BLUE)
        pen.rect(left, y - tall / 2, right - left, tall, fill=True)
    elif kind == "hatched":
        pen.stroke(GREY)
        hatch(pen, left, y - tall / 2, right, y + tall / 2)


def _diamond(pen: Pen, x: float, y: float, r: float = 3.9) -> None:
    pen.fill(WHITE)
    pen.stroke(INK)
    pen.thick(1.0)
    pen.path([[(x, y + r), (x + r, y), (x, y - r), (x - r, y)]], stroke=True, fill=True, close=True)
