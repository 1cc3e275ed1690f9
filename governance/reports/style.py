"""Measures and inks of the report, in points. Restrained: one blue, which prints as a dark grey."""

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle

from governance.proof.words import style
from governance.reports import fonts

# Pages are A4, and can be printed on US Letter (see `governance.proof.words.style.PRINTED_LOW`).
PAGE_WIDTH, PAGE_HEIGHT = A4
LEFT, TOP, BOTTOM = style.LEFT, style.TOP, style.BOTTOM
MEASURE = style.MEASURE
"""the width of the text"""
DEPTH = PAGE_HEIGHT - TOP - BOTTOM
"""the height of the text on an ordinary page"""

SEAL_HEIGHT = style.SEAL_HEIGHT
SEAL_BOX = (int(LEFT), int(BOTTOM), int(LEFT + MEASURE), int(BOTTOM + SEAL_HEIGHT))
"""where the visible seal goes on page one (left, bottom, right, top): nothing else is ever printed there"""

INK: Color = HexColor(style.INK)
BLUE: Color = HexColor(style.BLUE)
GREY: Color = HexColor(style.GREY)
RULE: Color = HexColor(style.RULE)
HAIR: Color = HexColor(style.HAIR)
PALE: Color = HexColor(style.PALE)
EDGE_INK: Color = HexColor(style.EDGE_INK)


def _paragraph(name: str, face: str, size: float, leading: float, **rest: object) -> ParagraphStyle:
    ink = rest.pop("ink", INK)
    return ParagraphStyle(
        name,
        fontName=face,
        bulletFontName=face,
        bulletFontSize=size,
        fontSize=size,
        leading=leading,
        textColor=ink,
        allowWidows=0,
        allowOrphans=0,
        **rest,
    )


fonts.register()
BODY = _paragraph("body", fonts.SERIF, 9.7, 14.0, spaceAfter=6.0, splitLongWords=1)
KICKER = _paragraph("kicker", fonts.SANS_BOLD, 9.0, 12.0, ink=GREY, spaceAfter=10.0)
TITLE = _paragraph("title", fonts.SERIF_BOLD, 25.0, 29.5, ink=BLUE, spaceBefore=2.0, spaceAfter=5.0)
SUBTITLE = _paragraph("subtitle", fonts.SERIF_ITALIC, 12.0, 16.0, ink=GREY, spaceAfter=14.0)
H1 = _paragraph("h1", fonts.SERIF_BOLD, 16.5, 20.5, ink=BLUE, spaceBefore=18.0, spaceAfter=8.0)
H2 = _paragraph("h2", fonts.SERIF_BOLD, 11.6, 15.0, spaceBefore=14.0, spaceAfter=4.0)
H3 = _paragraph("h3", fonts.SANS_BOLD, 9.8, 13.0, ink=BLUE, spaceBefore=11.0, spaceAfter=4.5)
CAPTION = _paragraph("caption", fonts.SANS, 8.2, 11.0, ink=GREY, spaceBefore=4.0, spaceAfter=4.0)
ITEM = _paragraph("item", fonts.SERIF, 9.7, 13.6, spaceAfter=3.4, leftIndent=12.5, bulletIndent=0.0)
CODE = _paragraph("code", fonts.MONO, 8.0, 12.4, leftIndent=12.5)
CODE_LAST = _paragraph("code-last", fonts.MONO, 8.0, 12.4, leftIndent=12.5, spaceAfter=9.0)
