"""The structure tree of a tagged PDF (ISO 32000-1, 14.7), as the text of its objects.

A long table has six elements a row. Made as pikepdf's objects, those of ten thousand rows take sixty megabytes, so they
are written at once as they stand in the file. See ADR 0062.
"""

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


def structure(root: Element, places: Places, first: int) -> list[str]:
    """Return the objects of the tree below `root`, numbered from `first` on; the first is the tree's own.

    `prepare` was called for the same elements. Elements with nothing in them are left out. Raises IndexError when
    content names a page that is not there.
    """
    writer = _Writer(places, first)
    tree = writer.reserve()
    parents = writer.reserve()
    kids = f"[{writer.write(root, tree)} 0 R]" if _holds(root) else "[]"
    count = len(places.pages) + len(writer.links)
    writer.put(tree, f"<</Type/StructTreeRoot/K {kids}/ParentTree {parents} 0 R/ParentTreeNextKey {count}>>")
    numbers = [f"{index} {writer.add(owned)} 0 R" for index, owned in enumerate(writer.owned())]
    numbers += [f"{index} {owner} 0 R" for index, owner in enumerate(writer.links, start=len(places.pages))]
    writer.put(parents, f"<</Nums[{' '.join(numbers)}]>>")
    return writer.objects


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

    def __init__(self, places: Places, first: int) -> None:
        self.places, self.first = places, first
        self.objects: list[str] = []
        self.links: list[int] = []
        self._owners: list[dict[int, int]] = [{} for _ in places.pages]

    def add(self, content: str) -> int:
        """Return the number of a new object."""
        self.objects.append(content)
        return self.first + len(self.objects) - 1

    def reserve(self) -> int:
        """Return the number of a new object whose content comes later."""
        return self.add("")

    def put(self, number: int, content: str) -> None:
        """Give an object its content."""
        self.objects[number - self.first] = content

    def owned(self) -> Iterator[str]:
        """Yield for each page the elements that own its marks, by their ids."""
        for owners in self._owners:
            yield f"[{' '.join([f'{owners[mark]} 0 R' for mark in range(len(owners))])}]"

    def write(self, element: Element, parent: int) -> int:
        """Return the number of an element that holds something."""
        number = self.reserve()
        home = next((kid.page for kid in element.kids if isinstance(kid, Mark)), None)
        kids = [said for said in (self._kid(kid, number, home) for kid in element.kids) if said]
        parts = [f"<</S/{element.tag}/P {parent} 0 R"]
        if home is not None:
            parts.append(f"/Pg {self.places.pages[home]} 0 R")
        parts.append(f"/K {kids[0]}" if len(kids) == 1 else f"/K[{' '.join(kids)}]")
        if element.alt is not None:
            parts.append(f"/Alt {pikepdf.String(element.alt).unparse().decode('latin-1')}")
        if element.scope is not None:
            parts.append(f"/A<</O/Table/Scope/{element.scope}>>")
        parts.append(">>")
        self.put(number, "".join(parts))
        return number

    def _kid(self, kid: Element | Cells | Mark | Note, owner: int, home: int | None) -> str:
        if isinstance(kid, Cells):
            return f"{self._row(kid, owner)} 0 R"
        if isinstance(kid, Element):
            return f"{self.write(kid, owner)} 0 R" if _holds(kid) else ""
        page = self.places.pages[kid.page]
        if isinstance(kid, Mark):
            self._owners[kid.page][kid.number] = owner
            return str(kid.number) if kid.page == home else f"<</Type/MCR/Pg {page} 0 R/MCID {kid.number}>>"
        self.links.append(owner)
        return f"<</Type/OBJR/Pg {page} 0 R/Obj {self.places.notes[kid.page][kid.number]} 0 R>>"

    def _row(self, cells: Cells, table: int) -> int:
        row, page, owners = self.reserve(), self.places.pages[cells.page], self._owners[cells.page]
        numbers = []
        for mark in range(cells.first, cells.end):
            owners[mark] = self.add(f"<</S/TD/P {row} 0 R/Pg {page} 0 R/K {mark}>>")
            numbers.append(f"{owners[mark]} 0 R")
        self.put(row, f"<</S/TR/P {table} 0 R/K[{' '.join(numbers)}]>>")
        return row
