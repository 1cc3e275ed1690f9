"""Baseline beside tuned, with interval bars: open circles and full squares, so that grey print tells them apart."""

from decimal import Decimal

from reportlab.platypus import Flowable

from governance.reports import fonts, style, words
from governance.reports.model import ChartRow, Interval, IntervalChart
from governance.reports.tags import Element, TaggedCanvas

PITCH = 27.0
HEAD = 20.0
FOOT = 20.0
LABELS = 122.0
FIGURES = 128.0


class Intervals(Flowable):
    """One chart as a figure whose alternative text gives every number; split between rows when a page is full."""

    def __init__(self, chart: IntervalChart, tag: Element) -> None:
        super().__init__()
        self.chart, self.parent = chart, tag
        self.height = HEAD + PITCH * len(chart.rows) + FOOT
        self.spaceAfter = 10.0

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        return style.MEASURE, self.height

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        fits = int((available_height - HEAD - FOOT) // PITCH)
        if fits < 1:
            return []
        rows = self.chart.rows
        return [
            Intervals(IntervalChart(self.chart.caption, part, self.chart.names), self.parent)
            for part in (rows[:fits], rows[fits:])
            if part
        ]

    def draw(self) -> None:
        canvas: TaggedCanvas = self.canv
        left, right = LABELS, style.MEASURE - FIGURES
        with canvas.marked(self.parent.child("Figure", alt=alternative(self.chart))):
            self._scale(canvas, left, right)
            for index, row in enumerate(self.chart.rows):
                self._row(canvas, row, self.height - HEAD - PITCH * (index + 0.5), left, right)
            self._key(canvas, left)

    def _scale(self, canvas: TaggedCanvas, left: float, right: float) -> None:
        top, bottom = self.height - HEAD, FOOT
        canvas.setLineWidth(0.5)
        for tenth in (0, 25, 50, 75, 100):
            x = left + (right - left) * tenth / 100
            canvas.setStrokeColor(style.RULE if tenth in (0, 100) else style.HAIR)
            canvas.line(x, bottom, x, top)
            _text(canvas, f"{tenth} %", x, top + 5, 7.4, style.GREY, middle=True)
        one, other = self.chart.names
        _text(canvas, one, style.MEASURE - 66, top + 5, 7.4, style.GREY, right=True)
        _text(canvas, other, style.MEASURE, top + 5, 7.4, style.GREY, right=True)

    def _row(self, canvas: TaggedCanvas, row: ChartRow, y: float, left: float, right: float) -> None:
        label = fonts.wrap(fonts.printable(row.label, fonts.SANS), fonts.SANS, 8.4, LABELS - 14)
        if len(label) > 2:
            label = [label[0], fonts.clip(" ".join(label[1:]), fonts.SANS, 8.4, LABELS - 14)]
        for index, line in enumerate(label):
            _text(canvas, line, 0, y - 3 + (len(label) - 1) * 5 - index * 10, 8.4, style.INK)
        canvas.setStrokeColor(style.HAIR)
        canvas.setLineWidth(0.5)
        canvas.line(0, y - PITCH / 2, style.MEASURE, y - PITCH / 2)
        span = right - left
        if row.limit is not None:
            x = left + span * _clamped(row.limit)
            canvas.setStrokeColor(style.INK)
            canvas.setLineWidth(0.9)
            canvas.setDash([1.6, 1.4])
            canvas.line(x, y - PITCH / 2 + 2, x, y + PITCH / 2 - 2)
            canvas.setDash()
        alone = not self.chart.names[0]
        for measured, offset, full in ((row.baseline, 5.0, False), (row.tuned, 0.0 if alone else -5.0, True)):
            if measured is not None:
                _bar(canvas, measured, left, span, y + offset, full)
        if not alone:
            _figures(canvas, row.baseline, style.MEASURE - 66, y, style.GREY)
        _figures(canvas, row.tuned, style.MEASURE, y, style.INK)

    def _key(self, canvas: TaggedCanvas, left: float) -> None:
        y, x = 4.0, left
        for text, full in zip(self.chart.names, (False, True), strict=True):
            if not text:
                continue
            _point(canvas, x + 3, y + 2.6, full)
            _text(canvas, text, x + 11, y, 7.8, style.GREY)
            x += 62
        canvas.setStrokeColor(style.INK)
        canvas.setDash([1.6, 1.4])
        canvas.line(x + 3, y - 2, x + 3, y + 8)
        canvas.setDash()
        _text(canvas, "signed limit      bars: confidence interval", x + 10, y, 7.8, style.GREY)


def alternative(chart: IntervalChart) -> str:
    """The chart in words: every value, bound and limit."""
    parts = [chart.caption + "."]
    for row in chart.rows:
        limit = f", limit {words.percent(row.limit)}" if row.limit is not None else ""
        pairs = zip(chart.names, (row.baseline, row.tuned), strict=True)
        told = ", ".join(f"{name} {_spoken(measured)}" for name, measured in pairs if name)
        parts.append(f"{row.label}: {told}{limit}.")
    return " ".join(parts)


def _spoken(measured: Interval | None) -> str:
    if measured is None:
        return "not measured"
    return f"{words.percent(measured.value)} ({words.percent(measured.low)} to {words.percent(measured.high)})"


def _figures(canvas: TaggedCanvas, measured: Interval | None, x: float, y: float, ink: object) -> None:
    if measured is None:
        _text(canvas, "not measured", x, y - 3, 7.8, style.GREY, right=True)
        return
    _text(canvas, words.percent(measured.value), x, y + 1.6, 8.4, ink, right=True)
    bounds = f"{measured.low * 100:.1f} to {measured.high * 100:.1f}"
    _text(canvas, bounds, x, y - 8.0, 7.2, style.GREY, right=True)


def _bar(canvas: TaggedCanvas, measured: Interval, left: float, span: float, y: float, full: bool) -> None:
    low, high = left + span * _clamped(measured.low), left + span * _clamped(measured.high)
    canvas.setStrokeColor(style.BLUE if full else style.GREY)
    canvas.setLineWidth(1.6 if full else 0.9)
    canvas.line(low, y, high, y)
    canvas.setLineWidth(0.9)
    for end in (low, high):
        canvas.line(end, y - 2.4, end, y + 2.4)
    _point(canvas, left + span * _clamped(measured.value), y, full)


def _point(canvas: TaggedCanvas, x: float, y: float, full: bool) -> None:
    canvas.setStrokeColor(style.BLUE if full else style.GREY)
    canvas.setLineWidth(1.0)
    if full:
        canvas.setFillColor(style.BLUE)
        canvas.rect(x - 2.6, y - 2.6, 5.2, 5.2, stroke=0, fill=1)
    else:
        canvas.setFillColor("white")
        canvas.circle(x, y, 2.6, stroke=1, fill=1)


def _clamped(share: Decimal) -> float:
    """A proportion kept on the scale; what was measured is printed beside it."""
    return min(1.0, max(0.0, float(share)))


def _text(
    canvas: TaggedCanvas,
    text: str,
    x: float,
    y: float,
    size: float,
    ink: object,
    *,
    right: bool = False,
    middle: bool = False,
) -> None:
    canvas.setFillColor(ink)
    canvas.setFont(fonts.SANS, size)
    if right:
        canvas.drawRightString(x, y, text)
    elif middle:
        canvas.drawCentredString(x, y, text)
    else:
        canvas.drawString(x, y, text)
