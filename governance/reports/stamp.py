"""The visible seal, drawn with the report's own faces at exactly the size of its reserved box."""

from datetime import datetime
from io import BytesIO

from governance.reports import fonts, style, words
from governance.reports.tags import LetteredCanvas


def draw_stamp(*, name: str, reason: str, at: datetime, certificate: str, fingerprint: bytes) -> bytes:
    """One page of the seal box's size: who sealed, why, when, by which certificate. Long values are cut to the box."""
    left, bottom, right, top = style.SEAL_BOX
    wide, high = right - left, top - bottom
    out = BytesIO()
    canvas = LetteredCanvas(out, pagesize=(wide, high), initialFontName=fonts.SANS, invariant=1)
    canvas.setStrokeColor(style.BLUE)
    canvas.setLineWidth(0.9)
    canvas.rect(0.5, 0.5, wide - 1, high - 1)
    canvas.setFillColor(style.BLUE)
    canvas.rect(0.5, 0.5, 5, high - 1, stroke=0, fill=1)
    lines = (
        (f"Sealed by {name}", fonts.SANS_BOLD, 9.6, style.BLUE),
        (reason, fonts.SANS, 8.4, style.INK),
        (f"{words.moment(at)}   ·   certificate: {certificate}", fonts.SANS, 7.8, style.GREY),
        (f"SHA-256 {fingerprint.hex()}", fonts.MONO, 6.6, style.GREY),
    )
    y = high - 15.5
    for text, face, size, ink in lines:
        canvas.setFillColor(ink)
        canvas.setFont(face, size)
        canvas.drawString(17, y, fonts.clip(fonts.printable(text, face), face, size, wide - 30))
        y -= 13.0
    canvas.showPage()
    canvas.save()
    return out.getvalue()
