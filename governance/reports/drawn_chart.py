"""A chart on the page: one figure with its alternative text, split between rows where a page is full."""

from collections.abc import Sequence

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable

from governance.proof.charts.drawn import Chart, picture
from governance.proof.charts.pen import Pen, Point
from governance.proof.charts.picture import Picture, RowPicture
from governance.reports import style
from governance.reports.tags import Element, TaggedCanvas


class Drawn(Flowable):
    """One figure below a tag."""

    def __init__(self, picture: Picture, tag: Element) -> None:
        super().__init__()
        self.picture, self.parent = picture, tag
        self.height = picture.height
        self.spaceAfter = 10.0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return style.MEASURE, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        whole = self.picture
        if not isinstance(whole, RowPicture):
            return []
        fits = int((available_height - whole.head - whole.foot) // whole.pitch)
        parts = (whole.rows[:fits], whole.rows[fits:]) if fits > 0 else ()
        return [Drawn(whole.of(part), self.parent) for part in parts if part]

    def draw(self) -> None:
        canvas: TaggedCanvas = self.canv
        with canvas.marked(self.parent.child("Figure", alt=self.picture.told())):
            self.picture.paint(CanvasPen(canvas))


def drawn(chart: Chart, tag: Element) -> Drawn:
    """Return a chart as a figure whose alternative text says all it shows."""
    return Drawn(picture(chart), tag)


class CanvasPen(Pen):
    """Draws on a page; see `proof.charts.pen.Pen`."""

    def __init__(self, canvas: TaggedCanvas) -> None:
        self.canvas = canvas

    def fill(self, ink: str) -> None:
        self.canvas.setFillColor(HexColor(ink))

    def stroke(self, ink: str) -> None:
        self.canvas.setStrokeColor(HexColor(ink))

    def thick(self, points: float) -> None:
        self.canvas.setLineWidth(points)

    def dash(self, *pattern: float) -> None:
        self.canvas.setDash(list(pattern))

    def line(self, x: float, y: float, to_x: float, to_y: float) -> None:
        self.canvas.line(x, y, to_x, to_y)

    def rect(self, x: float, y: float, wide: float, tall: float, *, stroke: bool = False, fill: bool = False) -> None:
        self.canvas.rect(x, y, wide, tall, stroke=int(stroke), fill=int(fill))

    def curves(
        self, start: Point, pieces: Sequence[Sequence[Point]], *, stroke: bool = False, fill: bool = False
    ) -> None:
        made = self.canvas.beginPath()
        made.moveTo(*start)
        for piece in pieces:
            ends = [place for point in piece for place in point]
            if len(piece) == 1:
                made.lineTo(*ends)
            else:
                made.curveTo(*ends)
        self.canvas.drawPath(made, stroke=int(stroke), fill=int(fill))

    def path(
        self, lines: Sequence[Sequence[Point]], *, stroke: bool = False, fill: bool = False, close: bool = False
    ) -> None:
        made = self.canvas.beginPath()
        for first, *others in lines:
            made.moveTo(*first)
            for point in others:
                made.lineTo(*point)
            if close:
                made.close()
        if lines:
            self.canvas.drawPath(made, stroke=int(stroke), fill=int(fill))

    def text(self, words: str, x: float, y: float, size: float, face: str, *, upwards: bool = False) -> None:
        self.canvas.setFont(face, size)
        if not upwards:
            self.canvas.drawString(x, y, words)
            return
        self.canvas.saveState()
        self.canvas.translate(x, y)
        self.canvas.rotate(90)
        self.canvas.drawString(0, 0, words)
        self.canvas.restoreState()
