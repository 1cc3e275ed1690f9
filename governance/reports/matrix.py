"""A confusion matrix drawn: the darker a square, the more of its row; what is right is framed, every count printed."""

from reportlab.lib.colors import Color, white
from reportlab.platypus import Flowable

from governance.proof import page_style
from governance.proof.page_layout import contrast
from governance.reports import fonts, style
from governance.reports.figures import MatrixChart
from governance.reports.row_figures import write
from governance.reports.tags import Element, TaggedCanvas

LABELS = 104.0
TOTALS = 34.0
NOTES = 40.0
LARGEST = 26.0
SMALLEST = 12.0
"""the smallest square whose count can still be read, in points"""
NAMES = 74.0
"""the most room for the names across, which stand upright"""


class Matrix(Flowable):
    """The matrix as one figure; its alternative text gives every count."""

    def __init__(self, chart: MatrixChart, tag: Element) -> None:
        super().__init__()
        self.chart, self.parent = chart, tag
        room = style.MEASURE - LABELS - TOTALS - (NOTES if chart.notes else 0.0) - 8
        self.cell = min(LARGEST, room / max(len(chart.answers), 1))
        longest = max((fonts.width(_plain(name), fonts.SANS, 7.4) for name in chart.answers), default=0.0)
        self.top = min(NAMES, longest) + 8.0
        self.height = self.top + self.cell * len(chart.labels) + 16.0
        self.spaceAfter = 10.0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return style.MEASURE, self.height

    def draw(self) -> None:
        canvas: TaggedCanvas = self.canv
        with canvas.marked(self.parent.child("Figure", alt=self.chart.told())):
            self._heads(canvas)
            for index in range(len(self.chart.labels)):
                self._row(canvas, index)
            self._frames(canvas)
            written = "Darker: more of the row. Framed: right. A square without a figure is 0."
            write(canvas, written, LABELS, 2.0, 7.4, style.GREY)

    def _heads(self, canvas: TaggedCanvas) -> None:
        base = self.height - self.top + 4
        for place, name in enumerate(self.chart.answers):
            canvas.saveState()
            canvas.translate(LABELS + self.cell * (place + 0.5) + 2.6, base)
            canvas.rotate(90)
            write(canvas, fonts.clip(_plain(name), fonts.SANS, 7.4, NAMES), 0, 0, 7.4, style.INK)
            canvas.restoreState()
        edge = LABELS + self.cell * len(self.chart.answers) + TOTALS
        write(canvas, "cases", edge, base, 7.4, style.GREY, right=True)
        if self.chart.notes:
            write(canvas, self.chart.noted, edge + NOTES, base, 7.4, style.GREY, right=True)

    def _row(self, canvas: TaggedCanvas, index: int) -> None:
        chart, cell = self.chart, self.cell
        counts, label, total = chart.counts[index], chart.labels[index], sum(chart.counts[index])
        bottom = self.height - self.top - cell * (index + 1)
        base = bottom + cell / 2 - 2.6
        name = fonts.clip(_plain(label), fonts.SANS, 8.0, LABELS - 10)
        write(canvas, name, LABELS - 6, base, 8.0, style.INK, right=True)
        for place, count in enumerate(counts):
            share = count / total if total else 0.0
            x = LABELS + cell * place
            canvas.setFillColor(shade(share))
            canvas.setStrokeColor(style.HAIR)
            canvas.setLineWidth(0.5)
            canvas.rect(x, bottom, cell, cell, stroke=1, fill=1)
            if count:
                shown = str(count)
                size = min(7.6, (cell - 2) / fonts.width(shown, fonts.SANS, 1))
                write(canvas, shown, x + cell / 2, base, size, ink_on(shade(share)), middle=True)
        edge = LABELS + cell * len(chart.answers) + TOTALS
        write(canvas, str(total), edge, base, 8.0, style.GREY, right=True)
        if chart.notes:
            write(canvas, chart.notes[index], edge + NOTES, base, 8.0, style.INK, right=True)

    def _frames(self, canvas: TaggedCanvas) -> None:
        """Frame what is right, over the squares beside it."""
        canvas.setStrokeColor(style.INK)
        canvas.setLineWidth(1.3)
        for index, label in enumerate(self.chart.labels):
            for place, answer in enumerate(self.chart.answers):
                if answer == label:
                    x, bottom = LABELS + self.cell * place, self.height - self.top - self.cell * (index + 1)
                    canvas.rect(x, bottom, self.cell, self.cell, stroke=1, fill=0)


def shade(share: float) -> Color:
    """White for nothing of a row, the report's blue for all of it."""
    mixed = [1 - (1 - full) * share for full in (style.BLUE.red, style.BLUE.green, style.BLUE.blue)]
    return Color(*mixed)


def ink_on(ground: Color) -> Color:
    """Return the ink that reads best on a ground: white or the report's black, by contrast (WCAG 2.2)."""
    behind = f"#{ground.hexval()[2:].upper()}"
    return white if contrast(page_style.WHITE, behind) > contrast(page_style.INK, behind) else style.INK


def _plain(text: str) -> str:
    return fonts.printable(text, fonts.SANS)
