"""A chart as it is drawn: how tall it is, what is said of it, how it is painted, and where it can be split."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol, Self

from governance.proof.charts.lettering import few, printable
from governance.proof.charts.pen import Pen, write
from governance.proof.words import style
from governance.proof.words.style import MEASURE, SANS


class Picture(Protocol):
    """One figure, as wide as the text."""

    @property
    def height(self) -> float:
        """Its height in points."""

    def told(self) -> str:
        """Return in words what it shows."""

    def paint(self, pen: Pen) -> None:
        """Draw it, from (0, 0) to the measure and its height."""


class RowPicture(ABC):
    """Rows of one height between a head and a foot, in points; some of them are the same figure, on the same scale."""

    pitch = 27.0
    head = 20.0
    foot = 20.0

    def __init__(self, chart: Any) -> None:
        self.chart = chart
        self.rows: Sequence[Any] = chart.rows
        self.height = self.head + self.pitch * len(self.rows) + self.foot

    @abstractmethod
    def of(self, rows: Sequence[Any]) -> Self:
        """Return the same figure of some of its rows."""

    def told(self) -> str:
        """Return in words what the figure shows."""
        return str(self.chart.told())

    @abstractmethod
    def paint(self, pen: Pen) -> None:
        """Draw it."""

    def middle(self, index: int) -> float:
        """Return the height of a row's middle."""
        return self.height - self.head - self.pitch * (index + 0.5)


def label(pen: Pen, words: str, y: float, room: float, *, note: str = "", lines: int = 2) -> None:
    """Write what a row is called around `y`, in `lines` at most; or in one, with a smaller note below in one or two."""
    told = _lines(words, 8.4, room, 1 if note else lines)
    small = _lines(note, 7.4, room, 2) if note else []
    # Three lines fit between the rules of a row when they stand a little closer.
    top = y + 6.6 if len(small) > 1 else y - 3 + (len(told) - 1 + len(small)) * 5
    for index, line in enumerate(told):
        write(pen, line, 0, top - index * 10, 8.4, style.INK)
    below = top - (9.0 if len(small) > 1 else 9.4)
    for index, line in enumerate(small):
        write(pen, line, 0, below - index * 7.6, 7.4, style.GREY)


def _lines(words: str, size: float, room: float, most: int) -> list[str]:
    return few(printable(words, SANS), SANS, size, room, most)


def rule(pen: Pen, y: float) -> None:
    """Draw the hairline below a row."""
    pen.stroke(style.HAIR)
    pen.thick(0.5)
    pen.line(0, y, MEASURE, y)
