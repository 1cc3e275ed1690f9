"""A report's pages as a reader sees and hears them: the tagged content as a tree, the furniture of each page beside it.

Only what our typesetter makes is read; anything else about the file, a page or its content is refused by naming it. So
what is returned is what is printed: every text that can be seen is in it, in the order in which it is read aloud, and
nothing in it is hidden, covered, cut off or drawn as other characters. Nothing here says whether it is true.

Not seen by this: what a faulty viewer makes of a sound file, and whether a face draws its characters so that people
take them for what they are.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, NamedTuple

from governance.proof.reading.content import Content, ContentError, Form, Run, Shape, read_content
from governance.proof.reading.layout import Layout, above, below
from governance.proof.reading.object_streams import ObjectStreams, Places
from governance.proof.reading.tree import BLOCKS, CELLS, TEXTS, Element, Piece, lines_of
from governance.proof.words.style import BOTTOM, LEFT, MEASURE, PRINTED_HIGH, PRINTED_LOW, SEAL_HEIGHT
from governance.proof.words.typefaces import FontError, Subset, read_font

__all__ = ["Element", "PageError", "Pages", "Piece", "read_pages"]

ROOT_KEYS = frozenset(
    {
        "/AF", "/AcroForm", "/Extensions", "/Lang", "/MarkInfo", "/Metadata", "/Names", "/Outlines", "/PageMode",
        "/Pages", "/Perms", "/StructTreeRoot", "/Type", "/Version", "/ViewerPreferences",
    }
)  # fmt: skip
PAGE_KEYS = frozenset(
    {
        "/Annots", "/Contents", "/MediaBox", "/Parent", "/Resources", "/Rotate", "/StructParents", "/Tabs", "/Trans",
        "/Type",
    }
)  # fmt: skip
FORM_KEYS = frozenset(
    {"/BBox", "/Filter", "/DecodeParms", "/FormType", "/Length", "/Matrix", "/Resources", "/Subtype", "/Type"}
)
_SEAL = re.compile(r"q q /BackgroundGS gs 1 0 0 1 0 0 cm /(Import[0-9a-f]{32}) Do Q Q")
LINK_KEYS = frozenset({"/Border", "/Contents", "/Dest", "/Rect", "/StructParent", "/Subtype", "/Type"})
SEAL_KEYS = frozenset({"/AP", "/F", "/FT", "/P", "/Rect", "/Subtype", "/T", "/Type", "/V"})
ELEMENT_KEYS = frozenset({"/A", "/Alt", "/K", "/P", "/Pg", "/S", "/Type"})
# What most elements are as our typesetter writes them: text of one piece, and what holds nothing but others. Any other
# form is read too, part by part.
_CELL = re.compile(rb"<</S/(\w+)/P \d+ 0 R/Pg (\d+) 0 R/K (\d+)>>\n?")
_BLOCK = re.compile(rb"<</S/(\w+)/P \d+ 0 R/K(?: (\d+) 0 R|\[(\d+(?: 0 R \d+)*) 0 R\])>>\n?")
DEEPEST = 12
_TAGS = {tag.encode(): tag for tag in BLOCKS | TEXTS}
PAPER = (595.28, 841.89)
"""A4"""


class PageError(ValueError):
    """The pages hold what no report of ours does: what they show cannot be compared with anything."""


@dataclass(frozen=True)
class Pages:
    """A report's text: the tree, by page what stands above, below and beside it, the visible seal, title, bookmarks."""

    root: Element
    heads: list[list[str]]
    feet: list[list[str]]
    edges: list[str]
    seal: list[str]
    title: str
    outline: list[str]

    @property
    def count(self) -> int:
        return len(self.feet)


def read_pages(data: bytes, places: Places | None = None) -> Pages:
    """Return what the pages of a report (the bytes of the file) show; `places` are those of its objects, where known.

    Raises:
        PageError: they hold what our typesetter never makes, or something of them cannot be seen.
    """
    import pikepdf

    try:
        with pikepdf.open(BytesIO(data), attempt_recovery=False, suppress_warnings=True) as pdf:
            pages = _File(pdf, places or Places(pdf)).read()
            # Of a name that stands twice in one dictionary some readers take the first, others the last.
            if warnings := pdf.get_warnings():
                raise PageError(f"they can be read in two ways: {warnings[0]}")
            return pages
    except PageError:
        raise
    except (ContentError, FontError) as error:
        raise PageError(str(error)) from error
    # The file is by whoever holds the seal key, and parsers fail on hostile files in ways of their own.
    except Exception as error:
        raise PageError(f"the pages cannot be read ({type(error).__name__}: {error})") from error


class _Row(NamedTuple):
    """A row that waits for its page: the number of its first piece, and the tags of its cells."""

    made: Element
    first: int
    tags: Sequence[str]

    def open(self, page: int, pieces: dict[int, Piece]) -> None:
        """Give the row its cells, and a page their pieces."""
        cells = []
        for mark, tag in enumerate(self.tags, start=self.first):
            pieces[mark] = Piece(page, tag)
            cells.append(Element(tag, (pieces[mark],), page=page))
        self.made.held = cells


class _File:
    """Reads one open file; fonts and forms that pages share are read once."""

    def __init__(self, pdf: Any, places: Places) -> None:
        self.pdf = pdf
        self.fonts: dict[tuple[int, int], Subset] = {}
        self.pieces: list[dict[int, Piece]] = []
        self.heads: list[list[str]] = []
        self.feet: list[list[str]] = []
        self.edges: list[str] = []
        self.numbers: dict[tuple[int, int], int] = {}
        self.streams = ObjectStreams(pdf, places)
        self.parts = bytearray(places.size)
        """by the number of an object whether it is a part that was read"""
        self.rows: list[list[_Row]] = []
        """by page the rows that are read with it"""
        self.shapes: dict[tuple[str, ...], tuple[str, ...]] = {}
        """the tags of the cells of a row, kept once for all rows that have the same"""

    def read(self) -> Pages:
        root = self.pdf.Root
        if strange := set(root.keys()) - ROOT_KEYS:
            raise PageError(f"the file has {_names(strange)}, which no report of ours has")
        if set(root.Names.keys()) != {"/EmbeddedFiles"}:
            raise PageError(f"the file names {_names(set(root.Names.keys()))}, expected its attachment alone")
        pages = [page.obj for page in self.pdf.pages]
        self.numbers = {page.objgen: number for number, page in enumerate(pages, start=1)}
        self.pieces = [{} for _ in pages]
        self.rows = [[] for _ in pages]
        tree = self._tree(root.StructTreeRoot)
        layout = Layout(tree)
        for number, page in enumerate(pages, start=1):
            try:
                self._page(number, page, layout)
            except (ContentError, FontError, PageError) as error:
                raise PageError(f"page {number}: {error}") from error
        layout.check_columns()
        title = str(self.pdf.docinfo.get("/Title", ""))
        return Pages(tree, self.heads, self.feet, self.edges, self._seal(), title, self._outline())

    def _page(self, number: int, found: Any, layout: Layout) -> None:
        if strange := set(found.keys()) - PAGE_KEYS:
            raise PageError(f"it has {_names(strange)}, which no page of ours has")
        box = [float(edge) for edge in found.MediaBox]
        if box[:2] != [0, 0] or any(abs(one - other) >= 0.1 for one, other in zip(box[2:], PAPER, strict=True)):
            raise PageError(f"it measures {box}, expected A4")
        if int(found.get("/Rotate", 0)) != 0 or found.get("/Trans", {}):
            raise PageError("it is turned, or moves")
        content = read_content(_stream(found.Contents), self._fonts(found.Resources), self._forms(found.Resources))
        for run in content.runs:
            beside = run.x < LEFT - 2 or run.end > LEFT + MEASURE + 2
            if beside or run.low < PRINTED_LOW or run.high > PRINTED_HIGH:
                raise PageError(f"{run.text!r} stands outside the text of the page")
        if number == 1:
            _keep_clear(content)
        self._annotations(number, found)
        for row in self.rows[number - 1]:
            row.open(number, self.pieces[number - 1])
        self._give(number, content)
        layout.check(number, content, box[3])
        for piece in self.pieces[number - 1].values():
            piece.settle()
        for row in self.rows[number - 1]:
            row.made.pack()
        # The parts have theirs, and no page is asked for them again.
        self.pieces[number - 1], self.rows[number - 1] = {}, []
        furniture = [run for run in content.runs if run.mark is None]
        self.heads.append(lines_of(run for run in furniture if above(run, box[3])))
        self.feet.append(lines_of(run for run in furniture if below(run)))
        self.edges.append("".join(run.text for run in content.edge))

    def _give(self, number: int, content: Content) -> None:
        """Give each part its texts of a page."""
        pieces = self.pieces[number - 1]
        for mark, piece in pieces.items():
            if content.tags.get(mark) != piece.tag:
                raise PageError(f"the marked content {mark} is not of the {piece.tag} that it belongs to")
        if missing := content.tags.keys() - pieces.keys():
            raise PageError(f"the marked content {min(missing)} belongs to no part of the report")
        marks: dict[int, list[Run]] = {}
        for run in content.runs:
            if run.mark is not None:
                marks.setdefault(run.mark, []).append(run)
        for mark, runs in marks.items():
            pieces[mark].runs = runs
        first = {run.mark: place for place, run in reversed(list(enumerate(content.runs)))}
        drawn: dict[int, list[Shape]] = {}
        for shape in content.shapes:
            if shape.mark is not None and pieces[shape.mark].tag == "Figure":
                drawn.setdefault(shape.mark, []).append(replace(shape, placed=shape.placed - first.get(shape.mark, 0)))
        for mark, shapes in drawn.items():
            pieces[mark].shapes = shapes

    def _fonts(self, resources: Any) -> Mapping[str, Subset]:
        if strange := set(resources.keys()) - {"/Font", "/ProcSet", "/XObject"}:
            raise PageError(f"it draws with {_names(strange)}, which no page of ours does")
        found = {}
        for name, font in resources.get("/Font", {}).items():
            if font.objgen not in self.fonts or font.objgen == (0, 0):
                self.fonts[font.objgen] = read_font(font)
            found[name[1:]] = self.fonts[font.objgen]
        return found

    def _forms(self, resources: Any) -> Any:
        def form(name: str) -> Form:
            found = resources.get("/XObject", {}).get(f"/{name}")
            if found is None or str(found.Subtype) != "/Form":
                raise PageError(f"found {name!r}, expected the name of a form")
            if strange := set(found.keys()) - FORM_KEYS:
                raise PageError(f"the form {name} has {_names(strange)}, which no form of ours has")
            if [float(part) for part in found.get("/Matrix", [1, 0, 0, 1, 0, 0])] != [1, 0, 0, 1, 0, 0]:
                raise PageError(f"the form {name} is scaled or moved")
            left, low, right, high = (float(edge) for edge in found.BBox)
            inner = found.get("/Resources", {})
            box = (min(left, right), min(low, high), max(left, right), max(low, high))
            return Form(_stream(found), self._fonts(inner), box, self._forms(inner))

        return form

    def _annotations(self, number: int, page: Any) -> None:
        for note in page.get("/Annots", []):
            kind = str(note.Subtype)
            if kind == "/Link" and set(note.keys()) == LINK_KEYS and [int(n) for n in note.Border] == [0, 0, 0]:
                continue
            box = [float(edge) for edge in note.Rect]
            if kind == "/Widget" and number == 1 and set(note.keys()) == SEAL_KEYS and box == _seal_box():
                continue
            raise PageError(f"it has an annotation {kind} with {_names(set(note.keys()))}: expected links and the seal")

    def _tree(self, tree: Any) -> Element:
        if strange := set(tree.keys()) - {"/K", "/ParentTree", "/ParentTreeNextKey", "/Type"}:
            raise PageError(f"the structure tree has {_names(strange)}, which none of ours has")
        last = [-1] * len(self.pieces)
        kids = list(tree.K)
        if len(kids) != 1:
            raise PageError(f"found {len(kids)} documents in one file, expected one")
        return self._element(kids[0].objgen[0], kids[0], last, 0)

    def _element(self, number: int, found: Any, last: list[int], depth: int) -> Element:
        """Return an element by the number of its object; `found` may be None where it is an object by itself."""
        self._take(number, depth)
        text = self.streams.text(number)
        if match := _CELL.fullmatch(text):
            tag, page, mark = match.groups()
            made = Element(_tag(tag))
            made.held = (self._mark(made, self.numbers[int(page), 0], int(mark), last),)
        elif match := _BLOCK.fullmatch(text):
            made = Element(_tag(match[1]))
            numbers = [int(kid) for kid in (match[2] or match[3]).split(b" 0 R")]
            if made.tag != "TR" or not self._row(made, numbers, last, depth + 1):
                made.held = [self._element(kid, None, last, depth + 1) for kid in numbers]
        else:
            made = self._any(self.pdf.get_object(number, 0) if found is None else found, last, depth)
        made.page = made.page or next((kid.page for kid in made.held if kid.page), 0)
        return made

    def _take(self, number: int, depth: int) -> None:
        """Note that a part is read. Raises PageError: it is too deep within others, or was read before."""
        if depth > DEEPEST or (number and self.parts[number]):
            raise PageError(f"found parts within parts more than {DEEPEST} deep, or one part in two places")
        if number:
            self.parts[number] = 1

    def _row(self, made: Element, numbers: Sequence[int], last: list[int], depth: int) -> bool:
        """Return whether a row is of cells with one piece each, one after the other on a page: it waits for that page.

        Most rows are. Read at once, those of a long table would fill the memory.
        """
        cells = [_CELL.fullmatch(self.streams.text(number)) for number in numbers]
        tags = tuple(_tag(cell[1]) for cell in cells if cell)
        pages, marks = {cell[2] for cell in cells if cell}, [int(cell[3]) for cell in cells if cell]
        if len(tags) < len(cells) or not set(CELLS).issuperset(tags) or len(pages) != 1:
            return False
        page = self.numbers[int(pages.pop()), 0]
        if marks != list(range(marks[0], marks[0] + len(marks))) or marks[0] <= last[page - 1]:
            return False  # read part by part, it is said what is wrong with it
        for number in numbers:
            self._take(number, depth)
        last[page - 1] = marks[-1]
        made.page = page
        self.rows[page - 1].append(_Row(made, marks[0], self.shapes.setdefault(tags, tags)))
        return True

    def _any(self, found: Any, last: list[int], depth: int) -> Element:
        """Return an element of any form."""
        keys = set(found.keys())
        tag = _tag(str(found.S)[1:].encode())
        if keys - ELEMENT_KEYS or ("/Alt" in keys and tag != "Figure"):
            raise PageError(f"found a part {tag} with {_names(keys - ELEMENT_KEYS) or 'words that stand for it'}")
        made = Element(tag, alt=str(found.Alt) if "/Alt" in keys else "")
        home = self.numbers[found.Pg.objgen] if "/Pg" in keys else 0
        held: list[Element | Piece] = []
        for kid in found.K if _is_array(found.K) else [found.K]:
            if isinstance(kid, int):
                held.append(self._mark(made, home, kid, last))
            elif "/MCID" in kid:
                held.append(self._mark(made, self.numbers[kid.Pg.objgen], int(kid.MCID), last))
            elif "/S" in kid:
                held.append(self._element(kid.objgen[0], kid, last, depth + 1))
            elif "/Obj" not in kid:
                raise PageError(f"found {_names(set(kid.keys()))} in a part {tag}")
        made.held = held
        return made

    def _mark(self, made: Element, number: int, mark: int, last: list[int]) -> Piece:
        if number < 1 or made.tag not in TEXTS:
            raise PageError(f"page {number}: the marked content {mark} is not of the {made.tag} that it belongs to")
        if mark <= last[number - 1]:
            raise PageError(f"page {number}: it is read in another order than it is printed")
        last[number - 1] = mark
        piece = self.pieces[number - 1][mark] = Piece(number, made.tag)
        made.page = made.page or number
        return piece

    def _seal(self) -> list[str]:
        """Return the lines of the visible seal."""
        for note in self.pdf.pages[0].obj.get("/Annots", []):
            if str(note.Subtype) != "/Widget":
                continue
            look = note.AP.N
            outer = _SEAL.fullmatch(look.read_bytes().decode("latin-1"))
            resources = look.Resources
            opaque = resources.ExtGState.BackgroundGS if outer else {}
            if outer is None or any(float(opaque[key]) != 1 for key in ("/CA", "/ca") if key in opaque):
                raise PageError("the visible seal is not drawn as seals of ours are")
            if set(opaque.keys()) - {"/CA", "/ca", "/Type"} or set(note.AP.keys()) != {"/N"}:
                raise PageError("the visible seal is not drawn as seals of ours are")
            form = self._forms(resources)(outer[1])
            content = read_content(b"/Artifact BMC\n" + form.content + b"\nEMC", form.fonts, form.forms)
            return lines_of(content.runs)
        return []

    def _outline(self) -> list[str]:
        with self.pdf.open_outline() as outline:
            waiting, found = list(outline.root), []
            while waiting:
                item = waiting.pop(0)
                if item.action is not None:
                    raise PageError(f"the bookmark {item.title!r} does something else than lead to a place")
                found.append(str(item.title))
                waiting = [*item.children, *waiting]
        return found


def _tag(said: bytes) -> str:
    """Return a tag, one object for each. Raises PageError: no report of ours has it."""
    found = _TAGS.get(said)
    if found is None:
        raise PageError(f"found a part {said.decode()}, which no report of ours has")
    return found


def _seal_box() -> list[float]:
    return [float(int(edge)) for edge in (LEFT, BOTTOM, LEFT + MEASURE, BOTTOM + SEAL_HEIGHT)]


def _keep_clear(content: Content) -> None:
    left, low, right, high = _seal_box()
    for run in content.runs:
        if run.high > low and run.low < high and run.end > left and run.x < right:
            raise PageError(f"{run.text!r} is printed where the seal goes, which covers it")


def _stream(found: Any) -> bytes:
    data: bytes = found.read_bytes()
    return data


def _is_array(found: Any) -> bool:
    import pikepdf

    return isinstance(found, pikepdf.Array)


def _names(keys: set[str]) -> str:
    return ", ".join(sorted(key.lstrip("/") for key in keys))
