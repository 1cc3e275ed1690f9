"""The structure tree of a tagged PDF (ISO 32000-1, 14.7), as the text of its objects.

A long table has six elements a row. Made as pikepdf's objects, those of ten thousand rows take sixty megabytes, so they
are written at once as they stand in the file. See ADR 0062.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import pikepdf

from governance.reports.tags import Cells, Element, Mark, Note


@dataclass(frozen=True, slots=True)
class Places:
    """The object numbers of the pages and, by page, of its annotations."""

    pages: Sequence[int]
    notes: Sequence[Sequence[int]]

    @classmethod
    def of(cls, pdf: pikepdf.Pdf) -> Self:
        """Those of an open file."""
        pages = [page.obj for page in pdf.pages]
        notes = [[note.objgen[0] for note in page.get("/Annots", [])] for page in pages]
        return cls([page.objgen[0] for page in pages], notes)


def prepare(pdf: pikepdf.Pdf, root: Element) -> None:
    """Give pages and links their places in the parent tree (14.7.4.4), and mark the file as tagged."""
    for index, page in enumerate(pdf.pages):
        page.obj.StructParents = index
        page.obj.Tabs = pikepdf.Name.S
    for index, note in enumerate(_notes(root), start=len(pdf.pages)):
        pdf.pages[note.page].obj.Annots[note.number].StructParent = index
    pdf.Root.MarkInfo = pikepdf.Dictionary(Marked=True)


def structure(root: Element, places: Places, tree: int, numbers: Iterator[int]) -> Iterator[tuple[int, str]]:
    """Yield the objects of the tree below `root`, with their numbers: its own is `tree`, the others are from `numbers`.

    `prepare` was called for the same elements. Elements with nothing in them are left out. Raises IndexError when
    content names a page that is not there.
    """
    writer = _Writer(places, numbers)
    parents, first = next(numbers), next(numbers)
    holds = _holds(root)
    if holds:
        yield from writer.write(root, first, tree)
    count = len(places.pages) + len(writer.links)
    kids = f"[{first} 0 R]" if holds else "[]"
    yield tree, f"<</Type/StructTreeRoot/K {kids}/ParentTree {parents} 0 R/ParentTreeNextKey {count}>>"
    leading = []
    for owners in writer.owners:
        number = next(numbers)
        yield number, f"[{' '.join([f'{owner} 0 R' for owner in owners])}]"
        leading.append(number)
    said = [f"{index} {number} 0 R" for index, number in enumerate([*leading, *writer.links])]
    yield parents, f"<</Nums[{' '.join(said)}]>>"


def _notes(element: Element) -> Iterator[Note]:
    for kid in element.kids:
        if isinstance(kid, Note):
            yield kid
        elif isinstance(kid, Element):
            yield from _notes(kid)


def _holds(element: Element) -> bool:
    return any(not isinstance(kid, Element) or _holds(kid) for kid in element.kids)


class _Writer:
    """Writes elements, and keeps which one owns each mark (by page) and each link (in the order met)."""

    def __init__(self, places: Places, numbers: Iterator[int]) -> None:
        self.places, self.numbers = places, numbers
        self.links: list[int] = []
        self.owners = [array("I") for _ in places.pages]

    def write(self, element: Element, number: int, parent: int) -> Iterator[tuple[int, str]]:
        """Yield an element that holds something, after all it holds."""
        home = next((kid.page for kid in element.kids if isinstance(kid, Mark)), None)
        kids = []
        for kid in element.kids:
            if isinstance(kid, Mark):
                self._own(kid, number)
                there = f"<</Type/MCR/Pg {self.places.pages[kid.page]} 0 R/MCID {kid.number}>>"
                kids.append(str(kid.number) if kid.page == home else there)
            elif isinstance(kid, Note):
                self.links.append(number)
                note = self.places.notes[kid.page][kid.number]
                kids.append(f"<</Type/OBJR/Pg {self.places.pages[kid.page]} 0 R/Obj {note} 0 R>>")
            elif isinstance(kid, Cells) or _holds(kid):
                inner = next(self.numbers)
                yield from self._row(kid, inner, number) if isinstance(kid, Cells) else self.write(kid, inner, number)
                kids.append(f"{inner} 0 R")
        page = f"/Pg {self.places.pages[home]} 0 R" if home is not None else ""
        held = f"/K {kids[0]}" if len(kids) == 1 else f"/K[{' '.join(kids)}]"
        alt = f"/Alt {pikepdf.String(element.alt).unparse().decode('latin-1')}" if element.alt is not None else ""
        scope = f"/A<</O/Table/Scope/{element.scope}>>" if element.scope is not None else ""
        yield number, f"<</S/{element.tag}/P {parent} 0 R{page}{held}{alt}{scope}>>"

    def _row(self, cells: Cells, number: int, table: int) -> Iterator[tuple[int, str]]:
        page, kids = self.places.pages[cells.page], []
        for mark in range(cells.first, cells.end):
            cell = next(self.numbers)
            self._own(Mark(cells.page, mark), cell)
            yield cell, f"<</S/TD/P {number} 0 R/Pg {page} 0 R/K {mark}>>"
            kids.append(f"{cell} 0 R")
        yield number, f"<</S/TR/P {table} 0 R/K[{' '.join(kids)}]>>"

    def _own(self, mark: Mark, owner: int) -> None:
        owners = self.owners[mark.page]
        owners.extend([0] * (mark.number + 1 - len(owners)))
        owners[mark.number] = owner
