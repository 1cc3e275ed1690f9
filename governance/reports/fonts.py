"""The report's own typefaces: vendored, embedded, the same on every machine."""

from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from governance.proof.charts.lettering import clip, printable, width, wrap
from governance.proof.words.style import FACES, MONO, SANS, SANS_BOLD, SERIF, SERIF_BOLD, SERIF_ITALIC

__all__ = [
    "FACES",
    "MONO",
    "SANS",
    "SANS_BOLD",
    "SERIF",
    "SERIF_BOLD",
    "SERIF_ITALIC",
    "clip",
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
        # Shaping depends on an optional library: off, so that a machine which has it prints the same bytes.
        pdfmetrics.registerFont(TTFont(face, FOLDER / f"{face}.ttf", shapable=False))
    pdfmetrics.registerFontFamily(SERIF, normal=SERIF, bold=SERIF_BOLD, italic=SERIF_ITALIC, boldItalic=SERIF_BOLD)
    pdfmetrics.registerFontFamily(SANS, normal=SANS, bold=SANS_BOLD, italic=SANS, boldItalic=SANS_BOLD)
    pdfmetrics.registerFontFamily(MONO, normal=MONO, bold=MONO, italic=MONO, boldItalic=MONO)
