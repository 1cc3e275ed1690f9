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
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from reportlab.pdfgen.canvas import Canvas

from governance.reports import fonts


@dataclass(eq=False, slots=True)
class Element:
    """One structure element: standard type, children in reading order, marked content as (page from 0, id)."""

    tag: str
    alt: str | None = None
    scope: str | None = None
    """of a header cell: "Column" or "Row" """
    children: list["Element"] = field(default_factory=list)
    content: list[tuple[int, int]] = field(default_factory=list)

    def child(self, tag: str, *, alt: str | None = None, scope: str | None = None) -> "Element":
        """A new last child."""
        element = Element(tag, alt=alt, scope=scope)
        self.children.append(element)
        return element


class TaggedCanvas(Canvas):
    """A ReportLab canvas that marks content and knows page numbers that come later."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
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
            element.content.append((self.getPageNumber() - 1, self._marks))
            self._marks += 1
        self._inside = True
        try:
            yield
        finally:
            self.addLiteral("EMC")
            self._inside = False

    def showPage(self) -> None:  # noqa: N802  # ReportLab's name
        super().showPage()
        self._marks = 0

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

    Elements without content or children are left out. Raises IndexError when content names a page that is not there.
    """
    pages = [page.obj for page in pdf.pages]
    parents: list[dict[int, pikepdf.Object]] = [{} for _ in pages]
    tree = pdf.make_indirect(Dictionary(Type=Name.StructTreeRoot))

    def write(element: Element, parent: pikepdf.Object) -> pikepdf.Object | None:
        made = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name(f"/{element.tag}"), P=parent))
        kids: list[Any] = []
        if element.content:
            made.Pg = pages[element.content[0][0]]
        for page, mark in element.content:
            parents[page][mark] = made
            same = page == element.content[0][0]
            kids.append(mark if same else Dictionary(Type=Name.MCR, Pg=pages[page], MCID=mark))
        kids += [kid for kid in (write(child, made) for child in element.children) if kid is not None]
        if not kids:
            return None
        made.K = kids[0] if len(kids) == 1 else Array(kids)
        if element.alt is not None:
            made.Alt = String(element.alt)
        if element.scope is not None:
            made.A = Dictionary(O=Name.Table, Scope=Name(f"/{element.scope}"))
        return made

    written = write(root, tree)
    if written is not None:
        tree.K = Array([written])
    numbers: list[Any] = []
    for index, (page, marks) in enumerate(zip(pages, parents, strict=True)):
        page.StructParents = index
        page.Tabs = Name.S
        row = [marks[mark] for mark in range(len(marks))]
        numbers += [index, pdf.make_indirect(Array(row))]
    tree.ParentTree = pdf.make_indirect(Dictionary(Nums=Array(numbers)))
    tree.ParentTreeNextKey = len(pages)
    pdf.Root.StructTreeRoot = tree
    pdf.Root.MarkInfo = Dictionary(Marked=True)
