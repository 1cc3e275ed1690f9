"""Tagged PDF: what is a heading, a paragraph, a table cell or a figure, for readers who hear the page.

ReportLab has no tagging, so it is done in two halves (ISO 32000-1, 14.7 and 14.8). While pages are drawn a
`TaggedCanvas` brackets each piece of content with a marked-content id and notes it under its `Element`; afterwards
`write_structure` turns the elements into the file's structure tree with pikepdf. Running heads, rules and repeated
table heads are artifacts: they are no part of what the report says. Claimed is "tagged", not PDF/UA: nothing here
has been through a conformance checker.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from reportlab.pdfgen.canvas import Canvas

from governance.reports import fonts


class Mark(NamedTuple):
    """Marked content: the page, from 0, and the id on it."""

    page: int
    number: int


class Note(NamedTuple):
    """A link's clickable area: the page, from 0, and its place among the page's annotations."""

    page: int
    number: int


@dataclass(eq=False, slots=True)
class Element:
    """One structure element: a standard type, and what belongs to it in reading order."""

    tag: str
    alt: str | None = None
    scope: str | None = None
    """of a header cell: "Column" or "Row" """
    kids: list["Element | Mark | Note"] = field(default_factory=list)

    def child(self, tag: str, *, alt: str | None = None, scope: str | None = None) -> "Element":
        """A new last child."""
        element = Element(tag, alt=alt, scope=scope)
        self.kids.append(element)
        return element


class TaggedCanvas(Canvas):
    """A ReportLab canvas that marks content and knows page numbers that come later."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        self._face: tuple[str, float, Any] | None = None
        # ReportLab starts every page in Helvetica, which is not embedded.
        super().__init__(*args, **{**keywords, "initialFontName": fonts.SANS})
        self._marks = 0
        self._inside = False
        self._placed: dict[str, int] = {}
        self._wanted: dict[tuple[str, str, float, Any, str], str] = {}

    @contextmanager
    def marked(self, element: Element | None) -> Iterator[None]:
        """Bracket what is drawn within: as content of the element, or as an artifact for None."""
        if self._inside:
            raise RuntimeError("marked content inside marked content: close the outer one first")
        if element is None:
            self.addLiteral("/Artifact BMC")
        else:
            self.addLiteral(f"/{element.tag} <</MCID {self._marks}>> BDC")
            element.kids.append(Mark(self.getPageNumber() - 1, self._marks))
            self._marks += 1
        self._inside = True
        try:
            yield
        finally:
            self.addLiteral("EMC")
            self._inside = False

    def face(self, name: str, size: float, ink: Any) -> None:
        """Set typeface and ink, unless they are set already: long tables are told the same for every line."""
        if self._face != (name, size, ink):
            self.setFillColor(ink)
            self.setFont(name, size)
            self._face = (name, size, ink)

    def setFont(self, *args: Any, **keywords: Any) -> None:  # noqa: N802  # ReportLab's name
        super().setFont(*args, **keywords)
        self._face = None

    def setFillColor(self, *args: Any, **keywords: Any) -> None:  # noqa: N802  # ReportLab's name
        super().setFillColor(*args, **keywords)
        self._face = None

    def saveState(self) -> None:  # noqa: N802  # ReportLab's name
        super().saveState()
        self._face = None

    def restoreState(self) -> None:  # noqa: N802  # ReportLab's name
        super().restoreState()
        self._face = None

    def showPage(self) -> None:  # noqa: N802  # ReportLab's name
        super().showPage()
        self._marks = 0
        self._face = None

    def link(self, element: Element, words: str, key: str, box: tuple[float, float, float, float]) -> None:
        """Make the box (left, bottom, right, top) lead to the destination `key`; readers hear it as `words`."""
        element.kids.append(Note(self.getPageNumber() - 1, len(self._annotationrefs)))
        self.linkRect(words, key, box, relative=1, Border="[0 0 0]")

    def place(self, key: str, x: float, y: float) -> None:
        """Make the point (in the current coordinates) the destination `key` of links and of page references."""
        left, top = self.absolutePosition(x, y)
        self.bookmarkPage(key, fit="XYZ", left=left, top=top)
        self._placed[key] = self.getPageNumber()

    def page_reference(
        self, key: str, x: float, y: float, face: str, size: float, ink: Any, *, before: str = ""
    ) -> None:
        """Print the number of the page where `key` is ("" for the last page) after the text `before`, ending at x.

        Drawn as a form that is defined when all pages are known, so one pass over the pages is enough.
        """
        wanted = (key, face, size, ink, before)
        form = self._wanted.setdefault(wanted, f"pageref{len(self._wanted)}")
        self.saveState()
        self.translate(x, y)
        self.doForm(form)
        self.restoreState()

    def save(self) -> None:
        pages = self.getPageNumber() - 1
        for (key, face, size, ink, before), form in self._wanted.items():
            self.beginForm(form, -120, -size, 1, size)
            self.setFillColor(ink)
            self.setFont(face, size)
            self.drawRightString(0, 0, f"{before}{self._placed[key] if key else pages}")
            self.endForm()
        self._code: list[str] = []
        super().save()


def write_structure(pdf: pikepdf.Pdf, root: Element) -> None:
    """Add the structure tree below `root` to the file and mark the file as tagged.

    Elements with nothing in them are left out. Raises IndexError when content names a page that is not there.
    """
    tree = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    writer = _Writer(pdf)
    written = writer.write(root, tree)
    if written is not None:
        tree.K = Array([written])
    numbers: list[Any] = []
    for index, (page, marks) in enumerate(zip(writer.pages, writer.owners, strict=True)):
        page.StructParents = index
        page.Tabs = Name.S
        numbers += [index, pdf.make_indirect(Array([marks[mark] for mark in range(len(marks))]))]
    for index, owner in enumerate(writer.links, start=len(writer.pages)):
        numbers += [index, owner]
    tree.ParentTree = pdf.make_indirect(Dictionary(Nums=Array(numbers)))
    tree.ParentTreeNextKey = len(writer.pages) + len(writer.links)
    pdf.Root.StructTreeRoot = tree
    pdf.Root.MarkInfo = Dictionary(Marked=True)


class _Writer:
    """Writes elements, and keeps which one owns each mark (by page) and each link (in the order met)."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self.pdf = pdf
        self.pages = [page.obj for page in pdf.pages]
        self.owners: list[dict[int, pikepdf.Object]] = [{} for _ in self.pages]
        self.links: list[pikepdf.Object] = []

    def write(self, element: Element, parent: pikepdf.Object) -> pikepdf.Object | None:
        made = self.pdf.make_indirect(Dictionary(S=Name(f"/{element.tag}"), P=parent))
        home = next((kid.page for kid in element.kids if isinstance(kid, Mark)), None)
        if home is not None:
            made.Pg = self.pages[home]
        kids = [kid for kid in (self._kid(each, made, home) for each in element.kids) if kid is not None]
        if not kids:
            return None
        made.K = kids[0] if len(kids) == 1 else Array(kids)
        if element.alt is not None:
            made.Alt = String(element.alt)
        if element.scope is not None:
            made.A = Dictionary(O=Name.Table, Scope=Name(f"/{element.scope}"))
        return made

    def _kid(self, kid: Element | Mark | Note, owner: pikepdf.Object, home: int | None) -> Any:
        if isinstance(kid, Element):
            return self.write(kid, owner)
        page = self.pages[kid.page]
        if isinstance(kid, Mark):
            self.owners[kid.page][kid.number] = owner
            return kid.number if kid.page == home else Dictionary(Type=Name.MCR, Pg=page, MCID=kid.number)
        note = page.Annots[kid.number]
        note.StructParent = len(self.pages) + len(self.links)
        self.links.append(owner)
        return Dictionary(Type=Name.OBJR, Pg=page, Obj=note)
