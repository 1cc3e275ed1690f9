"""From the facts of a report to its pages, in order: page one, contents, register, drawing, documents, sections."""

from collections.abc import Iterator, Sequence

from reportlab.platypus import CondPageBreak, Flowable, PageBreak, Spacer

from governance.proof.pages.report import BRIEF, BRIEF_HEAD, ONE_BY_ONE
from governance.proof.sections.blocks import Commands, Fact, Paragraph
from governance.proof.words import running_text, watermark
from governance.proof.words.printed import second
from governance.proof.words.style import DRAWN_ABOVE
from governance.reports import style, tables, words
from governance.reports.blocks import block, facts_table, prose
from governance.reports.drawing import Drawing
from governance.reports.layout import Prose
from governance.reports.model import Node, ReportData, Section, Standing
from governance.reports.tags import Element
from governance.reports.verification import how_to_verify

STANDING = {
    Standing.SIGNED: "Signed",
    Standing.UNSIGNED: "Signatures missing",
    Standing.WITHDRAWN: "No longer in force",
    Standing.RECORDED: "Recorded",
}


ABOVE_BRIEF = 220.0
"""points of heading, text and first rows where documents are listed by a line each: the text does not stand alone"""
HEADINGS = (style.H1.name, style.H3.name)
FEW = 3
"""paragraphs below a heading from which on it needs no room of what follows them"""


def compose(data: ReportData, root: Element) -> list[Flowable]:
    """The whole story; its structure elements are hung below `root` in reading order."""
    sections = (*data.sections, how_to_verify())
    drawn: tuple[str, ...] = ("Documents at a glance", "The lineage, drawn") if data.drawn else ()
    listed: tuple[str, ...] = (BRIEF if data.in_brief else ONE_BY_ONE,) if data.nodes else ()
    titles = (*(s.title for s in data.first), *drawn, *listed, *(s.title for s in sections))
    story: list[Flowable] = list(_page_one(data, root.child("Sect")))
    contents = _contents(titles, root.child("Sect"))
    # On a page of its own, unless page one has run over onto the next, and all of it fits there.
    tall = sum(each.wrap(style.MEASURE, style.DEPTH)[1] for each in contents)
    story += [CondPageBreak(min(max(style.DEPTH / 2, tall + 40), style.DEPTH)), *contents]
    before = len(data.first)
    # A short table of contents shares its page with the section it leads to.
    story += [CondPageBreak(style.DEPTH * 0.6)] if data.first else []
    for number, section in enumerate(data.first, start=1):
        story += numbered(number, section, root.child("Sect"))
    if data.drawn:
        story += [PageBreak()] if before else []
        story += _register(data, before + 1, drawn[0], root.child("Sect"))
        story += _drawing(data, before + 2, drawn[1], root.child("Sect"))
    before += len(drawn)
    if listed and data.in_brief:
        story += _in_brief(data, before + 1, titles[before], root.child("Sect"))
    elif listed:
        # What leads to nothing but them shares their page when it is short.
        story += [PageBreak() if before else CondPageBreak(style.DEPTH * 0.6)]
        story += _documents(data, before + 1, titles[before], root.child("Sect"))
    before += len(listed)
    for number, section in enumerate(sections, start=before + 1):
        story += numbered(number, section, root.child("Sect"))
    return story


def _heading(number: int, title: str, tag: Element) -> list[Flowable]:
    head = Prose.of(f"{number}   {title}", style.H1, tag.child("H1"), key=f"section-{number}", level=0)
    return [CondPageBreak(130), head]


def _page_one(data: ReportData, tag: Element) -> Iterator[Flowable]:
    """What it is, of what, as of when, at which checkpoint; exceptions; what it proves and what it does not."""
    known = data.by_digest.get(data.subject)
    standing = (Fact("Standing", data.nodes[known - 1].status),) if known else ()
    yield Prose.of(f"Countersign   ·   {data.kind}", style.KICKER, tag.child("P"))
    yield Prose.of(data.title, style.TITLE, tag.child("H1"), key="page-one", level=0)
    yield Prose.of(_where(data), style.SUBTITLE, tag.child("P"))
    yield facts_table(
        (
            Fact("Subject", data.subject, code=True, link=data.subject if known else None),
            Fact("As of", f"{words.moment(data.generated_at)}, the time of the last ledger entry covered"),
            *((Fact(watermark.LABEL, watermark.said(data.mark)),) if data.mark else ()),
            *(data.lead or standing),
            Fact("Checkpoint", words.plural(data.ledger_size, "ledger entry", "ledger entries")),
            Fact("Ledger root", data.checkpoint_root, code=True),
            Fact("Covers", _covers(data)),
        ),
        tag,
    )
    yield Prose.of("Exceptions", style.H3, tag.child("H2"))
    listed = tag.child("L")
    if data.demo:
        yield item(running_text.DEMONSTRATION, listed, lead="Demonstration.")
    for notice in data.exceptions:
        number = data.by_digest.get(notice.link or "")
        where = running_text.see(number) if number else ""
        yield item(notice.text + where, listed, lead=f"{notice.label}.")
    if not data.exceptions:
        yield item(running_text.no_exception(plain=data.plain), listed, lead="None.")
    for title, items in (("What this report proves", data.proves), ("What it does not prove", data.does_not_prove)):
        yield CondPageBreak(62)
        yield Prose.of(title, style.H3, tag.child("H2"))
        listed = tag.child("L")
        for text in items:
            yield item(text, listed)


def _where(data: ReportData) -> str:
    place = data.project if data.subject == "organisation" else f"the project {data.project}"
    return f"{data.subject_kind} of {place}"


def _covers(data: ReportData) -> str:
    if not data.nodes:
        return "ledger entries; the evidence is attached to this file"
    signatures = 1 if data.kind == "Signing receipt" else sum(len(node.signatures) for node in data.nodes)
    documents = words.plural(len(data.nodes), "document", "documents")
    return f"{documents}, {words.plural(signatures, 'signature', 'signatures')}; the evidence is attached to this file"


def item(text: str, listed: Element, *, lead: str | None = None) -> Flowable:
    """An item of a list, with a lead in bold."""
    return Prose.of(text, style.ITEM, listed.child("LI").child("LBody"), bullet="–", lead=lead)


def _contents(titles: Sequence[str], tag: Element) -> list[Flowable]:
    columns = tables.lanes((5, 85, 10), (False, False, True))
    rows = [
        tables.row(
            (
                (tables.Text(str(number), tables.LABEL),),
                (tables.Text(title, tables.LINKED, link=f"section-{number}"),),
                (tables.Text("", tables.LABEL, page=f"section-{number}"),),
            ),
            columns,
        )
        for number, title in enumerate(titles, start=1)
    ]
    return [
        Prose.of("Contents", style.H2, tag.child("H2"), key="contents", level=0),
        tables.Table(columns, rows, tag.child("Table"), rules=False),
    ]


def _register(data: ReportData, number: int, title: str, tag: Element) -> list[Flowable]:
    columns = tables.lanes((4.5, 20, 37, 17, 15, 6.5), (True, False, False, False, False, True))
    names = ("", "Document", "Title", "Standing", "Digest", "Page")
    head = tables.row([(tables.Text(name, tables.HEAD),) for name in names], columns)
    rows = [
        tables.row(
            (
                (tables.Text(str(data.by_digest[node.digest]), tables.LABEL),),
                (
                    tables.Text(node.kind, tables.LINKED, link=node.digest),
                    tables.Text(f"version {node.number}", tables.QUIET),
                ),
                (tables.Text(node.title),),
                (tables.Text(STANDING[node.standing], tables.TEXT),),
                (tables.Text(words.short(node.digest), tables.CODE),),
                (tables.Text("", tables.LABEL, page=node.digest),),
            ),
            columns,
        )
        for node in data.nodes
    ]
    return [*_heading(number, title, tag), tables.Table(columns, rows, tag.child("Table"), head=head)]


def _in_brief(data: ReportData, number: int, title: str, tag: Element) -> list[Flowable]:
    """Every document in a line: what it is, how it stands, its digest, who froze it and when."""
    columns = tables.lanes((4, 14, 20, 29, 22, 15.5, 5.5), (True, False, False, False, False, False, True))
    head = tables.row([(tables.Text(name, tables.HEAD),) for name in BRIEF_HEAD], columns)
    rows = [
        tables.row(
            (
                (tables.Text(str(data.by_digest[node.digest]), tables.LABEL, key=node.digest),),
                (tables.Text(node.kind), tables.Text(f"version {node.number}", tables.QUIET)),
                (tables.Text(node.title),),
                (tables.Text(STANDING[node.standing], tables.STRONG), tables.Text(node.status, tables.QUIET)),
                (tables.Text(node.digest.removeprefix("sha256:"), tables.CODE),),
                (
                    tables.Text(second(node.created_at) if node.created_at else words.UNKNOWN),
                    tables.Text(node.author or words.UNKNOWN, tables.QUIET),
                ),
                (tables.Text(words.count(node.entry) if node.entry is not None else words.UNKNOWN, tables.LABEL),),
            ),
            columns,
        )
        for node in data.nodes
    ]
    story = [CondPageBreak(ABOVE_BRIEF), *_heading(number, title, tag), prose(data.in_brief, tag)]
    return [*story, tables.Table(columns, rows, tag.child("Table"), head=head)]


def _drawing(data: ReportData, number: int, title: str, tag: Element) -> list[Flowable]:
    intro = running_text.DRAWN
    head = _heading(number, title, tag)
    # Made before the drawing: it is read in the order in which it is printed.
    said = tag.child("P")
    drawing = Drawing(data, tag)
    left = len(data.nodes) - len(drawing.picture.plan.drawn)
    if left:
        intro += running_text.too_far(left)
    # On what is left of a page where all of it fits there, else on the next.
    room = CondPageBreak(min(drawing.height + DRAWN_ABOVE, style.DEPTH))
    return [room, *head, Prose.of(intro, style.BODY, said), Spacer(0, 4), drawing]


def _documents(data: ReportData, number: int, title: str, tag: Element) -> list[Flowable]:
    story: list[Flowable] = [*_heading(number, title, tag), prose(running_text.DOCUMENTS, tag)]
    for node in data.nodes:
        story += _node(data, node, tag.child("Sect"))
    return story


def _node(data: ReportData, node: Node, tag: Element) -> list[Flowable]:
    number = data.by_digest[node.digest]
    title = Prose.of(f"{number}   {node.title}", style.H2, tag.child("H2"), key=node.digest, level=1)
    kind = f"{node.kind}, version {node.number}"
    caption = Prose.of(f"{kind}   ·   {STANDING[node.standing]}", style.CAPTION, tag.child("P"))
    links = [
        Fact(label, f"{data.by_digest[other]}  {by[other].kind}, {by[other].title}  ({role})", link=other)
        for by in ({n.digest: n for n in data.nodes},)
        for label, ends in (
            ("Rests on", [(e.target, e.role) for e in data.edges if e.source == node.digest]),
            ("Relied on by", [(e.source, e.role) for e in data.edges if e.target == node.digest]),
        )
        for other, role in sorted(ends, key=lambda end: (data.by_digest[end[0]], end[1]))
    ]
    facts = facts_table(
        (
            Fact("Digest", node.digest, code=True),
            Fact("Status", node.status),
            Fact("Author", node.author),
            Fact("Frozen", node.created_at),
            *node.facts,
            *links,
        ),
        tag,
    )
    if node.signatures:
        signed: Flowable = _signatures(node, tag)
    elif node.standing is Standing.RECORDED:
        signed = Prose.of(running_text.NONE_ASKED, style.CAPTION, tag.child("P"))
    else:
        signed = Prose.of(running_text.NONE_GIVEN, style.CAPTION, tag.child("P"))
    need = 60 + facts.wrap(0, 0)[1] + min(signed.wrap(style.MEASURE, style.DEPTH)[1], 80)
    return [CondPageBreak(min(need, style.DEPTH * 0.55)), title, caption, facts, signed]


def _signatures(node: Node, tag: Element) -> tables.Table:
    """Printed name, role, meaning, reason, time and method of every signature (21 CFR 11.50)."""
    columns = tables.lanes((25, 34, 21, 20), (False, False, False, False))
    head = tables.row(
        [(tables.Text(name, tables.HEAD),) for name in ("Signed by", "Meaning and reason", "Time (UTC)", "Method")],
        columns,
    )
    rows = []
    for line in node.signatures:
        method = [tables.Text(line.method)]
        if line.standing != "in force":
            method.append(tables.Text(line.standing, tables.STRONG))
        meaning = [tables.Text(line.meaning)]
        if line.reason:
            meaning.append(tables.Text(f"“{line.reason}”", tables.QUIET))
        cells = (
            (tables.Text(line.printed_name, tables.STRONG), tables.Text(line.role, tables.QUIET)),
            tuple(meaning),
            tuple(tables.Text(part) for part in words.moment(line.at).split(", ")),
            tuple(method),
        )
        rows.append(tables.row(cells, columns))
    return tables.Table(columns, rows, tag.child("Table"), head=head, row_heads=True)


def numbered(number: int, section: Section, tag: Element) -> list[Flowable]:
    """A section under its number."""
    story = _heading(number, section.title, tag)
    for each, following in zip(section.blocks, (*section.blocks[1:], None), strict=True):
        if isinstance(each, Paragraph) and isinstance(following, Commands):
            story += [CondPageBreak(40 + 14 * len(following.lines))]  # what commands are for stands above them
        story += block(each, tag)
    return _kept(story)


def _kept(story: list[Flowable]) -> list[Flowable]:
    """Ask for the room of what follows a heading as well, so that no heading stands alone below a page."""
    for place in range(len(story) - 3, -1, -1):
        first, head = story[place : place + 2]
        if not (isinstance(first, CondPageBreak) and isinstance(head, Prose) and head.style.name in HEADINGS):
            continue
        room, at, texts = 0.0, place + 1, 0
        while at < len(story) and texts < FEW and isinstance(prose_ := story[at], Prose):
            room += prose_.wrap(style.MEASURE, style.DEPTH)[1] + prose_.getSpaceBefore() + prose_.getSpaceAfter()
            texts += prose_.style.name not in HEADINGS
            at += 1
        if texts < FEW and at < len(story) and isinstance(following := story[at], CondPageBreak):
            story[place] = CondPageBreak(max(first.height, min(room + following.height, style.DEPTH * 0.7)))
    return story
