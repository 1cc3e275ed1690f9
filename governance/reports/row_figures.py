"""What charts made of rows have in common: one figure with its alternative text, split between rows on a full page."""

from collections.abc import Sequence
from typing import Any, Self

from reportlab.platypus import Flowable

from governance.reports import fonts, style
from governance.reports.tags import Element, TaggedCanvas


class RowFigure(Flowable):
    """Rows of one height between a head and a foot, in points."""

    pitch = 27.0
    head = 20.0
    foot = 20.0

    def __init__(self, rows: Sequence[Any], tag: Element) -> None:
        super().__init__()
        self.rows, self.parent = rows, tag
        self.height = self.head + self.pitch * len(rows) + self.foot
        self.spaceAfter = 10.0

    def of(self, rows: Sequence[Any]) -> Self:
        """Return the same figure of some of its rows."""
        raise NotImplementedError

    def told(self) -> str:
        """Return in words what the figure shows."""
        raise NotImplementedError

    def paint(self, canvas: TaggedCanvas) -> None:
        """Draw it, from (0, 0) to the measure and the figure's height."""
        raise NotImplementedError

    def middle(self, index: int) -> float:
        """Return the height of a row's middle."""
        return float(self.height) - self.head - self.pitch * (index + 0.5)

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return style.MEASURE, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        fits = int((available_height - self.head - self.foot) // self.pitch)
        if fits < 1:
            return []
        return [self.of(part) for part in (self.rows[:fits], self.rows[fits:]) if part]

    def draw(self) -> None:
        canvas: TaggedCanvas = self.canv
        with canvas.marked(self.parent.child("Figure", alt=self.told())):
            self.paint(canvas)


def write(
    canvas: TaggedCanvas,
    words: str,
    x: float,
    y: float,
    size: float,
    ink: object,
    *,
    right: bool = False,
    middle: bool = False,
    face: str = fonts.SANS,
) -> None:
    """Write words on a figure from `x`, up to it or around it."""
    canvas.setFillColor(ink)
    canvas.setFont(face, size)
    put = canvas.drawRightString if right else canvas.drawCentredString if middle else canvas.drawString
    put(x, y, words)


def label(canvas: TaggedCanvas, words: str, y: float, room: float, *, note: str = "", lines: int = 2) -> None:
    """Write what a row is called around `y`, in `lines` at most, with a smaller note below."""
    told = fonts.wrap(fonts.printable(words, fonts.SANS), fonts.SANS, 8.4, room)
    if note:
        lines = 1
    if len(told) > lines:
        told = [*told[: lines - 1], fonts.clip(" ".join(told[lines - 1 :]), fonts.SANS, 8.4, room)]
    top = y - 3 + (len(told) - 1 + bool(note)) * 5
    for index, line in enumerate(told):
        write(canvas, line, 0, top - index * 10, 8.4, style.INK)
    if note:
        small = fonts.clip(fonts.printable(note, fonts.SANS), fonts.SANS, 7.4, room)
        write(canvas, small, 0, top - len(told) * 10 + 0.6, 7.4, style.GREY)


def rule(canvas: TaggedCanvas, y: float) -> None:
    """Draw the hairline below a row."""
    canvas.setStrokeColor(style.HAIR)
    canvas.setLineWidth(0.5)
    canvas.line(0, y, style.MEASURE, y)


def hatch(canvas: TaggedCanvas, left: float, bottom: float, right: float, top: float, step: float = 3.2) -> None:
    """Fill a box with slanted lines: an area that reads without colour."""
    height = top - bottom
    if right - left < 0.2:
        return
    path = canvas.beginPath()
    x = left - height
    while x < right:
        begin, end = max(x, left), min(x + height, right)
        if end > begin:
            path.moveTo(begin, bottom + (begin - x))
            path.lineTo(end, bottom + (end - x))
        x += step
    canvas.setLineWidth(0.5)
    canvas.drawPath(path, stroke=1, fill=0)
