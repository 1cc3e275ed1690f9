"""The report's own typefaces: vendored, embedded, the same on every machine."""

import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FOLDER = Path(__file__).resolve().parents[2] / "static" / "vendor" / "fonts"

SERIF = "SourceSerif4-Regular"
SERIF_BOLD = "SourceSerif4-SemiBold"
SERIF_ITALIC = "SourceSerif4-Italic"
SANS = "SourceSans3-Regular"
SANS_BOLD = "SourceSans3-SemiBold"
MONO = "SourceCodePro-Regular"
FACES = (SERIF, SERIF_BOLD, SERIF_ITALIC, SANS, SANS_BOLD, MONO)

# Look-alikes that differ only in where a line may break.
SPELLED = {"\u2011": "-", "\u00ad": "", "\u00a0": " "}


@cache
def register() -> None:
    """Make the faces known to ReportLab. Raises ReportLab's TTFError when a vendored file is missing."""
    for face in FACES:
        # Shaping depends on an optional library: off, so that a machine which has it prints the same bytes.
        pdfmetrics.registerFont(TTFont(face, FOLDER / f"{face}.ttf", shapable=False))
    pdfmetrics.registerFontFamily(SERIF, normal=SERIF, bold=SERIF_BOLD, italic=SERIF_ITALIC, boldItalic=SERIF_BOLD)
    pdfmetrics.registerFontFamily(SANS, normal=SANS, bold=SANS_BOLD, italic=SANS, boldItalic=SANS_BOLD)
    pdfmetrics.registerFontFamily(MONO, normal=MONO, bold=MONO, italic=MONO, boldItalic=MONO)


@cache
def coverage(face: str) -> frozenset[int]:
    """The code points that the face has a glyph for."""
    register()
    return frozenset(pdfmetrics.getFont(face).face.charToGlyph)


def printable(text: str, face: str) -> str:
    """The text with all that cannot be printed spelled out, so that no name is ever silently changed or lost.

    White space becomes single spaces; a character without a glyph, a control or a direction mark (which could make a
    name read as another) becomes its code point: ``‹U+202E›``. Composed to NFC, since the faces place no loose accents.
    """
    glyphs = coverage(face)
    out: list[str] = []
    for character in unicodedata.normalize("NFC", " ".join(text.split())):
        character = SPELLED.get(character, character)
        if not character or (ord(character) in glyphs and unicodedata.category(character) not in ("Cc", "Cf", "Mn")):
            out.append(character)
        else:
            out.append(f"‹U+{ord(character):04X}›")
    return "".join(out)


@lru_cache(maxsize=16_384)
def _advance(word: str, face: str) -> float:
    return float(pdfmetrics.stringWidth(word, face, 1))


def width(text: str, face: str, size: float) -> float:
    """The width of the printed text in points."""
    return _advance(text, face) * size


def wrap(text: str, face: str, size: float, room: float) -> list[str]:
    """Break printable text into lines no wider than `room` points; a word too long for a line is cut.

    Returns at least one line. Digests, paths and long identifiers are cut wherever the line ends.
    """
    lines: list[str] = []
    line, used = "", 0.0
    space = width(" ", face, size)
    for word in text.split(" "):
        # Advances add up: the faces are set without kerning. So each word is measured once, however it is joined.
        long = width(word, face, size)
        if not line:
            joined, total = word, long
        else:
            joined, total = f"{line} {word}", used + space + long
        if total <= room:
            line, used = joined, total
            continue
        if line:
            lines.append(line)
        while long > room and len(word) > 1:
            fits = _fitting(word, face, size, room)
            lines.append(word[:fits])
            word = word[fits:]
            long = width(word, face, size)
        line, used = word, long
    lines.append(line)
    return lines


def clip(text: str, face: str, size: float, room: float) -> str:
    """The text, or as much of its beginning as fits in `room` points with an ellipsis."""
    if width(text, face, size) <= room:
        return text
    fits = _fitting(text, face, size, room - width("…", face, size))
    return text[:fits].rstrip() + "…"


def _fitting(text: str, face: str, size: float, room: float) -> int:
    """How many characters of the text fit, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle], face, size) <= room:
            low = middle
        else:
            high = middle - 1
    return low
