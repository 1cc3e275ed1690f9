"""One page's content stream, read by the strict grammar that our typesetter writes: text, shapes, and whose they are.

A content stream can do far more than put words on paper: it can hide them, clip them, paint over them, say others to
who copies them. None of that is written by our typesetter, so none of it is read here: what is not in the grammar is
refused, by naming it. Operators: ISO 32000-1, Annex A.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from governance.proof.words.style import CJK, LARGEST, SMALLEST, THICKEST
from governance.proof.words.typefaces import Subset

Matrix = tuple[float, float, float, float, float, float]
SAME: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_UPWARDS = (0.0, 1.0, -1.0, 0.0)
DEEPEST = 2  # forms within forms
_NUM = rb"-?(?:\d+\.?\d*|\.\d+)"
_N = rb"(" + _NUM + rb")"
_PLAIN = rb"[^()\\\x00-\x1f\x7f-\xff]*"
_S = rb"\((" + _PLAIN + rb"(?:\\(?:[()\\]|[0-3][0-7]{2})" + _PLAIN + rb")*)\)"
_SET = rb"/(F\d+\+\d+) " + _N + rb" Tf " + _NUM + rb" TL"
# What most of a page consists of: a line of text with the marks around it, or a straight line; else any one line.
_NEXT = re.compile(
    rb"(?:(?:/(\w+) <</MCID (\d+)>> BDC\n)?BT 1 0 0 1 " + _N + rb" " + _N + rb" Tm (/F\d+\+\d+ " + _NUM + rb" Tf "
    + _NUM + rb" TL) " + _S + rb" Tj T\* ET(\nEMC)?|n " + _N + rb" " + _N + rb" m " + _N + rb" " + _N
    + rb" l S|[^\n]*)(?:\n|\Z)"
)  # fmt: skip
# What the setting of a text is, and what any text is made of.
_FACE = re.compile(_SET)
_PIECE = re.compile(
    rb"(?P<Tm>" + rb" ".join([_N] * 6) + rb" Tm)|(?P<rg>" + rb" ".join([_N] * 3) + rb" rg)|/(?P<font>F\d+\+\d+) "
    + _N + rb" Tf|(?P<TL>" + _N + rb" TL)|(?P<Tw>" + _N + rb" Tw)|(?P<Tj>" + _S + rb" Tj)|(?P<next>T\*)"
)  # fmt: skip
_TAGGED = re.compile(rb"/(\w+) <</MCID (\d+)>> BDC")
_DONE = re.compile(rb"/([\w.]+) Do")
_DASH = re.compile(rb"\[[\d. ]*\] [\d.]+ d")
_NUMBER = re.compile(_N)
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ENDS = frozenset({b"j", b"J", b"M"})
_PATH = {b"m": 2, b"l": 2, b"c": 6, b"re": 4, b"h": 0, b"n": 0}
_PAINT = {b"S": (False, True), b"f*": (True, False), b"f": (True, False), b"B*": (True, True), b"B": (True, True)}


class ContentError(ValueError):
    """A page draws what our typesetter never draws, or draws it so that it cannot be read."""


def height(face: str) -> float:
    """Return how high capital letters of a face stand, as a share of its size; its ideographs, of the second."""
    return 0.85 if face == CJK else 0.66


@dataclass(slots=True)
class Run:
    """Text in one line: the box from the line it stands on up to the height of its letters, its face, size and ink;
    `mark` None for furniture.

    `line` is the same for runs that stand in one line of one text object.
    """

    text: str
    x: float
    y: float
    end: float
    top: float
    size: float
    face: str
    ink: str
    mark: int | None
    line: int

    @property
    def foot(self) -> float:
        """From where up a shape would take something off its letters, rather than touch the line they stand on."""
        return self.y + (-0.1 if self.face == CJK else 0.1) * self.size

    @property
    def low(self) -> float:
        """Where its letters reach to below."""
        return self.y - 0.25 * self.size

    @property
    def high(self) -> float:
        """Where its letters reach to above."""
        return self.top + 0.1 * self.size


@dataclass(slots=True)
class Shape:
    """An area that is filled, or one piece of a line, by the box around it (left, bottom, right, top).

    `placed` is the number of texts that came before it; a `plain` rectangle fills all of its box. `points` are those
    that it leads through or, of a curve, is bent by.
    """

    box: tuple[float, float, float, float]
    filled: bool
    plain: bool
    ink: str
    mark: int | None
    placed: int
    points: Sequence[tuple[float, float]] = ()


@dataclass(slots=True)
class Content:
    """What one page shows, and by marked-content id the tag that the page itself gives it."""

    runs: list[Run] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    tags: dict[int, str] = field(default_factory=dict)
    edge: list[Run] = field(default_factory=list)
    """furniture that runs upwards"""


@dataclass(frozen=True)
class Form:
    """A form that a page may draw: its content, fonts, own forms, matrix and the box it is clipped to."""

    content: bytes
    fonts: Mapping[str, Subset]
    box: tuple[float, float, float, float]
    forms: Callable[[str], "Form"]


@dataclass(slots=True)
class _State:
    matrix: Matrix = SAME
    fill: str = "#000000"
    stroke: str = "#000000"
    width: float = 1.0


@dataclass(slots=True)
class _TextState:
    """Where the next piece of a text object goes, and in what."""

    x: float = 0.0
    y: float = 0.0
    start: float = 0.0
    size: float = 0.0
    leading: float = 0.0
    spacing: float = 0.0
    font: Subset | None = None

    def take(self, words: Sequence[bytes]) -> None:
        """Take where a text begins (Tm), how far apart its lines are (TL) or its words (Tw)."""
        if words[-1] == b"Tm":
            if words[:4] != [b"1", b"0", b"0", b"1"]:
                raise ContentError(f"found text set by {_told(b' '.join(words))}, expected it upright and unscaled")
            self.x = self.start = float(words[4])
            self.y = float(words[5])
        elif words[-1] == b"TL":
            self.leading = float(words[0])
        else:
            self.spacing = float(words[0])
            if abs(self.spacing) > 1:
                raise ContentError(f"found words {self.spacing} points apart")


def read_content(
    content: bytes,
    fonts: Mapping[str, Subset],
    forms: Callable[[str], Form],
) -> Content:
    """Return what a page's content stream draws.

    Raises:
        ContentError: it draws something that our typesetter never writes.
    """
    reader = _Reader()
    reader.read(content, fonts, forms, _State(), 0)
    if reader.mark != ():
        raise ContentError("found marked content that does not end")
    return reader.found


class _Path:
    """A path as it is drawn: the points of each of its pieces, on the page."""

    def __init__(self) -> None:
        self.pieces: list[Sequence[tuple[float, float]]] = []
        self.at = self.start = (0.0, 0.0)
        self.plain = False

    def take(self, operation: bytes, operands: Sequence[float], matrix: Matrix) -> None:
        """Take one operation: move, line, curve, rectangle, the way back to the start, or a new path."""
        if operation == b"n":
            self.pieces, self.plain = [], False
        elif operation == b"re":
            x, y, w, h = operands
            corners = [_moved(matrix, *one) for one in ((x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y))]
            self.plain = not self.pieces
            self.pieces += [corners[place : place + 2] for place in range(4)]
        else:
            points = [_moved(matrix, x, y) for x, y in zip(operands[::2], operands[1::2], strict=True)] or [self.start]
            self.plain = False
            if operation == b"m":
                self.start = points[0]
            else:
                self.pieces.append([self.at, *points])
            self.at = points[-1]


class _Reader:
    """Reads line by line: each line that our typesetter writes holds whole operations."""

    def __init__(self) -> None:
        self.found = Content()
        self.mark: tuple[()] | tuple[int | None] = ()
        self.lines = 0
        self.path = _Path()

    def read(
        self, content: bytes, fonts: Mapping[str, Subset], forms: Callable[[str], Form], state: _State, depth: int
    ) -> list[Run]:
        """Read one stream from a state on; return its runs."""
        kept: list[_State] = []
        first = len(self.found.runs)
        settings: dict[bytes, tuple[Subset | None, float]] = {}
        for match in _NEXT.finditer(content):
            tag, mark, x, y, setting, text, end, *ends = match.groups()
            if text is not None:
                if tag is not None:
                    self._begin(tag, mark)
                if setting not in settings:
                    settings[setting] = _setting(setting, fonts)
                font, size = settings[setting]
                self.lines += 1
                self._show(text, font, size, float(x), float(y), 0.0, state)
                if end is not None:
                    self._end()
                continue
            if ends[0] is not None:
                self._straight([float(part) for part in ends], state)
                continue
            state = self._line(match[0].removesuffix(b"\n"), fonts, forms, state, kept, depth)
        if kept:
            raise ContentError("found a state saved that is not restored")
        return self.found.runs[first:]

    def _line(
        self,
        line: bytes,
        fonts: Mapping[str, Subset],
        forms: Callable[[str], Form],
        state: _State,
        kept: list[_State],
        depth: int,
    ) -> _State:
        """Take one line; return the state after it."""
        operation = line[-2:]
        if operation in (b"rg", b"RG"):
            self._ink(line, state)
        elif operation in (b"MC", b"DC"):
            self._begin_or_end(line)
        elif line == b"q":
            kept.append(_State(state.matrix, state.fill, state.stroke, state.width))
        elif line == b"Q":
            if not kept:
                raise ContentError("found a state restored that was not saved")
            return kept.pop()
        elif operation == b"ET":
            self._text(line, fonts, state)
        elif operation == b"Do":
            self._form(line, forms, state, depth)
        elif line.strip() and not _DASH.fullmatch(line):
            self._operations(line.split(), state)
        return state

    def _begin_or_end(self, line: bytes) -> None:
        if line == b"EMC":
            self._end()
        elif line == b"/Artifact BMC":
            self._outside()
            self.mark = (None,)
        else:
            match = _TAGGED.fullmatch(line)
            if match is None:
                raise ContentError(f"found {_told(line)}, expected a tag with its number alone")
            self._begin(match[1], match[2])

    def _begin(self, tag: bytes, mark: bytes) -> None:
        self._outside()
        number = int(mark)
        if number != len(self.found.tags):
            raise ContentError(f"found marked content {number}, expected {len(self.found.tags)} next")
        self.found.tags[number] = tag.decode()
        self.mark = (number,)

    def _outside(self) -> None:
        if self.mark:
            raise ContentError("found marked content inside marked content")

    def _end(self) -> None:
        if not self.mark:
            raise ContentError("found the end of marked content that did not begin")
        self.mark = ()

    def _owner(self) -> int | None:
        if not self.mark:
            raise ContentError("found something drawn that is neither tagged nor furniture")
        return self.mark[0]

    def _ink(self, line: bytes, state: _State) -> None:
        if line.endswith(b" rg"):
            state.fill = _ink(line[:-3])
        else:
            state.stroke = _ink(line[:-3])

    def _form(self, line: bytes, forms: Callable[[str], Form], state: _State, depth: int) -> None:
        match = _DONE.fullmatch(line)
        if match is None or depth >= DEEPEST:
            raise ContentError(f"found {_told(line)}, expected the name of a form")
        form = forms(match[1].decode())
        inner = _State(state.matrix, state.fill, state.stroke, state.width)
        runs = self.read(form.content, form.fonts, form.forms, inner, depth + 1)
        corners = [_moved(state.matrix, x, y) for x in form.box[::2] for y in form.box[1::2]]
        left, right = min(x for x, _ in corners), max(x for x, _ in corners)
        low, high = min(y for _, y in corners), max(y for _, y in corners)
        for run in runs:
            if run.x < left - 1 or run.end > right + 1 or run.low < low - 1 or run.high > high + 1:
                raise ContentError(f"found {run.text!r} cut off by the form that draws it")

    def _operations(self, parts: Sequence[bytes], state: _State) -> None:
        """Take operations on paths, on the coordinates and on the width of lines."""
        operands: list[float] = []
        for part in parts:
            if _NUMBER.fullmatch(part):
                operands.append(float(part))
                continue
            if part in _PATH and len(operands) == _PATH[part]:
                self.path.take(part, operands, state.matrix)
            elif part in _PAINT and not operands:
                self._paint(state, *_PAINT[part])
            elif part == b"cm" and len(operands) == 6:
                a, b, c, d, e, f = operands
                state.matrix = _times((a, b, c, d, e, f), state.matrix)
            elif part == b"w" and len(operands) == 1:
                state.width = operands[0]
            elif part in _ENDS and len(operands) == 1:
                pass  # how a line ends and turns
            else:
                raise ContentError(f"found {_told(b' '.join(parts))}, which no report of ours draws")
            operands = []
        if operands:
            raise ContentError(f"found {_told(b' '.join(parts))}, which ends without an operation")

    def _paint(self, state: _State, filled: bool, stroked: bool) -> None:
        owner, path = self._owner(), self.path
        self.path = _Path()
        placed = len(self.found.runs)
        if filled and path.pieces:
            plain = path.plain and state.matrix[1] == state.matrix[2] == 0
            points = [point for piece in path.pieces for point in piece]
            self.found.shapes.append(Shape(_around(points), True, plain, state.fill, owner, placed, points))
        if not stroked:
            return
        around = state.width * _scale(state.matrix) / 2
        if around * 2 > THICKEST:
            raise ContentError(f"found a line {around * 2:.1f} points thick, expected at most {THICKEST}")
        for piece in path.pieces:
            left, low, right, high = _around(piece)
            box = (left - around, low - around, right + around, high + around)
            self.found.shapes.append(Shape(box, False, False, state.stroke, owner, placed, piece))

    def _straight(self, ends: Sequence[float], state: _State) -> None:
        """Draw a straight line, on a new path."""
        points = [_moved(state.matrix, *ends[:2]), _moved(state.matrix, *ends[2:])]
        self.path.pieces, self.path.plain = [points], False
        self._paint(state, False, True)

    def _text(self, line: bytes, fonts: Mapping[str, Subset], state: _State) -> None:
        if not line.startswith(b"BT ") or not line.endswith(b" ET"):
            raise ContentError(f"found {_told(line)}, expected text that begins with BT")
        self._pieces(line[3:-3], fonts, state)

    def _pieces(self, line: bytes, fonts: Mapping[str, Subset], state: _State) -> None:
        """Take the operations of one text object, one after the other."""
        at, text = 0, _TextState()
        self.lines += 1
        while at < len(line):
            match = _PIECE.match(line, at)
            if match is None or line[match.end() : match.end() + 1] not in (b"", b" "):
                raise ContentError(f"found {_told(line[at:])} in a text, which no report of ours writes")
            words = match[0].split(b" ")
            if match["Tj"]:
                shown = self._show(match["Tj"][1:-4], text.font, text.size, text.x, text.y, text.spacing, state)
                text.x = shown
            elif match["next"]:
                text.x, text.y = text.start, text.y - text.leading
                self.lines += 1
            elif match["rg"]:
                state.fill = _ink(match["rg"][:-3])
            elif match["font"]:
                text.font, text.size = fonts.get(match["font"].decode()), float(words[1])
            else:
                text.take(words)
            at = match.end()
            while line[at : at + 1] == b" ":
                at += 1

    def _show(
        self, text: bytes, font: Subset | None, size: float, x: float, y: float, spacing: float, state: _State
    ) -> float:
        """Note a piece of text; return where it ends, in the coordinates of its text object."""
        if font is None:
            raise ContentError("found text in a font that the page does not have")
        if b"\\" in text:
            text = _ESCAPED.sub(_unescaped, text)
        words = text.decode("latin-1").translate(font.characters)
        if "\0" in words:
            raise ContentError(f"found text in {font.face} by a code that stands for no character")
        wide = sum(map(font.advances.__getitem__, text)) * size + spacing * text.count(b" ")
        owner, matrix = self._owner(), state.matrix
        scaled = size * _scale(matrix)
        if not SMALLEST <= scaled <= LARGEST:
            raise ContentError(f"found {words!r} in a size of {scaled:.1f} points: it cannot be read")
        if not words.isascii() and any(unicodedata.category(one) in _UNSEEN for one in words if one != " "):
            raise ContentError(f"found {words!r}, which holds characters that are not seen")
        a, b, c, d, e, f = matrix
        rise = height(font.face) * size
        upright = b == c == 0 and a > 0 and d > 0
        if upright:
            left, low, right, top = a * x + e, d * y + f, a * (x + wide) + e, d * (y + rise) + f
            if right < left:  # by the spacing of words
                left, right = right, left
        else:
            left, low, right, top = _around([_moved(matrix, x, y), _moved(matrix, x + wide, y + rise)])
        run = Run(words, left, low, right, top, scaled, font.face, state.fill, owner, self.lines)
        if owner is None and matrix[:4] == _UPWARDS:
            self.found.edge.append(run)  # the mark of a page, which `layout` holds to its place
            return x + wide
        # Charts write names upwards where there is no room beside one another.
        drawn = owner is not None and self.found.tags[owner] == "Figure"
        if not upright and not (drawn and abs(a) < 1e-4 and abs(d) < 1e-4 and b > 0 > c):
            raise ContentError(f"found {words!r} turned or mirrored")
        self.found.runs.append(run)
        return x + wide


_UNSEEN = frozenset({"Cc", "Cf", "Mn", "Zs", "Zl", "Zp", "Co", "Cn"})


def _setting(said: bytes, fonts: Mapping[str, Subset]) -> tuple[Subset | None, float]:
    """Return font and size of a text as it is set."""
    match = _FACE.fullmatch(said)
    return (fonts.get(match[1].decode()), float(match[2])) if match else (None, 0.0)


def _unescaped(match: re.Match[bytes]) -> bytes:
    said = match[1]
    return bytes([int(said, 8)]) if len(said) == 3 else said


@lru_cache(maxsize=256)
def _ink(said: bytes) -> str:
    """Return a colour of three parts as it is written in `words.style`."""
    parts = said.split(b" ")
    if len(parts) != 3 or not all(_NUMBER.fullmatch(part) for part in parts):
        raise ContentError(f"found the colour {_told(said)}, expected three parts")
    return "#{:02X}{:02X}{:02X}".format(*(max(0, min(255, round(float(part) * 255))) for part in parts))


def _around(points: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _moved(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def _scale(matrix: Matrix) -> float:
    """Return by how much a length grows, at least in one direction the least: a flat text is no text."""
    a, b, c, d, _, _ = matrix
    return min(math.hypot(a, b), math.hypot(c, d))


def _told(line: bytes) -> str:
    return repr(line[:80].decode("latin-1"))
