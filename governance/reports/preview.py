"""A draft as it would read in a report, for those who discuss it on paper before anybody signs: no record of anything.

The sections are those of its kind, made from what is typed so far. What sections tell of the ledger they tell as of
now, and of the draft itself the ledger knows nothing.
"""

from collections.abc import Iterator

from pydantic import ValidationError
from reportlab.platypus import CondPageBreak, Flowable

from governance.errors import CountersignError
from governance.models import Document, Draft
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.envelope import Link
from governance.proof.sections.blocks import Block, Fact, Notice
from governance.proof.words import watermark
from governance.registry import KINDS, Kind
from governance.reports import style
from governance.reports.blocks import facts_table
from governance.reports.build import build_preview
from governance.reports.layout import Prose
from governance.reports.lineage import capital, organisation
from governance.reports.model import Preview, Section
from governance.reports.read_body import read_body
from governance.reports.story import item, numbered
from governance.reports.tags import Element
from governance.selectors import documents as docs
from governance.selectors import drafts

WHAT_IT_IS = (
    "This is a draft, printed for discussion. Nobody has signed it, it is not sealed, and it can still change.",
    "It has no digest yet: what is signed will be other bytes. Verifying this file proves nothing.",
    "Whoever edited it is named as a contributor once it is frozen, and cannot sign it.",
)


def preview_pdf(draft: Draft) -> bytes:
    """Return the pages: the same draft, references and ledger give the same bytes. DocumentCorrupt as reports do."""
    data = preview(draft)
    root = Element("Document")
    return build_preview(data, list(_story(data, root)), root)


def preview(draft: Draft) -> Preview:
    """Return everything the pages print."""
    kind = KINDS[draft.kind]
    references, astray = drafts.links(draft)
    lacking = [*drafts.complaints(kind, draft.body), *astray]
    blocks, known = _content(kind, draft, references, whole=not lacking)
    return Preview(
        title=draft.title,
        about=f"{capital(kind.label)} {f'of the project {draft.project}' if draft.project else 'on the shelf'}",
        project=draft.project.name if draft.project else organisation(),
        revision=draft.revision,
        saved_at=draft.updated_at,
        facts=tuple(_facts(draft, references)),
        lacking=tuple(Notice("Lacking", f"{where}: {what}.") for where, what in lacking),
        known=tuple(known),
        sections=(Section(f"{capital(kind.label)}: {draft.title}", tuple(blocks)),),
    )


def _content(kind: Kind, draft: Draft, references: list[Link], *, whole: bool) -> tuple[list[Block], list[Notice]]:
    """Return the body as its kind sets it, and what signers would be told; as it is typed where it is not whole."""
    if whole and kind.sections is not None:
        try:
            row = drafts.would_be(draft, references)
            body = docs.display_body(row)
            return kind.sections(row, body), [*kind.notices(row, body), *kind.tells(row, body)]
        except (CountersignError, ValidationError, NotCanonical):
            pass  # such as files that were never uploaded: what is typed can still be read
    return read_body(kind, draft.body), []


def _facts(draft: Draft, references: list[Link]) -> Iterator[Fact]:
    people = sorted(user.printed_name for user in draft.contributors.all())
    yield Fact(watermark.LABEL, watermark.said(watermark.DRAFT))
    yield Fact("Revision", str(draft.revision))
    yield Fact("Saved", draft.updated_at)
    yield Fact("Written by", ", ".join(people) or "nobody")
    there = Document.objects.in_bulk([link.digest for link in references])
    for link in references:
        target = there[link.digest]
        said = f"{capital(KINDS[target.kind].label)}, {target.title}, version {target.number}"
        yield Fact(capital(link.role.replace("_", " ")), said)


def _story(data: Preview, root: Element) -> Iterator[Flowable]:
    tag = root.child("Sect")
    yield Prose.of(f"Countersign   ·   {data.kind}", style.KICKER, tag.child("P"))
    yield Prose.of(data.title, style.TITLE, tag.child("H1"), key="page-one", level=0)
    yield Prose.of(data.about, style.SUBTITLE, tag.child("P"))
    yield facts_table(data.facts, tag)
    listed = (
        ("What this is", [Notice("", text) for text in WHAT_IT_IS]),
        ("Before it can be frozen", data.lacking),
        ("What its signers would be told", data.known),
    )
    for title, notices in listed:
        if not notices:
            continue
        yield CondPageBreak(62)
        yield Prose.of(title, style.H3, tag.child("H2"))
        inside = tag.child("L")
        for notice in notices:
            yield item(notice.text, inside, lead=f"{notice.label}." if notice.label else None)
    for number, section in enumerate(data.sections, start=1):
        yield from numbered(number, section, root.child("Sect"))
