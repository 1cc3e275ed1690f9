"""The marks of verdicts, told apart by shape: a disc with a tick, a square with a cross, an open circle with a bar."""

from governance.proof.charts.pen import Pen
from governance.proof.words.style import INK, WHITE


def verdict(pen: Pen, word: str, x: float, y: float, r: float = 3.6) -> None:
    """Draw the mark of a verdict around a point; anything but PASS and FAIL is undecided."""
    pen.stroke(INK)
    pen.fill(INK)
    pen.thick(0.9)
    if word == "PASS":
        pen.circle(x, y, r, stroke=True, fill=True)
        pen.stroke(WHITE)
        pen.thick(r * 0.3)
        low = (x - r * 0.1, y - r * 0.45)
        pen.path([[(x - r * 0.5, y), low], [low, (x + r * 0.55, y + r * 0.45)]], stroke=True)
    elif word == "FAIL":
        pen.rect(x - r * 0.95, y - r * 0.95, r * 1.9, r * 1.9, fill=True)
        pen.stroke(WHITE)
        pen.thick(r * 0.3)
        d = r * 0.5
        pen.path([[(x - d, y - d), (x + d, y + d)], [(x - d, y + d), (x + d, y - d)]], stroke=True)
    else:
        pen.fill(WHITE)
        pen.circle(x, y, r, stroke=True, fill=True)
        pen.line(x - r * 0.5, y, x + r * 0.5, y)
