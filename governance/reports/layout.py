"""The pages: margins, running title, footer with digest, checkpoint and page x of y, and the pieces text is set in."""

from functools import partial
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib.fonts import ps2tt, tt2ps
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph

from governance.proof.words.style import EDGE, EDGE_SIZE, FOOT_ROOM, FURNITURE, HEAD_ROOM
from governance.proof.words.watermark import edge
from governance.reports import fonts, style
from governance.reports.model import Furniture
from governance.reports.tags import Element, TaggedCanvas

NARROWER = (0.97, 0.94, 0.91, 0.88)
"""of the width there is, where lines are broken sooner so that their last is more than one word"""


class Prose(Paragraph):
    """A tagged paragraph. `key` makes its top a destination, `level` an entry of the bookmarks."""

    tag: Element | None = None
    key: str | None = None
    level: int | None = None
    plain = ""

    @classmethod
    def of(
        cls,
        text: str,
        face: ParagraphStyle,
        tag: Element,
        *,
        key: str | None = None,
        level: int | None = None,
        bullet: str | None = None,
        lead: str | None = None,
    ) -> "Prose":
        """Plain text, escaped and made printable; `lead` is set in bold before it."""
        plain, said = fonts.printable(text, face.fontName), fonts.printable(lead or "", face.fontName)
        markup = f"<b>{_pieces(said, face)}</b>  " if said else ""
        markup += _marked_up(plain, face, f"{said}  " if said else "")
        made = cls(markup, face, bulletText=bullet)
        made.tag, made.key, made.level, made.plain = tag, key, level, plain
        return made

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:
        """Break it into lines; a last line of one word is given company where that costs no line."""
        width, height = map(float, super().wrap(available_width, available_height))
        if not self._lonely():
            return width, height
        for share in NARROWER:
            super().wrap(available_width * share, available_height)
            if self.height == height and not self._lonely():
                return width, height
        super().wrap(available_width, available_height)
        return width, height

    def _lonely(self) -> bool:
        """Whether the last of several lines is one word."""
        lines = self.blPara.lines
        if len(lines) < 2:
            return False
        last = lines[-1]
        words = last[1] if isinstance(last, tuple) else [word for piece in last.words for word in piece.text.split()]
        return len(words) == 1

    def split(self, available_width: float, available_height: float) -> list["Prose"]:
        parts: list[Prose] = super().split(available_width, available_height)
        for part in parts:
            part.tag = self.tag
        if parts:
            parts[0].key, parts[0].level, parts[0].plain = self.key, self.level, self.plain
        return parts

    def draw(self) -> None:
        canvas: TaggedCanvas = self.canv
        if self.key is not None:
            canvas.place(self.key, 0, self.height + 6)
            if self.level is not None:
                canvas.addOutlineEntry(self.plain, self.key, self.level, closed=self.level > 0)
        with canvas.marked(self.tag):
            super().draw()


def _pieces(plain: str, face: ParagraphStyle) -> str:
    """Escape a text, and name the other face where it needs one."""
    parts = fonts.pieces(plain, face.fontName)
    return "".join(
        escape(part) if name == face.fontName else f'<font name="{name}">{escape(part)}</font>' for name, part in parts
    )


def _marked_up(plain: str, face: ParagraphStyle, before: str) -> str:
    """Escape a text. What ReportLab breaks nowhere or anywhere is broken as in tables.

    That is a name too long for a line, which begins one, and all text with Chinese or Japanese in it. `before` stands
    before the text, in bold.
    """
    room = style.MEASURE - face.leftIndent - face.rightIndent
    if fonts.ideographic(plain):
        bold = tt2ps(ps2tt(face.fontName)[0], 1, 0)
        taken = fonts.width(before, bold, face.fontSize)
        return "<br/>".join(_pieces(line, face) for line in _filled(plain, face, room, taken))
    parts: list[str] = []
    for word in plain.split(" "):
        lines = fonts.wrap(word, face.fontName, face.fontSize, room)
        begins = "<br/>" if len(lines) > 1 and (parts or before) else ""
        parts.append(begins + "<br/>".join(_pieces(line, face) for line in lines))
    return " ".join(parts)


def _filled(plain: str, face: ParagraphStyle, room: float, taken: float) -> list[str]:
    """Break a text as in tables; a last line of one word is given company where that costs no line."""
    lines = fonts.wrap(plain, face.fontName, face.fontSize, room, taken=taken)
    for share in NARROWER:
        if len(lines) == 1 or " " in lines[-1] or fonts.ideographic(lines[-1]):
            break
        closer = fonts.wrap(plain, face.fontName, face.fontSize, room * share, taken=taken)
        lines = closer if len(closer) == len(lines) else lines
    return lines


def typeset(data: Furniture, story: list[Flowable]) -> bytes:
    """The pages as an untagged, unsealed PDF; the elements of the story know their content afterwards.

    The story is used up: what is set is freed. The same story gives the same bytes: no clock, no random id, and packed
    by the pinned zlib.
    """
    out = BytesIO()
    # Not packed by ReportLab, which has the machine's own zlib: that may pack differently.
    template = BaseDocTemplate(
        out, pagesize=(style.PAGE_WIDTH, style.PAGE_HEIGHT), pageCompression=0, invariant=1, allowSplitting=1,
        title=data.title, author="Countersign", subject=data.kind, creator="Countersign", lang="en-GB",
    )  # fmt: skip
    seal = style.SEAL_HEIGHT + 14 if data.sealed else 0
    first = Frame(style.LEFT, style.BOTTOM + seal, style.MEASURE, style.DEPTH - seal + 18, 0, 0, 0, 0, id="first")
    later = Frame(style.LEFT, style.BOTTOM, style.MEASURE, style.DEPTH, 0, 0, 0, 0, id="later")
    template.addPageTemplates(
        [
            PageTemplate(id="first", frames=[first], onPage=partial(_first_page, data), autoNextPageTemplate="later"),
            PageTemplate(id="later", frames=[later], onPage=partial(_later_page, data)),
        ]
    )
    template.build(story, canvasmaker=TaggedCanvas)
    return out.getvalue()


def _first_page(data: Furniture, canvas: TaggedCanvas, _: BaseDocTemplate) -> None:
    canvas.showOutline()
    if data.sealed:
        left, bottom, right, top = style.SEAL_BOX
        with canvas.marked(None):
            canvas.setStrokeColor(style.RULE)
            canvas.setLineWidth(0.5)
            canvas.rect(left, bottom, right - left, top - bottom)
    _footer(data, canvas)


def _later_page(data: Furniture, canvas: TaggedCanvas, _: BaseDocTemplate) -> None:
    y = style.PAGE_HEIGHT - style.TOP + HEAD_ROOM
    with canvas.marked(None):
        canvas.setFillColor(style.GREY)
        canvas.setFont(fonts.SANS, FURNITURE)
        room = style.MEASURE * 0.62
        title = fonts.printable(f"{data.kind}: {data.title}", fonts.SANS)
        canvas.drawString(style.LEFT, y, fonts.clip(title, fonts.SANS, FURNITURE, room))
        project = fonts.clip(
            fonts.printable(data.project, fonts.SANS), fonts.SANS, FURNITURE, style.MEASURE - room - 12
        )
        canvas.drawRightString(style.LEFT + style.MEASURE, y, project)
        canvas.setStrokeColor(style.RULE)
        canvas.setLineWidth(0.5)
        canvas.line(style.LEFT, y - 6, style.LEFT + style.MEASURE, y - 6)
    _footer(data, canvas)


def _mark(data: Furniture, canvas: TaggedCanvas) -> None:
    """Print up the left margin that the subject is not signed off; page one says the same to who does not see it."""
    if not data.mark:
        return
    said = edge(data.mark)
    start = (style.PAGE_HEIGHT - fonts.width(said, fonts.SANS_BOLD, EDGE_SIZE)) / 2
    with canvas.marked(None):
        canvas.saveState()
        canvas.setFillColor(style.EDGE_INK)
        canvas.setFont(fonts.SANS_BOLD, EDGE_SIZE)
        canvas.transform(0, 1, -1, 0, EDGE, start)
        canvas.drawString(0, 0, said)
        canvas.restoreState()


def _footer(data: Furniture, canvas: TaggedCanvas) -> None:
    y, right = style.BOTTOM - FOOT_ROOM, style.LEFT + style.MEASURE
    _mark(data, canvas)
    with canvas.marked(None):
        canvas.setStrokeColor(style.RULE)
        canvas.setLineWidth(0.5)
        canvas.line(style.LEFT, y + 11, right, y + 11)
        for line, (label, code) in enumerate(data.foot):
            base = y - line * 10
            canvas.setFillColor(style.GREY)
            canvas.setFont(fonts.SANS, FURNITURE)
            canvas.drawString(style.LEFT, base, label)
            x = style.LEFT + fonts.width(label, fonts.SANS, FURNITURE) + 5
            canvas.setFont(fonts.MONO, 6.0)
            canvas.drawString(x, base, fonts.clip(code, fonts.MONO, 6.0, right - x - 80))
        canvas.page_reference(
            "", right, y, fonts.SANS, FURNITURE, style.GREY, before=f"Page {canvas.getPageNumber()} of "
        )
