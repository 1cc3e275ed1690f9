"""Tables of the report: measured once, split anywhere, tagged cell by cell.

ReportLab's own long tables measure every row again at each page (10,000 rows: over 9 s) and cannot be tagged. Here a
row is broken into lines when the table is made; a page takes as many rows as fit, and a row taller than a page is cut
between lines. The head is repeated on every page, as an artifact after the first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Self

from reportlab.lib.colors import Color
from reportlab.platypus import Flowable

from governance.reports import fonts, style
from governance.reports.tags import Element, TaggedCanvas


@dataclass(frozen=True, slots=True)
class Face:
    """A typeface at a size, in an ink."""

    name: str
    size: float
    leading: float
    ink: Color


TEXT = Face(fonts.SANS, 8.7, 11.4, style.INK)
STRONG = Face(fonts.SANS_BOLD, 8.7, 11.4, style.INK)
QUIET = Face(fonts.SANS, 8.0, 10.6, style.GREY)
LABEL = Face(fonts.SANS, 8.2, 11.4, style.GREY)
HEAD = Face(fonts.SANS_BOLD, 7.8, 10.4, style.GREY)
CODE = Face(fonts.MONO, 7.6, 11.4, style.INK)
LINKED = Face(fonts.SANS, 8.7, 11.4, style.BLUE)

PAD = 3.6
"""above and below the lines of a row"""
GUTTER = 9.0


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph of a cell. `link` is the key of a destination; `page` prints the page of that key, at the right.

    `key` makes its row such a destination.
    """

    words: str
    face: Face = TEXT
    link: str | None = None
    page: str | None = None
    key: str | None = None


Cell = tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a cell, as it is drawn."""

    words: str
    face: Face
    link: str | None
    page: str | None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """A column: `x` and `width` in points, text set from the left or against the right edge."""

    x: float
    width: float
    right: bool = False


@dataclass(slots=True)
class Row:
    """The lines of each cell, and the structure elements, shared by the parts of a row that was cut."""

    cells: list[list[Line]]
    tags: list[Element] = field(default_factory=list)
    whole: bool = True
    """no part of it stands elsewhere"""
    height: float = field(init=False)

    def __post_init__(self) -> None:
        self.height = max(sum(line.face.leading for line in cell) for cell in self.cells) + 2 * PAD

    def cut(self, room: float) -> tuple["Row", "Row"] | None:
        """The part that fits in `room` points and the rest; None when not even a line fits, or all of it does."""
        first: list[list[Line]] = []
        for cell in self.cells:
            used, count = 2 * PAD, 0
            while count < len(cell) and used + cell[count].face.leading <= room:
                used += cell[count].face.leading
                count += 1
            first.append(cell[:count])
        rest = [cell[len(kept) :] for cell, kept in zip(self.cells, first, strict=True)]
        if not any(first) or not any(rest):
            return None
        return Row(first, self.tags, whole=False), Row(rest, self.tags, whole=False)

    @property
    def simple(self) -> bool:
        """Whether each cell is one piece of content."""
        return self.whole and all(cell and all(line.link is None for line in cell) for cell in self.cells)


def lanes(widths: Sequence[float], right: Sequence[bool], room: float = style.MEASURE) -> list[Lane]:
    """Columns that share `room` points in proportion to `widths`, with gutters between."""
    unit = (room - GUTTER * (len(widths) - 1)) / sum(widths)
    x, out = 0.0, []
    for share, aligned in zip(widths, right, strict=True):
        out.append(Lane(x, share * unit, aligned))
        x += share * unit + GUTTER
    return out


def row(cells: Sequence[Cell], columns: Sequence[Lane]) -> Row:
    """Break the cells into the lines that fit their columns."""
    out = []
    for cell, lane in zip(cells, columns, strict=True):
        out.append([line for text in cell for line in _broken(text, lane.width)])
    return Row(out)


def _broken(text: Text, room: float) -> list[Line]:
    words = fonts.printable(text.words, text.face.name)
    parts = fonts.wrap(words, text.face.name, text.face.size, room)
    return [Line(part, text.face, text.link, text.page, None if n else text.key) for n, part in enumerate(parts)]


class Table(Flowable):
    """Rows under an optional head. `tag` is the Table element; with `row_heads` a row's first cell is its header."""

    make: Callable[[], Sequence[Row]] | None = None

    def __init__(
        self,
        columns: Sequence[Lane],
        rows: Sequence[Row],
        tag: Element,
        *,
        head: Row | None = None,
        row_heads: bool = False,
        rules: bool = True,
    ) -> None:
        super().__init__()
        self.columns, self.rows, self.tag, self.head = columns, rows, tag, head
        self.row_heads, self.rules = row_heads, rules
        self.heights = [each.height for each in rows]
        self.head_height = head.height if head else 0.0
        self.spaceAfter = 8.0

    @classmethod
    def later(cls, columns: Sequence[Lane], make: Callable[[], Sequence[Row]], tag: Element, *, head: Row) -> Self:
        """A table whose rows are made when its turn comes: those of a thousand pages fill much memory."""
        made = cls(columns, (), tag, head=head)
        made.make = make
        return made

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        if self.make is not None:
            self.rows, self.make = self.make(), None
            self.heights = [each.height for each in self.rows]
        return style.MEASURE, self.head_height + sum(self.heights)

    def split(self, available_width: float, available_height: float) -> list[Flowable]:
        room, count = available_height - self.head_height, 0
        while count < len(self.rows) and self.heights[count] <= room:
            room -= self.heights[count]
            count += 1
        if count == len(self.rows) - 1 and self.head_height + sum(self.heights[-2:]) <= style.DEPTH:
            count -= 1  # the last row never stands alone on a page
        first, rest = list(self.rows[:count]), list(self.rows[count:])
        # A row is cut only when a fresh page could not take it whole.
        if rest and self.heights[count] > style.DEPTH - self.head_height:
            parts = rest[0].cut(room)
            if parts is not None:
                first.append(parts[0])
                rest[0] = parts[1]
        if not first:
            return []
        return [self._like(first), self._like(rest)] if rest else [self._like(first)]

    def _like(self, rows: Sequence[Row]) -> "Table":
        part = Table(self.columns, rows, self.tag, head=self.head, row_heads=self.row_heads, rules=self.rules)
        part.spaceAfter = self.spaceAfter
        return part

    def draw(self) -> None:
        canvas: TaggedCanvas = self.canv
        y = self.head_height + sum(self.heights)
        if self.head is not None:
            repeated = bool(self.head.tags)
            self._row(canvas, self.head, y, heads="Column", artifact=repeated)
            y -= self.head_height
            self._rule(canvas, y, style.GREY, 0.6)
        for index, (each, height) in enumerate(zip(self.rows, self.heights, strict=True)):
            self._row(canvas, each, y, heads="Row" if self.row_heads else None)
            y -= height
            if self.rules or index == len(self.rows) - 1:
                self._rule(canvas, y, style.HAIR, 0.5)

    def _rule(self, canvas: TaggedCanvas, y: float, ink: Color, weight: float) -> None:
        canvas.begin(None)
        canvas.setStrokeColor(ink)
        canvas.setLineWidth(weight)
        canvas.line(0, y, style.MEASURE, y)
        canvas.end()

    def _row(self, canvas: TaggedCanvas, each: Row, top: float, heads: str | None, artifact: bool = False) -> None:
        if heads is None and not artifact and each.simple:
            self._plain_row(canvas, each, top)
            return
        if not each.tags and not artifact:
            line = self.tag.child("TR")
            for index in range(len(each.cells)):
                head = heads == "Column" or (heads == "Row" and index == 0)
                each.tags.append(line.child("TH", scope=heads) if head else line.child("TD"))
        for index, (cell, lane) in enumerate(zip(each.cells, self.columns, strict=True)):
            if not cell:
                continue
            _lines(canvas, cell, lane, top - PAD, None if artifact else each.tags[index])

    def _plain_row(self, canvas: TaggedCanvas, each: Row, top: float) -> None:
        canvas.cells(self.tag, len(each.cells))
        for cell, lane in zip(each.cells, self.columns, strict=True):
            canvas.begin("TD")
            y = top - PAD
            for line in cell:
                y -= line.face.leading
                _line(canvas, line, lane, y)
            canvas.end()


def _lines(canvas: TaggedCanvas, cell: Sequence[Line], lane: Lane, y: float, tag: Element | None) -> None:
    """Draw the lines of a cell from `y` down; each run of lines with one destination is one link."""
    for link, run in groupby(cell, key=lambda line: line.link):
        owner = tag.child("Link") if tag is not None and link is not None else tag
        lines = list(run)
        with canvas.marked(owner):
            tops = [y := y - line.face.leading for line in lines]
            boxes = [_line(canvas, line, lane, bottom) for line, bottom in zip(lines, tops, strict=True)]
        if owner is not None and link is not None:
            for line, box in zip(lines, boxes, strict=True):
                canvas.link(owner, line.words, link, box)


def _line(canvas: TaggedCanvas, line: Line, lane: Lane, bottom: float) -> tuple[float, float, float, float]:
    """Draw one line and return the box it fills."""
    face, base = line.face, bottom + line.face.leading * 0.27
    if line.key is not None:
        canvas.place(line.key, 0, bottom + face.leading + PAD)
    if line.page is not None:
        canvas.page_reference(line.page, lane.x + lane.width, base, face.name, face.size, face.ink)
        return lane.x, bottom, lane.x + lane.width, bottom + face.leading
    canvas.face(face.name, face.size, face.ink)
    long = fonts.width(line.words, face.name, face.size)
    x = lane.x + lane.width - long if lane.right else lane.x
    canvas.line_of(line.words, x, base)
    return x, bottom, x + long, bottom + face.leading
