"""What the typesetter writes with and where: the one definition that it and the reader of its pages share.

Measures are in points, from the lower left corner of the page (ISO 32000-1, 8.3.2.3).
"""

SERIF = "SourceSerif4-Regular"
SERIF_BOLD = "SourceSerif4-SemiBold"
SERIF_ITALIC = "SourceSerif4-Italic"
SANS = "SourceSans3-Regular"
SANS_BOLD = "SourceSans3-SemiBold"
MONO = "SourceCodePro-Regular"
FACES = (SERIF, SERIF_BOLD, SERIF_ITALIC, SANS, SANS_BOLD, MONO)
"""those that text is asked for in"""
CJK = "DroidSansFallback"
"""what they lack of Chinese, Japanese and Korean is set in this one, which has one weight"""

INK = "#16181D"
BLUE = "#1F3B63"
GREY = "#5B616B"
RULE = "#B9BEC6"
HAIR = "#DDE0E5"
PALE = "#F3F4F6"
WHITE = "#FFFFFF"
CONTRAST = 3.0
"""between a text and what is behind it, at least (WCAG 2.2, 1.4.11 asks for as much of what is not text)"""

SMALLEST, LARGEST = 4.0, 30.0
"""of the sizes that text is set in, after scaling"""
THICKEST = 4.0
"""of the widths of lines"""

LEFT = 62.0
TOP = 80.0
BOTTOM = 80.0
MEASURE = 471.0
"""the width of the text"""
SEAL_HEIGHT = 62.0
EDGE = 46.0
EDGE_SIZE = 22.0
EDGE_INK = "#8A909A"
"""the mark of a page up its left margin: where its letters stand, their size, an ink as light as can still be read"""
FURNITURE = 7.6
"""size of running title and footer"""
HEAD_ROOM = 28.0
"""from the top of the text up to the running title"""
FOOT_ROOM = 25.0
"""from the bottom of the text down to the footer"""

PAPER_HEIGHT = 297 * 72 / 25.4
"""of A4"""
LETTER_HEIGHT = 792.0
PRINTED_LOW = (PAPER_HEIGHT - LETTER_HEIGHT) / 2 + 18.0
PRINTED_HIGH = PAPER_HEIGHT - PRINTED_LOW
"""Between these all text lies, and so on a US Letter sheet laid over it centred, a quarter of an inch from its ends.

Letter is wider than A4, so whatever is kept from the sides of the one is from those of the other. Printed there without
scaling nothing is lost, and page 7 is page 7 on either continent.
"""
DRAWN_ABOVE = 112.0
"""heading and text above the drawing of a lineage"""
DRAWN_DEPTH = PAPER_HEIGHT - TOP - BOTTOM - DRAWN_ABOVE
"""the height that there is for that drawing on an ordinary page"""
