"""Tagged PDF: what is a heading, a paragraph, a table cell or a figure, for readers who hear the page.

ReportLab has no tagging, so it is done in two halves (ISO 32000-1, 14.7 and 14.8). While pages are drawn a
`TaggedCanvas` brackets each piece of content with a marked-content id and notes it under its `Element`; afterwards
`structure` turns the elements into the file's structure tree. Running heads, rules and repeated table heads are
artifacts: they are no part of what the report says. Claimed is "tagged", not PDF/UA: nothing here has been through a
conformance checker.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reportlab.lib.rl_accel import fp_str
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from governance.reports import fonts
from governance.reports.packing import packed


class Mark(NamedTuple):
    """Marked content: the page, from 0, and the id on it."""

    page: int
    number: int


class Note(NamedTuple):
    """A link's clickable area: the page, from 0, and its place among the page's annotations."""

    page: int
    number: int


class Cells(NamedTuple):
    """A row of cells on a page (from 0), each of which is one piece of content: ids from `first` up to `end`.

    Most of a long table is that; six elements for each row of a hundred thousand would not fit in memory.
    """

    page: int
    first: int
    end: int


@dataclass(eq=False, slots=True)
class Element:
    """One structure element: a standard type, and what belongs to it in reading order."""

    tag: str
    alt: str | None = None
    scope: str | None = None
    """of a header cell: "Column" or "Row" """
    kids: list["Element | Cells | Mark | Note"] = field(default_factory=list)

    def child(self, tag: str, *, alt: str | None = None, scope: str | None = None) -> "Element":
        """A new last child."""
        element = Element(tag, alt=alt, scope=scope)
        self.kids.append(element)
        return element


class LetteredCanvas(Canvas):
    """A ReportLab canvas that sets what a face lacks in the face that has it."""

    def drawString(self, x: float, y: float, text: str, **keywords: Any) -> None:  # noqa: N802  # ReportLab's name
        parts = fonts.pieces(text, self._fontname)
        if all(face == self._fontname for face, _ in parts):
            super().drawString(x, y, text, **keywords)
            return
        line = self.beginText(x, y)
        for face, part in parts:
            line.setFont(face, self._fontsize, self._leading)
            line.textOut(part)
        self.drawText(line)

    def drawRightString(self, x: float, y: float, text: str, **keywords: Any) -> None:  # noqa: N802  # ReportLab's name
        self.drawString(x - fonts.width(text, self._fontname, self._fontsize), y, text, **keywords)


class TaggedCanvas(LetteredCanvas):
    """A ReportLab canvas that marks content and knows page numbers that come later."""

    def __init__(self, *args: Any, **keywords: Any) -> None:
        self._face: tuple[str, float, Any] | None = None
        self._set = ""
        # ReportLab starts every page in Helvetica, which is not embedded.
        super().__init__(*args, **{**keywords, "initialFontName": fonts.SANS})
        self._marks = 0
        self._inside = False
        self._placed: dict[str, int] = {}
        self._wanted: dict[tuple[str, str, float, Any, str], str] = {}

    @contextmanager
    def marked(self, element: Element | None) -> Iterator[None]:
        """Bracket what is drawn within: as content of the element, or as an artifact for None."""
        if element is not None:
            element.kids.append(Mark(self.getPageNumber() - 1, self._marks))
        self.begin(element.tag if element is not None else None)
        try:
            yield
        finally:
            self.end()

    def begin(self, tag: str | None) -> None:
        """Begin a piece of content of the tag, under the next id, or an artifact for None; see `marked`."""
        if self._inside:
            raise RuntimeError("marked content inside marked content: close the outer one first")
        self._inside = True
        if tag is None:
            self._code.append("/Artifact BMC")
        else:
            self._code.append(f"/{tag} <</MCID {self._marks}>> BDC")
            self._marks += 1

    def end(self) -> None:
        """End what `begin` began."""
        self._code.append("EMC")
        self._inside = False

    def cells(self, table: Element, count: int) -> None:
        """Note that the next `count` pieces of content are the cells of a row of the table."""
        table.kids.append(Cells(self.getPageNumber() - 1, self._marks, self._marks + count))

    def line_of(self, words: str, x: float, y: float) -> None:
        """Draw printable words as `drawString` does, in a tenth of the time where they are ASCII.

        ReportLab sets ASCII in the first subset of a face, each character under its own code (`asciiReadable`).
        """
        if not words or not words.isascii():
            self.drawString(x, y, words)
            return
        if not self._set:
            self.drawString(x, y, words)
            name = pdfmetrics.getFont(self._fontname).getSubsetInternalName(0, self._doc)
            self._set = f"{name} {fp_str(self._fontsize)} Tf {fp_str(self._leading)} TL"
            return
        if "(" in words or ")" in words or "\\" in words:
            words = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self._code.append(f"BT 1 0 0 1 {fp_str(x, y)} Tm {self._set} ({words}) Tj T* ET")

    def face(self, name: str, size: float, ink: Any) -> None:
        """Set typeface and ink, unless they are set already: long tables are told the same for every line."""
        if self._face != (name, size, ink):
            self.setFillColor(ink)
            self.setFont(name, size)
            self._face = (name, size, ink)

    def setFont(self, *args: Any, **keywords: Any) -> None:  # noqa: N802  # ReportLab's name
        super().setFont(*args, **keywords)
        self._face, self._set = None, ""

    def setFillColor(self, *args: Any, **keywords: Any) -> None:  # noqa: N802  # ReportLab's name
        super().setFillColor(*args, **keywords)
        self._face = None

    def saveState(self) -> None:  # noqa: N802  # ReportLab's name
        super().saveState()
        self._face = None

    def restoreState(self) -> None:  # noqa: N802  # ReportLab's name
        super().restoreState()
        self._face, self._set = None, ""

    def showPage(self) -> None:  # noqa: N802  # ReportLab's name
        number = self.getPageNumber()
        super().showPage()
        self._pack(number)
        self._marks = 0
        self._face, self._set = None, ""

    def _pack(self, number: int) -> None:
        """Pack a page's content at once: the text of a thousand pages is long."""
        page = self._doc.Pages.pages[number - 1]
        [content] = packed([page.stream.encode("latin-1")])
        stream = pdfdoc.PDFStream(content=content, filters=[])
        stream.dictionary["Filter"] = pdfdoc.PDFName("FlateDecode")
        page.Contents, page.stream = stream, None

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
