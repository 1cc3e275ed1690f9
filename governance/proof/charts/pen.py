"""What charts are drawn with. The typesetter's pen writes to a page; the verifier's keeps what should be on one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

from governance.proof.charts.lettering import width
from governance.proof.page_content import Run, Shape
from governance.proof.page_style import INK, SANS

Point = tuple[float, float]


class Pen(Protocol):
    """Draws in points from the lower left corner of a figure, y upwards; inks are as in `page_style`."""

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

    def circle(self, x: float, y: float, radius: float, *, stroke: bool = False, fill: bool = False) -> None:
        """Draw a circle around a point."""

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
    """Write words on a figure from `x`, up to it or around it."""
    pen.fill(ink)
    if right or middle:
        x -= width(words, face, size) * (1.0 if right else 0.5)
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


@dataclass
class Record:
    """A pen that keeps what it draws, as `page_content` reads it from a page.

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

    def circle(self, x: float, y: float, radius: float, *, stroke: bool = False, fill: bool = False) -> None:
        # In quarters, as curves are written: what is left of the middle, or below it, follows its sign.
        quarters = [[(x, y), (x + a * radius, y + b * radius)] for a, b in ((1, 1), (-1, 1), (-1, -1), (1, -1))]
        self._draw(quarters, stroke, fill)

    def path(
        self, lines: Sequence[Sequence[Point]], *, stroke: bool = False, fill: bool = False, close: bool = False
    ) -> None:
        whole = [[*line, line[0]] if close else line for line in lines]
        self._draw([pair for line in whole for pair in pairwise(line)], stroke, fill)

    def text(self, words: str, x: float, y: float, size: float, face: str, *, upwards: bool = False) -> None:
        if not words:
            return
        long, half = width(words, face, size), size / 2
        ends = (x - half, y, x, y + long) if upwards else (x, y, x + long, y + half)
        self.texts.append(Run(words, *ends, size, face, self._fill, None, 0))

    def _draw(self, pieces: Sequence[Sequence[Point]], stroke: bool, fill: bool) -> None:
        boxes = [_around(piece) for piece in pieces]
        if fill and boxes:
            self.shapes.append(Shape(_whole(boxes), True, False, self._fill, None, len(self.texts)))
        edge = self._thick / 2
        for left, low, right, high in boxes if stroke else ():
            box = (left - edge, low - edge, right + edge, high + edge)
            self.shapes.append(Shape(box, False, False, self._stroke, None, len(self.texts)))


def _around(points: Sequence[Point]) -> tuple[float, float, float, float]:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _whole(boxes: Sequence[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    left, low, right, high = zip(*boxes, strict=True)
    return min(left), min(low), max(right), max(high)
