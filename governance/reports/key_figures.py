"""What matters most, in large type, side by side: text in a row, not a drawing."""

from reportlab.platypus import Flowable

from governance.proof.charts import marks
from governance.proof.sections.blocks import KeyFigure, KeyFigures
from governance.reports import fonts, style
from governance.reports.drawn_chart import CanvasPen
from governance.reports.tags import Element, TaggedCanvas

LARGE = 17.0
LEAST = 9.0
GAP = 14.0
LINE = 10.4
PAD = 9.0


class Panel(Flowable):
    """The figures as a list; a value too long for its room is set smaller, then over several lines."""

    def __init__(self, found: KeyFigures, tag: Element) -> None:
        super().__init__()
        self.items, self.list = found.items, tag.child("L")
        self.room = (style.MEASURE - GAP * (len(self.items) - 1)) / max(len(self.items), 1)
        self.values = [self._value(item) for item in self.items]
        self.notes = [_broken(item.note, self.room) if item.note else [] for item in self.items]
        self.labels = [_broken(item.label, self.room) for item in self.items]
        below = max((len(a) + len(b) for a, b in zip(self.labels, self.notes, strict=True)), default=0)
        self.tall = max((size * 1.15 * len(lines) for size, lines in self.values), default=0.0)
        self.height = 2 * PAD + self.tall + 3 + LINE * below
        self.spaceBefore, self.spaceAfter = 4.0, 12.0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return style.MEASURE, self.height

    def draw(self) -> None:
        canvas: TaggedCanvas = self.canv
        with canvas.marked(None):
            canvas.setFillColor(style.PALE)
            canvas.rect(-8, 0, style.MEASURE + 16, self.height, stroke=0, fill=1)
        for index, item in enumerate(self.items):
            with canvas.marked(self.list.child("LI").child("LBody")):
                self._item(canvas, index, item, (self.room + GAP) * index)

    def _item(self, canvas: TaggedCanvas, index: int, item: KeyFigure, x: float) -> None:
        size, lines = self.values[index]
        y = self.height - PAD - size * 0.9
        shift = 0.0
        if item.verdict:
            marks.verdict(CanvasPen(canvas), item.value, x + size * 0.36, y + size * 0.33, size * 0.34)
            shift = size * 0.95
        canvas.setFillColor(style.BLUE)
        canvas.setFont(fonts.SERIF_BOLD, size)
        for line in lines:
            canvas.drawString(x + shift, y, line)
            y -= size * 1.15
        y = self.height - PAD - self.tall - 9
        for line, ink, face in (
            *((line, style.INK, fonts.SANS_BOLD) for line in self.labels[index]),
            *((line, style.GREY, fonts.SANS) for line in self.notes[index]),
        ):
            canvas.setFillColor(ink)
            canvas.setFont(face, 8.0)
            canvas.drawString(x, y, line)
            y -= LINE

    def _value(self, item: KeyFigure) -> tuple[float, list[str]]:
        words, size = fonts.printable(item.value, fonts.SERIF_BOLD), LARGE
        room = self.room - (LARGE if item.verdict else 0.0)
        while size > LEAST and fonts.width(words, fonts.SERIF_BOLD, size) > room:
            size -= 1.0
        return size, fonts.wrap(words, fonts.SERIF_BOLD, size, room)


def _broken(text: str, room: float) -> list[str]:
    return fonts.wrap(fonts.printable(text, fonts.SANS_BOLD), fonts.SANS_BOLD, 8.0, room)
