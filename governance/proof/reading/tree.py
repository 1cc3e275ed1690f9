"""A report's parts as its tags have them: text in the order in which it is read, and on which page it stands.

A row of a long table is kept as one text once its page was read: its cells are made of it again whenever somebody asks
for them. So a hundred thousand rows take a tenth of the memory that they would take cell by cell.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from governance.proof.reading.content import Run, Shape
from governance.proof.words.style import CJK, FACES, SANS

BLOCKS = frozenset({"Div", "Document", "Sect", "Table", "TR", "L", "LI"})
"""the tags that hold others and no text of their own"""
TEXTS = frozenset({"Code", "Figure", "H1", "H2", "LBody", "Link", "P", "TD", "TH"})
CELLS = ("TD", "TH")
_CELL, _LINE = "\x1e", "\x1f"
"""between cells and before each line of a packed row; no text that can be seen holds them"""
_SHAPES = {chr(ord("A") + place): one for place, one in enumerate(product(CELLS, ("", *FACES)))}
"""by a letter the tag of a cell and the face that its text begins in"""
_LETTERS = {one: letter for letter, one in _SHAPES.items()}


def lines_of(runs: Iterable[Run]) -> list[str]:
    """Return texts line by line: letters that one font does not hold come in runs of their own."""
    told: list[str] = []
    line = -1
    for run in runs:
        if run.line == line:
            told[-1] += run.text
        else:
            told.append(run.text)
            line = run.line
    return told


@dataclass(eq=False, slots=True)
class Piece:
    """One piece of marked content, of the part whose tag it has, on a page (from 1).

    `runs` are there while its page is read, its lines afterwards; of a figure what is drawn too: its single texts, and
    its shapes, whose `placed` counts those of its texts that come before.
    """

    page: int
    tag: str
    runs: Sequence[Run] = ()
    lines: list[str] = field(default_factory=list)
    written: Sequence[Run] = ()
    shapes: Sequence[Shape] = ()
    face: str = ""

    def settle(self) -> None:
        """Keep the words alone: those of a thousand pages fit in memory, with their places they do not."""
        self.lines = lines_of(self.runs)
        self.written = self.runs if self.tag == "Figure" else ()
        # What is in the second face alone is printed alike in whichever face it was asked for.
        self.face = next((run.face for run in self.runs if run.face != CJK), SANS) if self.runs else ""
        self.runs = ()


class Element:
    """A part of the report: its tag, what it holds in reading order, and the text of its own marks.

    `page` is that (from 1) on which it begins, 0 where nothing of it is drawn. `alt` stands for a figure.
    """

    __slots__ = ("_held", "alt", "page", "tag")

    def __init__(self, tag: str, held: Sequence["Element | Piece"] = (), alt: str = "", page: int = 0) -> None:
        self.tag, self.alt, self.page = tag, alt, page
        self._held: Sequence[Element | Piece] | bytes = held

    @property
    def held(self) -> Sequence["Element | Piece"]:
        """What it holds; of a packed row its cells, made anew each time."""
        held = self._held
        return self._cells(held) if isinstance(held, bytes) else held

    @held.setter
    def held(self, held: Sequence["Element | Piece"]) -> None:
        self._held = held

    @property
    def waits(self) -> bool:
        """Whether it is a row that gets its cells when its page is read."""
        return self.tag == "TR" and self.page > 0 and not self._held

    def pack(self) -> None:
        """Keep a row, each of whose cells holds one piece of the row's page, as one text."""
        kept = []
        for cell in self.kids:
            [piece] = cell.pieces()
            kept.append(_LETTERS[cell.tag, piece.face] + "".join(_LINE + line for line in piece.lines))
        self._held = _CELL.join(kept).encode()

    def _cells(self, packed: bytes) -> list["Element | Piece"]:
        made: list[Element | Piece] = []
        for one in packed.decode().split(_CELL):
            tag, face = _SHAPES[one[0]]
            piece = Piece(self.page, tag, lines=one[1:].split(_LINE)[1:], face=face)
            made.append(Element(tag, (piece,), page=self.page))
        return made

    @property
    def kids(self) -> Sequence["Element"]:
        """The parts it holds, without its own text."""
        if self.tag in BLOCKS:
            return self.held  # type: ignore[return-value]  # blocks hold no text
        return [one for one in self.held if isinstance(one, Element)]

    @property
    def lines(self) -> list[str]:
        """The lines of its text as they are printed, of its own and what it holds."""
        held = self.held
        if len(held) == 1:
            return held[0].lines
        return [line for piece in self.pieces() for line in piece.lines]

    @property
    def text(self) -> str:
        """Its text in one line: what is cut at the end of a line is two words here."""
        return " ".join(self.lines)

    @property
    def face(self) -> str:
        """The face its text is asked for in: the first that it is set in."""
        return next((piece.face for piece in self.pieces() if piece.face), "")

    def pieces(self) -> Iterator[Piece]:
        """Yield its text by pieces, in reading order."""
        for one in self.held:
            if isinstance(one, Element):
                yield from one.pieces()
            else:
                yield one

    def all(self, *tags: str) -> Iterator["Element"]:
        """Yield everything of some tags in it, in reading order."""
        cells = not set(CELLS).isdisjoint(tags)
        waiting = list(reversed(self.kids))
        while waiting:
            kid = waiting.pop()
            if kid.tag in tags:
                yield kid
            if cells or not isinstance(kid._held, bytes):  # a packed row holds cells and no other parts
                waiting += reversed(kid.kids)
