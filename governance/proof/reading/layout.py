"""Whether what is tagged stands where it is read: from top to bottom, cells in their columns, nothing over anything.

A file's tags say in which order its text is read; they do not say where it is seen. Text that is read in one row of a
table and seen in another, two texts in one place, or a shape over a text, would make the page say something else than
its tags. The geometry of our typesetter is simple enough to be held to.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from governance.proof.reading.content import Content, ContentError, Run, Shape
from governance.proof.words.style import (
    BOTTOM,
    CONTRAST,
    EDGE,
    EDGE_INK,
    EDGE_SIZE,
    FOOT_ROOM,
    HEAD_ROOM,
    SANS_BOLD,
    TOP,
    WHITE,
)

if TYPE_CHECKING:
    from governance.proof.reading.tree import Element, Piece

NEAR = 1.0
"""points by which neighbours may seem to touch: widths are rounded"""


@dataclass(slots=True)
class _Table:
    """Where the columns of a table stand, and its heads, which may be printed again where it goes on."""

    page: int
    left: dict[int, float] = field(default_factory=dict)
    right: dict[int, float] = field(default_factory=dict)
    heads: set[tuple[str, int]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is set as one band across a page: a paragraph, a heading, an item, a figure, or a row of cells.

    `pieces` are those on one page. Of a row `columns` are theirs; `first` is that of a table's heads.
    """

    tag: str
    pieces: Sequence["Piece"]
    table: _Table | None = None
    columns: Sequence[int] = ()
    first: bool = False

    @property
    def runs(self) -> list[Run]:
        """Its texts, while its page is read."""
        return [run for piece in self.pieces for run in piece.runs]

    def measure(self, table: _Table) -> None:
        """Note where the columns stand in a row and, in the first, what its heads are."""
        for column, piece in zip(self.columns, self.pieces, strict=True):
            for run in piece.runs:
                table.left[column] = min(table.left.get(column, run.x), run.x)
                table.right[column] = max(table.right.get(column, run.end), run.end)
                if self.first and piece.tag == "TH":
                    table.heads.add((run.text, round(run.x)))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A row whose cells are there once its page is read."""

    row: "Element"
    table: _Table
    first: bool

    def unit(self) -> _Unit:
        """Return it with its cells."""
        pieces = list(self.row.pieces())
        return _Unit("TR", pieces, self.table, range(len(pieces)), self.first)


class Layout:
    """Whether everything tagged stands where it is read, and nothing covers a text: page by page, in their order."""

    def __init__(self, root: "Element") -> None:
        self._tables: list[_Table] = []
        self._bands: dict[int, list[_Unit | _Waiting]] = defaultdict(list)
        for unit in self._units(root):
            page = unit.row.page if isinstance(unit, _Waiting) else unit.pieces[0].page
            self._bands[page].append(unit)

    def check(self, number: int, content: Content, height: float) -> None:
        """Return if it does on a page, whose pieces have their texts. Raises ContentError, which names the text."""
        bands, heads = self._bands.pop(number, []), set[tuple[str, int]]()
        units = [one.unit() if isinstance(one, _Waiting) else one for one in bands]
        for unit in units:
            if unit.table is not None:
                unit.measure(unit.table)
                heads |= set() if unit.first else unit.table.heads
        _check_bands(units)
        _check_furniture(content.runs, height, heads)
        _check_apart(content)
        _check_shapes(content)
        _check_edge(content, height)

    def check_columns(self) -> None:
        """Return if each column of a table stands beside the next, once all pages were. Raises ContentError."""
        for table in self._tables:
            for one, other in pairwise(sorted(table.left)):
                if table.right[one] > table.left[other] + NEAR:
                    raise ContentError(
                        f"page {table.page}: the columns {one + 1} and {other + 1} of a table run into each other"
                    )

    def _units(self, element: "Element") -> Iterator[_Unit | _Waiting]:
        if element.tag == "Table":
            yield from self._rows(element)
        elif any(not isinstance(one, type(element)) for one in element.held):
            for piece in element.pieces():
                yield _Unit(element.tag, [piece])
        else:
            for kid in element.kids:
                yield from self._units(kid)

    def _rows(self, table: "Element") -> Iterator[_Unit | _Waiting]:
        """Yield the rows of a table by pages."""
        measured = _Table(table.page)
        self._tables.append(measured)
        for place, row in enumerate(table.kids):
            if row.waits:
                yield _Waiting(row, measured, first=not place)
                continue
            if row.tag != "TR" or any(cell.tag not in ("TD", "TH") for cell in row.kids):
                raise ContentError(f"page {row.page}: found a part {row.tag} in a table that is no row of cells")
            by_page: dict[int, list[tuple[int, Piece]]] = defaultdict(list)
            for column, cell in enumerate(row.kids):
                for piece in cell.pieces():
                    by_page[piece.page].append((column, piece))
            for held in by_page.values():
                columns, pieces = zip(*held, strict=True)
                yield _Unit("TR", pieces, measured, columns, first=not place)


def _check_bands(units: Sequence[_Unit]) -> None:
    floor, edge, before = float("inf"), 0.0, ""
    for unit in units:
        runs = unit.runs
        if not runs:
            continue
        if unit.tag != "TR" and unit.tag != "Figure":
            _check_lines(runs)
        top, low = max([run.top for run in runs]), min([run.y for run in runs])
        left, right = min([run.x for run in runs]), max([run.end for run in runs])
        # Figures that matter most stand side by side, as items of a list.
        beside = unit.tag == before == "LBody" and left >= edge
        if top > floor + NEAR and not beside:
            raise ContentError(f"{runs[0].text!r} is read after what stands below it")
        floor, edge, before = min(low, floor) if beside else low, right, unit.tag


def _check_lines(runs: Sequence[Run]) -> None:
    for before, run in pairwise(runs):
        if run.y > before.y + NEAR or (abs(run.y - before.y) <= NEAR and run.x < before.end - NEAR):
            raise ContentError(f"{run.text!r} is read after {before.text!r}, but stands before it")


def above(run: Run, height: float) -> bool:
    """Return whether a text stands where the running title does."""
    return run.y > height - TOP + HEAD_ROOM - 4


def below(run: Run) -> bool:
    """Return whether a text stands where the footer does."""
    return run.y < BOTTOM - FOOT_ROOM + 4


def _check_furniture(runs: Sequence[Run], height: float, heads: set[tuple[str, int]]) -> None:
    """Return if furniture stands above or below the text, but for the heads of tables that go on."""
    for run in runs:
        furniture = above(run, height) or below(run)
        if run.mark is not None and furniture:
            raise ContentError(f"{run.text!r} is read as part of the report, but stands where the furniture does")
        if run.mark is None and not furniture and (run.text, round(run.x)) not in heads:
            raise ContentError(f"{run.text!r} stands in the text without being part of what is read")


def _check_edge(content: Content, height: float) -> None:
    """Return if what runs upwards is the one mark of a page: in its place, face, size and ink, nothing beside it."""
    for run in content.edge:
        middle = (run.y + run.top) / 2
        if (
            len(content.edge) > 1
            or (run.face, run.ink) != (SANS_BOLD, EDGE_INK)
            or abs(run.size - EDGE_SIZE) > 0.01
            or abs(run.end - EDGE) > 0.01
            or abs(middle - height / 2) > NEAR
        ):
            raise ContentError(f"{run.text!r} is turned or mirrored, and is not the mark along the edge")
        reach = EDGE + 0.25 * EDGE_SIZE  # letters may go below their line
        for shape in content.shapes:
            left, low, _, high = shape.box
            if left < reach and high > run.y and low < run.top:
                raise ContentError(f"the mark along the edge, {run.text!r}, is covered or struck through")
        if any(other.x < reach and other.high > run.y and other.low < run.top for other in content.runs):
            raise ContentError(f"something is printed over the mark along the edge, {run.text!r}")


def _check_apart(content: Content) -> None:
    """Return if no two texts are printed in one place; what a figure writes is its own affair."""
    runs = sorted(content.runs, key=lambda run: run.y)
    for place, run in enumerate(runs):
        for other in runs[place + 1 :]:
            if other.y >= run.top - NEAR:
                break
            if other.x < run.end - NEAR and run.x < other.end - NEAR and not _figure(content, run, other):
                raise ContentError(f"{other.text!r} is printed over {run.text!r}")


def _figure(content: Content, one: Run, other: Run) -> bool:
    return one.mark is not None and one.mark == other.mark and content.tags[one.mark] == "Figure"


def _check_shapes(content: Content) -> None:
    """Return if no text is covered, struck through or set on a ground on which it cannot be read."""
    order = {id(shape): place for place, shape in enumerate(content.shapes)}
    shapes = sorted(content.shapes, key=lambda shape: shape.box[1])
    lows = [shape.box[1] for shape in shapes]
    tallest = max((shape.box[3] - shape.box[1] for shape in shapes), default=0.0)
    for place, run in enumerate(content.runs):
        near = shapes[bisect_left(lows, min(run.y, run.foot) - tallest) : bisect_right(lows, run.top)]
        meeting = [shape for shape in near if _meets(run, shape)]
        grounds = [WHITE]
        for shape in sorted(meeting, key=lambda shape: order[id(shape)]):
            own = shape.mark == run.mark and run.mark is not None and content.tags[run.mark] == "Figure"
            if shape.filled and shape.placed > place:
                raise ContentError(f"{run.text!r} is covered by a shape")
            if shape.filled:
                grounds = [shape.ink] if shape.plain and _holds(shape, run) else [*grounds, shape.ink]
            elif not own:
                raise ContentError(f"{run.text!r} is struck through")
        if any(contrast(run.ink, ground) < CONTRAST for ground in grounds):
            raise ContentError(f"{run.text!r} is printed in {run.ink} on {grounds[-1]}: it cannot be read")


def _meets(run: Run, shape: Shape) -> bool:
    """Return whether a shape reaches to the letters of a text, not only to the line that they stand on."""
    left, low, right, high = shape.box
    return high > run.foot and low < run.top and left < run.end - NEAR and right > run.x + NEAR


def _holds(shape: Shape, run: Run) -> bool:
    left, low, right, high = shape.box
    return left <= run.x + NEAR and low <= run.y + NEAR and right >= run.end - NEAR and high >= run.top - NEAR


@lru_cache(maxsize=1024)
def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio" and "relative luminance")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(ink: str) -> float:
    red, green, blue = (int(ink[place : place + 2], 16) / 255 for place in (1, 3, 5))
    parts = [part / 12.92 if part <= 0.04045 else math.pow((part + 0.055) / 1.055, 2.4) for part in (red, green, blue)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
