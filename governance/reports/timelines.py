"""Rows of days on one scale: what was announced, what ends, by when to begin; shapes tell them apart in grey print."""

from collections.abc import Sequence
from datetime import date

from governance.reports import fonts, row_figures, style
from governance.reports.days import SHAPES, Day, Days, TimelineChart, TimeRow, called, share, ticks
from governance.reports.row_figures import RowFigure, write
from governance.reports.tags import Element, TaggedCanvas

LABELS = 150.0
SIZE = 3.2


class Timeline(RowFigure):
    """One chart as a figure whose alternative text gives every date; split between rows when a page is full."""

    pitch = 30.0
    head = 18.0
    foot = 30.0

    def __init__(self, chart: TimelineChart, tag: Element, span: tuple[date, date] | None = None) -> None:
        super().__init__(chart.rows, tag)
        self.chart = chart
        self.span = span or chart.span()

    def of(self, rows: Sequence[TimeRow]) -> "Timeline":
        chart = self.chart
        return Timeline(TimelineChart(chart.caption, tuple(rows), chart.today, chart.key), self.parent, self.span)

    def told(self) -> str:
        return self.chart.told()

    def paint(self, canvas: TaggedCanvas) -> None:
        self._scale(canvas)
        for index, row in enumerate(self.chart.rows):
            self._row(canvas, row, self.middle(index))
        self._key(canvas)

    def _at(self, day: date) -> float:
        return LABELS + (style.MEASURE - LABELS) * share(day, self.span)

    def _scale(self, canvas: TaggedCanvas) -> None:
        top, bottom = self.height - self.head, self.foot
        canvas.setLineWidth(0.5)
        marked = ticks(*self.span)
        for number, day in enumerate(marked):
            x = self._at(day)
            canvas.setStrokeColor(style.HAIR)
            canvas.line(x, bottom, x, top)
            write(canvas, called(day, first=not number), x, top + 5, 7.4, style.GREY, middle=True)
        x = self._at(self.chart.today)
        canvas.setStrokeColor(style.INK)
        canvas.setLineWidth(1.1)
        canvas.line(x, bottom - 2, x, top)
        write(canvas, "today", x, bottom - 9, 7.4, style.INK, middle=True)

    def _row(self, canvas: TaggedCanvas, row: TimeRow, y: float) -> None:
        label = fonts.clip(fonts.printable(row.label, fonts.SANS_BOLD), fonts.SANS_BOLD, 8.4, LABELS - 14)
        note = fonts.clip(fonts.printable(row.note, fonts.SANS), fonts.SANS, 7.4, LABELS - 14)
        canvas.setFillColor(style.INK)
        canvas.setFont(fonts.SANS_BOLD, 8.4)
        canvas.drawString(0, y + 2, label)
        write(canvas, note, 0, y - 8, 7.4, style.GREY)
        row_figures.rule(canvas, y - self.pitch / 2)
        if not row.days and not row.bars:
            write(canvas, "no date is known", LABELS + 4, y - 2.5, 7.4, style.GREY)
        for bar in row.bars:
            self._bar(canvas, bar, y)
        for day in row.days:
            _mark(canvas, day, self._at(day.on), y)

    def _bar(self, canvas: TaggedCanvas, bar: Days, y: float) -> None:
        canvas.setStrokeColor(style.BLUE)
        canvas.setLineWidth(3.4)
        canvas.setDash([2, 1.6] if bar.open else [])
        canvas.line(self._at(bar.start), y, self._at(bar.end), y)
        canvas.setDash()

    def _key(self, canvas: TaggedCanvas) -> None:
        y, x = 2.0, 0.0
        today = self.chart.today
        for shape, words in zip(SHAPES, self.chart.key, strict=False):
            _mark(canvas, Day(today, shape, words), x + 4, y + 2.6)
            write(canvas, words, x + 11, y, 7.4, style.GREY)
            x += 11 + fonts.width(words, fonts.SANS, 7.4) + 14
        canvas.setStrokeColor(style.BLUE)
        canvas.setLineWidth(3.4)
        canvas.line(x, y + 2.6, x + 12, y + 2.6)
        write(canvas, self.chart.key[-1], x + 16, y, 7.4, style.GREY)


def _mark(canvas: TaggedCanvas, day: Day, x: float, y: float) -> None:
    canvas.setStrokeColor(style.INK)
    canvas.setLineWidth(0.9)
    canvas.setFillColor("white" if day.shape == "told" else style.INK)
    if day.shape == "by":
        path = canvas.beginPath()
        path.moveTo(x, y + SIZE + 0.6)
        path.lineTo(x - SIZE - 0.4, y - SIZE)
        path.lineTo(x + SIZE + 0.4, y - SIZE)
        path.close()
        canvas.drawPath(path, stroke=0, fill=1)
    elif day.shape == "said":
        canvas.circle(x, y, SIZE / 2, stroke=0, fill=1)
    elif day.shape == "ends":
        canvas.rect(x - SIZE, y - SIZE, 2 * SIZE, 2 * SIZE, stroke=0, fill=1)
    else:
        canvas.circle(x, y, SIZE, stroke=1, fill=1)
