"""A figure along steps: one line on two scales with round marks."""

import math

from governance.proof.charts.figures import CurveChart
from governance.proof.charts.lettering import printable
from governance.proof.charts.pen import Pen, write
from governance.proof.words.style import BLUE, GREY, HAIR, MEASURE, RULE, SANS

HEIGHT = 150.0
LEFT = 46.0
FOOT = 28.0
TOP = 18.0
MOST = 400
"""points that are drawn; of more, as many from first to last"""


class Curve:
    """The line as one figure; its alternative text says where it begins, ends, and lies lowest and highest."""

    def __init__(self, chart: CurveChart) -> None:
        self.chart = chart
        self.points = _thinned([(float(x), float(y)) for x, y in chart.points])
        self.height = HEIGHT

    def told(self) -> str:
        """Return the curve in words."""
        return self.chart.told()

    def paint(self, pen: Pen) -> None:
        """Draw it."""
        if not self.points:
            write(pen, "No point is recorded.", LEFT, HEIGHT / 2, 8.4, GREY)
            return
        across = _scale(min(x for x, _ in self.points), max(x for x, _ in self.points))
        upright = _scale(min(0.0, *(y for _, y in self.points)), max(y for _, y in self.points))
        self._axes(pen, across, upright)
        pen.stroke(BLUE)
        pen.thick(1.2)
        pen.path([[(_along(across, x), _up(upright, y)) for x, y in self.points]], stroke=True)
        for x, y in (self.points[0], self.points[-1]):
            pen.fill(BLUE)
            pen.circle(_along(across, x), _up(upright, y), 2.3, fill=True)

    def _axes(self, pen: Pen, across: list[float], upright: list[float]) -> None:
        pen.thick(0.5)
        for mark in upright:
            y = _up(upright, mark)
            pen.stroke(RULE if mark == upright[0] else HAIR)
            pen.line(LEFT, y, MEASURE, y)
            write(pen, f"{mark:g}", LEFT - 6, y - 2.6, 7.4, GREY, right=True)
        for mark in across:
            write(pen, f"{mark:g}", _along(across, mark), FOOT - 11, 7.4, GREY, middle=True)
        write(pen, self.chart.along, MEASURE, 2, 7.4, GREY, right=True)
        write(pen, printable(self.chart.up, SANS), LEFT, HEIGHT - 8, 7.4, GREY)


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if len(points) <= MOST:
        return points
    last = len(points) - 1
    return [points[round(index * last / (MOST - 1))] for index in range(MOST)]


def _scale(low: float, high: float) -> list[float]:
    """Return up to seven round marks that enclose what lies between two values."""
    span = max(high - low, 1e-6 * max(abs(low), abs(high)), 1e-9)
    step = 10.0 ** math.floor(math.log10(span / 4))
    step *= next(f for f in (1, 2, 2.5, 5, 10) if span / (step * f) <= 5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [index * step for index in range(first, max(last, first + 1) + 1)]


def _along(marks: list[float], x: float) -> float:
    return LEFT + 8 + (MEASURE - LEFT - 16) * (x - marks[0]) / (marks[-1] - marks[0])


def _up(marks: list[float], y: float) -> float:
    return FOOT + (HEIGHT - FOOT - TOP) * (y - marks[0]) / (marks[-1] - marks[0])
