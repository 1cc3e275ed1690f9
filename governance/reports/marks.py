"""The marks of verdicts, told apart by shape: a disc with a tick, a square with a cross, an open circle with a bar."""

from governance.reports import style
from governance.reports.tags import TaggedCanvas


def verdict(canvas: TaggedCanvas, word: str, x: float, y: float, r: float = 3.6) -> None:
    """Draw the mark of a verdict around a point; anything but PASS and FAIL is undecided."""
    canvas.setStrokeColor(style.INK)
    canvas.setFillColor(style.INK)
    canvas.setLineWidth(0.9)
    if word == "PASS":
        canvas.circle(x, y, r, stroke=1, fill=1)
        canvas.setStrokeColor("white")
        canvas.setLineWidth(r * 0.3)
        canvas.lines(
            [(x - r * 0.5, y, x - r * 0.1, y - r * 0.45), (x - r * 0.1, y - r * 0.45, x + r * 0.55, y + r * 0.45)]
        )
    elif word == "FAIL":
        canvas.rect(x - r * 0.95, y - r * 0.95, r * 1.9, r * 1.9, stroke=0, fill=1)
        canvas.setStrokeColor("white")
        canvas.setLineWidth(r * 0.3)
        d = r * 0.5
        canvas.lines([(x - d, y - d, x + d, y + d), (x - d, y + d, x + d, y - d)])
    else:
        canvas.setFillColor("white")
        canvas.circle(x, y, r, stroke=1, fill=1)
        canvas.line(x - r * 0.5, y, x + r * 0.5, y)
