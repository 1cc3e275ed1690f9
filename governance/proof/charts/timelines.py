"""Rows of days on one scale: what was announced, what ends, by when to begin; shapes tell them apart in grey print."""

from collections.abc import Sequence
from datetime import date

from governance.proof.charts.days import SHAPES, Day, Days, TimelineChart, TimeRow, called, share, ticks
from governance.proof.charts.lettering import clip, printable, width
from governance.proof.charts.pen import Pen, write
from governance.proof.charts.picture import RowPicture, rule
from governance.proof.words.style import BLUE, GREY, HAIR, INK, MEASURE, SANS, SANS_BOLD, WHITE

LABELS = 150.0
SIZE = 3.2


class Timeline(RowPicture):
    """One chart as a figure whose alternative text gives every date; split between rows when a page is full."""

    pitch = 30.0
    head = 18.0
    foot = 30.0

    def __init__(self, chart: TimelineChart, span: tuple[date, date] | None = None) -> None:
        super().__init__(chart)
        self.span = span or chart.span()

    def of(self, rows: Sequence[TimeRow]) -> "Timeline":
        chart = self.chart
        return Timeline(TimelineChart(chart.caption, tuple(rows), chart.today, chart.key), self.span)

    def paint(self, pen: Pen) -> None:
        self._scale(pen)
        for index, row in enumerate(self.chart.rows):
            self._row(pen, row, self.middle(index))
        self._key(pen)

    def _at(self, day: date) -> float:
        return LABELS + (MEASURE - LABELS) * share(day, self.span)

    def _scale(self, pen: Pen) -> None:
        top, bottom = self.height - self.head, self.foot
        pen.thick(0.5)
        marked = ticks(*self.span)
        for number, day in enumerate(marked):
            x = self._at(day)
            pen.stroke(HAIR)
            pen.line(x, bottom, x, top)
            write(pen, called(day, first=not number), x, top + 5, 7.4, GREY, middle=True)
        x = self._at(self.chart.today)
        pen.stroke(INK)
        pen.thick(1.1)
        pen.line(x, bottom - 2, x, top)
        write(pen, "today", x, bottom - 9, 7.4, INK, middle=True)

    def _row(self, pen: Pen, row: TimeRow, y: float) -> None:
        label = clip(printable(row.label, SANS_BOLD), SANS_BOLD, 8.4, LABELS - 14)
        note = clip(printable(row.note, SANS), SANS, 7.4, LABELS - 14)
        write(pen, label, 0, y + 2, 8.4, INK, face=SANS_BOLD)
        write(pen, note, 0, y - 8, 7.4, GREY)
        rule(pen, y - self.pitch / 2)
        if not row.days and not row.bars:
            self._beside_today(pen, "no date is known", y - 2.5)
        for bar in row.bars:
            self._bar(pen, bar, y)
        for day in row.days:
            _mark(pen, day, self._at(day.on), y)

    def _beside_today(self, pen: Pen, words: str, y: float) -> None:
        """Write on the side of today's line where there is room."""
        x = self._at(self.chart.today)
        before = x + 4 + width(words, SANS, 7.4) > MEASURE
        write(pen, words, x - 4 if before else x + 4, y, 7.4, GREY, right=before)

    def _bar(self, pen: Pen, bar: Days, y: float) -> None:
        pen.stroke(BLUE)
        pen.thick(3.4)
        pen.dash(*((2, 1.6) if bar.open else ()))
        pen.line(self._at(bar.start), y, self._at(bar.end), y)
        pen.dash()

    def _key(self, pen: Pen) -> None:
        y, x = 2.0, 0.0
        today = self.chart.today
        for shape, words in zip(SHAPES, self.chart.key, strict=False):
            _mark(pen, Day(today, shape, words), x + 4, y + 2.6)
            write(pen, words, x + 11, y, 7.4, GREY)
            x += 11 + width(words, SANS, 7.4) + 14
        pen.stroke(BLUE)
        pen.thick(3.4)
        pen.line(x, y + 2.6, x + 12, y + 2.6)
        write(pen, self.chart.key[-1], x + 16, y, 7.4, GREY)


def _mark(pen: Pen, day: Day, x: float, y: float) -> None:
    pen.stroke(INK)
    pen.thick(0.9)
    pen.fill(WHITE if day.shape == "told" else INK)
    if day.shape == "by":
        corners = [(x, y + SIZE + 0.6), (x - SIZE - 0.4, y - SIZE), (x + SIZE + 0.4, y - SIZE)]
        pen.path([corners], fill=True, close=True)
    elif day.shape == "said":
        pen.circle(x, y, SIZE / 2, fill=True)
    elif day.shape == "ends":
        pen.rect(x - SIZE, y - SIZE, 2 * SIZE, 2 * SIZE, fill=True)
    else:
        pen.circle(x, y, SIZE, stroke=True, fill=True)
