"""A figure along steps: one line on two scales with round marks."""

import math

from reportlab.platypus import Flowable

from governance.reports import fonts, style
from governance.reports.figures import CurveChart
from governance.reports.row_figures import write
from governance.reports.tags import Element, TaggedCanvas

HEIGHT = 150.0
LEFT = 46.0
FOOT = 28.0
TOP = 18.0
MOST = 400
"""points that are drawn; of more, as many from first to last"""


class Curve(Flowable):
    """The line as one figure; its alternative text says where it begins, ends, and lies lowest and highest."""

    def __init__(self, chart: CurveChart, tag: Element) -> None:
        super().__init__()
        self.chart, self.parent = chart, tag
        self.points = _thinned([(float(x), float(y)) for x, y in chart.points])
        self.height = HEIGHT
        self.spaceAfter = 10.0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return style.MEASURE, self.height

    def draw(self) -> None:
        canvas: TaggedCanvas = self.canv
        with canvas.marked(self.parent.child("Figure", alt=self.chart.told())):
            if not self.points:
                write(canvas, "No point is recorded.", LEFT, HEIGHT / 2, 8.4, style.GREY)
                return
            across = _scale(min(x for x, _ in self.points), max(x for x, _ in self.points))
            upright = _scale(min(0.0, *(y for _, y in self.points)), max(y for _, y in self.points))
            self._axes(canvas, across, upright)
            canvas.setStrokeColor(style.BLUE)
            canvas.setLineWidth(1.2)
            canvas.setLineJoin(1)
            path = canvas.beginPath()
            for index, (x, y) in enumerate(self.points):
                go = path.lineTo if index else path.moveTo
                go(_along(across, x), _up(upright, y))
            canvas.drawPath(path, stroke=1, fill=0)
            for x, y in (self.points[0], self.points[-1]):
                canvas.setFillColor(style.BLUE)
                canvas.circle(_along(across, x), _up(upright, y), 2.3, stroke=0, fill=1)

    def _axes(self, canvas: TaggedCanvas, across: list[float], upright: list[float]) -> None:
        canvas.setLineWidth(0.5)
        for mark in upright:
            y = _up(upright, mark)
            canvas.setStrokeColor(style.RULE if mark == upright[0] else style.HAIR)
            canvas.line(LEFT, y, style.MEASURE, y)
            write(canvas, f"{mark:g}", LEFT - 6, y - 2.6, 7.4, style.GREY, right=True)
        for mark in across:
            write(canvas, f"{mark:g}", _along(across, mark), FOOT - 11, 7.4, style.GREY, middle=True)
        write(canvas, self.chart.along, style.MEASURE, 2, 7.4, style.GREY, right=True)
        write(canvas, fonts.printable(self.chart.up, fonts.SANS), LEFT, HEIGHT - 8, 7.4, style.GREY)


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
    return LEFT + 8 + (style.MEASURE - LEFT - 16) * (x - marks[0]) / (marks[-1] - marks[0])


def _up(marks: list[float], y: float) -> float:
    return FOOT + (HEIGHT - FOOT - TOP) * (y - marks[0]) / (marks[-1] - marks[0])
