"""What charts are drawn with. The typesetter's pen writes to a page; the verifier's keeps what should be on one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

from governance.proof.charts.lettering import pieces, width
from governance.proof.reading.content import Run, Shape, height
from governance.proof.words.style import INK, MEASURE, SANS

Point = tuple[float, float]
ROUND = 0.5522847498
"""of a radius, how far a curve's own points are from its ends where it is a quarter of a circle"""


class Pen(Protocol):
    """Draws in points from the lower left corner of a figure, y upwards; inks are as in `words.style`."""

    def fill(self, ink: str) -> None:
        """Take the ink of what is filled or written next."""

    def stroke(self, ink: str) -> None:
        """Take the ink of lines."""

    def thick(self, points: float) -> None:
        """Take the width of lines."""

    def dash(self, *pattern: float) -> None:
        """Take the lengths of strokes and gaps; none: lines are whole."""

    def line(self, x: float, y: float, to_x: float, to_y: float) -> None:
        """Draw a straight line."""

    def rect(self, x: float, y: float, wide: float, tall: float, *, stroke: bool = False, fill: bool = False) -> None:
        """Draw a rectangle by its lower left corner."""

    def curves(
        self, start: Point, pieces: Sequence[Sequence[Point]], *, stroke: bool = False, fill: bool = False
    ) -> None:
        """Draw one line from a point on: straight to another, or to the third of three as a curve (Bézier's)."""

    def circle(self, x: float, y: float, radius: float, *, stroke: bool = False, fill: bool = False) -> None:
        """Draw a circle around a point."""
        r, bend = radius, radius * ROUND
        pieces = [
            [(x + r, y + bend), (x + bend, y + r), (x, y + r)],
            [(x - bend, y + r), (x - r, y + bend), (x - r, y)],
            [(x - r, y - bend), (x - bend, y - r), (x, y - r)],
            [(x + bend, y - r), (x + r, y - bend), (x + r, y)],
        ]
        self.curves((x + r, y), pieces, stroke=stroke, fill=fill)

    def rounded(
        self, x: float, y: float, wide: float, tall: float, radius: float, *, stroke: bool = False, fill: bool = False
    ) -> None:
        """Draw a rectangle with round corners by its lower left one."""
        r, bend, right, top = radius, radius * (1 - ROUND), x + wide, y + tall
        pieces = [
            [(right - r, y)],
            [(right - bend, y), (right, y + bend), (right, y + r)],
            [(right, top - r)],
            [(right, top - bend), (right - bend, top), (right - r, top)],
            [(x + r, top)],
            [(x + bend, top), (x, top - bend), (x, top - r)],
            [(x, y + r)],
            [(x, y + bend), (x + bend, y), (x + r, y)],
        ]
        self.curves((x + r, y), pieces, stroke=stroke, fill=fill)

    def path(
        self, lines: Sequence[Sequence[Point]], *, stroke: bool = False, fill: bool = False, close: bool = False
    ) -> None:
        """Draw lines through points, as one path; `close`: each ends where it begins."""

    def text(self, words: str, x: float, y: float, size: float, face: str, *, upwards: bool = False) -> None:
        """Write printable words from a point on."""


def write(
    pen: Pen,
    words: str,
    x: float,
    y: float,
    size: float,
    ink: str,
    *,
    right: bool = False,
    middle: bool = False,
    face: str = SANS,
) -> None:
    """Write words on a figure from `x`, up to it or around it; words around a place near an edge stay on the figure."""
    pen.fill(ink)
    if right or middle:
        long = width(words, face, size)
        x = x - long if right else max(0.0, min(x - long / 2, MEASURE - long))
    pen.text(words, x, y, size, face)


def hatch(pen: Pen, left: float, bottom: float, right: float, top: float, step: float = 3.2) -> None:
    """Fill a box with slanted lines: an area that reads without colour."""
    height = top - bottom
    if right - left < 0.2:
        return
    lines = []
    x = left - height
    while x < right:
        begin, end = max(x, left), min(x + height, right)
        if end > begin:
            lines.append([(begin, bottom + (begin - x)), (end, bottom + (end - x))])
        x += step
    pen.thick(0.5)
    pen.path(lines, stroke=True)


class Scaled(Pen):
    """Draws with another pen, in another scale and place: (0, 0) is at (`x`, `y`) there."""

    def __init__(self, pen: Pen, scale: float, x: float, y: float) -> None:
        self.pen, self.scale, self.x, self.y = pen, scale, x, y

    def _at(self, point: Point) -> Point:
        return self.x + point[0] * self.scale, self.y + point[1] * self.scale

    def fill(self, ink: str) -> None:
        self.pen.fill(ink)

    def stroke(self, ink: str) -> None:
        self.pen.stroke(ink)

    def thick(self, points: float) -> None:
        self.pen.thick(points * self.scale)

    def dash(self, *pattern: float) -> None:
        self.pen.dash(*(part * self.scale for part in pattern))

    def line(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self.pen.line(*self._at((x, y)), *self._at((to_x, to_y)))

    def rect(self, x: float, y: float, wide: float, tall: float, *, stroke: bool = False, fill: bool = False) -> None:
        self.pen.rect(*self._at((x, y)), wide * self.scale, tall * self.scale, stroke=stroke, fill=fill)

    def curves(
        self, start: Point, pieces: Sequence[Sequence[Point]], *, stroke: bool = False, fill: bool = False
    ) -> None:
        self.pen.curves(self._at(start), [list(map(self._at, piece)) for piece in pieces], stroke=stroke, fill=fill)

    def path(
        self, lines: Sequence[Sequence[Point]], *, stroke: bool = False, fill: bool = False, close: bool = False
    ) -> None:
        self.pen.path([list(map(self._at, line)) for line in lines], stroke=stroke, fill=fill, close=close)

    def text(self, words: str, x: float, y: float, size: float, face: str, *, upwards: bool = False) -> None:
        self.pen.text(words, *self._at((x, y)), size * self.scale, face, upwards=upwards)


@dataclass
class Record(Pen):
    """A pen that keeps what it draws, as `reading.content` reads it from a page.

    Texts and shapes are in the figure's own coordinates; a shape's `placed` is the number of texts before it.
    """

    texts: list[Run] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    _fill: str = INK
    _stroke: str = INK
    _thick: float = 1.0

    def fill(self, ink: str) -> None:
        self._fill = ink

    def stroke(self, ink: str) -> None:
        self._stroke = ink

    def thick(self, points: float) -> None:
        self._thick = points

    def dash(self, *pattern: float) -> None:
        """A page's dashes are not read: they decide nothing that is told."""

    def line(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self._draw([[(x, y), (to_x, to_y)]], stroke=True, fill=False)

    def rect(self, x: float, y: float, wide: float, tall: float, *, stroke: bool = False, fill: bool = False) -> None:
        corners = [(x, y), (x + wide, y), (x + wide, y + tall), (x, y + tall), (x, y)]
        self._draw(list(pairwise(corners)), stroke, fill)

    def curves(
        self, start: Point, pieces: Sequence[Sequence[Point]], *, stroke: bool = False, fill: bool = False
    ) -> None:
        starts = [start, *(piece[-1] for piece in pieces)]
        self._draw([[at, *piece] for at, piece in zip(starts, pieces, strict=False)], stroke, fill)

    def path(
        self, lines: Sequence[Sequence[Point]], *, stroke: bool = False, fill: bool = False, close: bool = False
    ) -> None:
        whole = [[*line, line[0]] if close else line for line in lines]
        self._draw([pair for line in whole for pair in pairwise(line)], stroke, fill)

    def text(self, words: str, x: float, y: float, size: float, face: str, *, upwards: bool = False) -> None:
        if not words:
            return
        begins = pieces(words, face)[0][0]
        long, rise = width(words, face, size), height(begins) * size
        ends = (x - rise, y, x, y + long) if upwards else (x, y, x + long, y + rise)
        self.texts.append(Run(words, *ends, size, begins, self._fill, None, 0))

    def _draw(self, pieces: Sequence[Sequence[Point]], stroke: bool, fill: bool) -> None:
        placed = len(self.texts)
        if fill and pieces:
            points = [point for piece in pieces for point in piece]
            self.shapes.append(Shape(_around(points), True, False, self._fill, None, placed, points))
        edge = self._thick / 2
        for piece in pieces if stroke else ():
            left, low, right, high = _around(piece)
            box = (left - edge, low - edge, right + edge, high + edge)
            self.shapes.append(Shape(box, False, False, self._stroke, None, placed, piece))


def _around(points: Sequence[Point]) -> tuple[float, float, float, float]:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)
