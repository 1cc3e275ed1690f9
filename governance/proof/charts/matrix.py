"""A confusion matrix drawn: the darker a square, the more of its row; what is right is framed, every count printed."""

from governance.proof.charts.figures import MatrixChart
from governance.proof.charts.lettering import clip, printable, width
from governance.proof.charts.pen import Pen, write
from governance.proof.reading.layout import contrast
from governance.proof.words.style import BLUE, GREY, HAIR, INK, MEASURE, SANS, WHITE

LABELS = 104.0
TOTALS = 34.0
NOTES = 40.0
LARGEST = 26.0
SMALLEST = 12.0
"""the smallest square whose count can still be read, in points"""
NAMES = 74.0
"""the most room for the names across, which stand upright"""


class Matrix:
    """The matrix as one figure; its alternative text gives every count."""

    def __init__(self, chart: MatrixChart) -> None:
        self.chart = chart
        room = MEASURE - LABELS - TOTALS - (NOTES if chart.notes else 0.0) - 8
        self.cell = min(LARGEST, room / max(len(chart.answers), 1))
        longest = max((width(_plain(name), SANS, 7.4) for name in chart.answers), default=0.0)
        self.top = min(NAMES, longest) + 8.0
        self.height = self.top + self.cell * len(chart.labels) + 16.0

    def told(self) -> str:
        """Return the matrix in words."""
        return self.chart.told()

    def paint(self, pen: Pen) -> None:
        """Draw it."""
        self._heads(pen)
        for index in range(len(self.chart.labels)):
            self._row(pen, index)
        self._frames(pen)
        written = "Darker: more of the row. Framed: right. A square without a figure is 0."
        write(pen, written, LABELS, 2.0, 7.4, GREY)

    def _heads(self, pen: Pen) -> None:
        base = self.height - self.top + 4
        for place, name in enumerate(self.chart.answers):
            pen.fill(INK)
            x = LABELS + self.cell * (place + 0.5) + 2.6
            pen.text(clip(_plain(name), SANS, 7.4, NAMES), x, base, 7.4, SANS, upwards=True)
        edge = LABELS + self.cell * len(self.chart.answers) + TOTALS
        write(pen, "cases", edge, base, 7.4, GREY, right=True)
        if self.chart.notes:
            write(pen, self.chart.noted, edge + NOTES, base, 7.4, GREY, right=True)

    def _row(self, pen: Pen, index: int) -> None:
        chart, cell = self.chart, self.cell
        counts, label, total = chart.counts[index], chart.labels[index], sum(chart.counts[index])
        bottom = self.height - self.top - cell * (index + 1)
        base = bottom + cell / 2 - 2.6
        name = clip(_plain(label), SANS, 8.0, LABELS - 10)
        write(pen, name, LABELS - 6, base, 8.0, INK, right=True)
        for place, count in enumerate(counts):
            share = count / total if total else 0.0
            x = LABELS + cell * place
            pen.fill(shade(share))
            pen.stroke(HAIR)
            pen.thick(0.5)
            pen.rect(x, bottom, cell, cell, stroke=True, fill=True)
            if count:
                shown = str(count)
                size = min(7.6, (cell - 2) / width(shown, SANS, 1))
                write(pen, shown, x + cell / 2, base, size, ink_on(shade(share)), middle=True)
        edge = LABELS + cell * len(chart.answers) + TOTALS
        write(pen, str(total), edge, base, 8.0, GREY, right=True)
        if chart.notes:
            write(pen, chart.notes[index], edge + NOTES, base, 8.0, INK, right=True)

    def _frames(self, pen: Pen) -> None:
        """Frame what is right, over the squares beside it."""
        pen.stroke(INK)
        pen.thick(1.3)
        for index, label in enumerate(self.chart.labels):
            for place, answer in enumerate(self.chart.answers):
                if answer == label:
                    x, bottom = LABELS + self.cell * place, self.height - self.top - self.cell * (index + 1)
                    pen.rect(x, bottom, self.cell, self.cell, stroke=True)


def shade(share: float) -> str:
    """White for nothing of a row, the report's blue for all of it."""
    full = (int(BLUE[place : place + 2], 16) for place in (1, 3, 5))
    return "#{:02X}{:02X}{:02X}".format(*(round(255 - (255 - part) * share) for part in full))


def ink_on(ground: str) -> str:
    """Return the ink that reads best on a ground: white or the report's black, by contrast (WCAG 2.2)."""
    return WHITE if contrast(WHITE, ground) > contrast(INK, ground) else INK


def _plain(text: str) -> str:
    return printable(text, SANS)
