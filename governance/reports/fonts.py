"""The report's own typefaces: vendored, embedded, the same on every machine."""

import struct
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from governance.proof.charts import lettering
from governance.proof.charts.lettering import clip, ideographic, printable, width, wrap
from governance.proof.words.style import CJK, FACES, MONO, SANS, SANS_BOLD, SERIF, SERIF_BOLD, SERIF_ITALIC

__all__ = [
    "CJK",
    "FACES",
    "MONO",
    "SANS",
    "SANS_BOLD",
    "SERIF",
    "SERIF_BOLD",
    "SERIF_ITALIC",
    "clip",
    "ideographic",
    "pieces",
    "printable",
    "register",
    "width",
    "wrap",
]

FOLDER = Path(__file__).resolve().parents[2] / "static" / "vendor" / "fonts"


@cache
def register() -> None:
    """Make the faces known to ReportLab. Raises ReportLab's TTFError when a vendored file is missing."""
    for face in FACES:
        _load(face)
    pdfmetrics.registerFontFamily(SERIF, normal=SERIF, bold=SERIF_BOLD, italic=SERIF_ITALIC, boldItalic=SERIF_BOLD)
    pdfmetrics.registerFontFamily(SANS, normal=SANS, bold=SANS_BOLD, italic=SANS, boldItalic=SANS_BOLD)
    pdfmetrics.registerFontFamily(MONO, normal=MONO, bold=MONO, italic=MONO, boldItalic=MONO)


def pieces(text: str, face: str) -> list[tuple[str, str]]:
    """The printable text part by part, each with a face that ReportLab knows; see `lettering.pieces`."""
    parts = lettering.pieces(text, face)
    if any(name == CJK for name, _ in parts):
        _second()
    return parts


@cache
def _second() -> None:
    # As large as all others together, and most reports do without.
    _load(CJK)
    pdfmetrics.registerFontFamily(CJK, normal=CJK, bold=CJK, italic=CJK, boldItalic=CJK)


def _load(face: str) -> None:
    # Shaping depends on an optional library: off, so that a machine which has it prints the same bytes.
    font = TTFont(face, FOLDER / f"{face}.ttf", shapable=False)
    # Glyphs at the end of a face share one advance, which ReportLab keeps in thousandths instead of the face's units.
    count = struct.unpack_from(">H", font.face.get_table("hhea"), 34)[0]
    metrics = font.face.hmetrics
    metrics[count:] = [(metrics[count - 1][0], bearing) for _, bearing in metrics[count:]]
    pdfmetrics.registerFont(font)
