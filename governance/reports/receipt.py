"""A signer's receipt as data: what one person signed, what they were shown, and what they said, in their own words.

The receipt of a signature tells of the ledger as it stood right after it. The documents are printed in full from their
own bytes, so that the paper alone says what was signed.
"""

import json
from collections.abc import Iterator
from typing import Any

from governance import access
from governance.proof.answers.standing_words import status
from governance.proof.files.lineage.told import Signoff
from governance.proof.formats.fields import moment
from governance.proof.formats.statement import SignoffPredicate
from governance.proof.sections.blocks import Block, Column, DataTable, Fact, FactsTable, Heading, Paragraph
from governance.proof.words import running_text
from governance.registry import KINDS
from governance.reports import record, words
from governance.reports.exceptions import exceptions
from governance.reports.faults import Unreportable
from governance.reports.gathered import Gathered, Paper, signed_by
from governance.reports.lineage import capital, demonstration, line, place
from governance.reports.model import MARKS, Edge, Node, ReportData, Section
from governance.reports.presented import beside_shown, document_shown, request_shown
from governance.reports.read_body import read_body


def report_data(found: Gathered) -> ReportData:
    """Return everything a receipt prints; the same facts give the same data.

    Raises:
        Unreportable: the signature is not among what was gathered, or what was shown is not stored any more.
    """
    signoff = _own(found)
    said = signoff.statement.predicate
    papers = [found.papers[root.digest] for root in signed_by(found.report)]
    subject = found.papers[found.report.about]
    names = ", ".join(paper.title for paper in papers)
    server = () if said.passkey else (running_text.by_server(said.method.label),)
    return ReportData(
        title=f"{said.printed_name}: {names}",
        kind="Signing receipt",
        subject=subject.digest,
        subject_kind="A signature in the records",
        project=place(found),
        ledger_size=found.size,
        checkpoint_root=found.root.hex(),
        generated_at=found.time,
        proves=(*running_text.RECEIPT_PROVES, *((running_text.BY_PASSKEY,) if said.passkey else ())),
        does_not_prove=(*server, *running_text.RECEIPT_DOES_NOT_PROVE),
        exceptions=exceptions(found, papers),
        nodes=tuple(_node(found, paper, signoff) for paper in papers),
        edges=tuple(_edges(papers)),
        sections=tuple(_sections(found, signoff, papers)),
        demo=demonstration(found),
        lead=(
            Fact("Signed by", _signer(said)),
            Fact("Role and scope", f"{capital(access.label(said.role))}, {place(found)}"),
            Fact("Signed at", moment(said.time)),
            Fact("Meaning", said.meaning),
            Fact("Reason", said.reason),
            Fact("Method", said.method.label),
        ),
        drawn=False,
    )


def _own(found: Gathered) -> Signoff:
    if found.own is None:
        raise Unreportable("the signature that this receipt is for is not among those on the ledger")
    return found.own


def _signer(said: SignoffPredicate) -> str:
    if said.on_behalf_of is None:
        return said.printed_name
    return f"{said.printed_name}, for {said.on_behalf_of.printed_name} (delegation {said.on_behalf_of.delegation})"


def _node(found: Gathered, paper: Paper, signoff: Signoff) -> Node:
    people = ", ".join(sorted(found.who(person) for person in paper.envelope.contributors))
    return Node(
        digest=paper.digest,
        kind=capital(paper.label),
        title=paper.title,
        number=paper.envelope.number,
        author=found.who(paper.leaf.actor),
        created_at=moment(paper.leaf.time),
        signatures=(line(paper, signoff),),
        status=status(paper.standing),
        depth=paper.depth,
        standing=MARKS[paper.standing.standing],
        facts=(Fact("Contributors", people or "none"), Fact("Ledger entry", str(paper.leaf.seq))),
    )


def _edges(papers: list[Paper]) -> Iterator[Edge]:
    signed = {paper.digest for paper in papers}
    for paper in papers:
        for link in paper.envelope.references:
            if link.digest in signed:
                yield Edge(paper.digest, link.digest, link.role.replace("_", " "))


def _sections(found: Gathered, signoff: Signoff, papers: list[Paper]) -> Iterator[Section]:
    said = signoff.statement.predicate
    yield _statement(found, signoff)
    shown = json.loads(found.presented) if found.presented is not None else None
    if shown is not None:
        yield Section("What the signer was shown", tuple(request_shown(shown)))
    told = {one["digest"]: one for one in shown["documents"]} if shown else {}
    for paper in sorted(papers, key=lambda one: [*told].index(one.digest) if one.digest in told else len(told)):
        yield _document(papers.index(paper) + 1, paper, told.get(paper.digest))
    if looked := _looked_at(said):
        yield Section("What the signer looked at", looked)
    if said.conditions:
        yield _conditions(found, said)
    yield record.keys(found)


def _document(number: int, paper: Paper, told: dict[str, Any] | None) -> Section:
    """Return a document as the page shows it: what was said of it, its content, and what lies beside it."""
    kind = KINDS[paper.row.kind]
    blocks: list[Block] = [FactsTable((Fact("Document", f"{number}  {paper.title}", link=paper.digest),))]
    blocks += document_shown(told) if told else []
    blocks.append(Heading("Content"))
    own = kind.sections if kind.told is not None else None
    blocks += own(paper.row, paper.body) if own else read_body(kind, paper.body)
    blocks += beside_shown(told) if told else []
    return Section(f"{capital(paper.label)}: {paper.title}", tuple(blocks))


def _statement(found: Gathered, signoff: Signoff) -> Section:
    said = signoff.statement.predicate
    policy = found.papers.get(said.policy or "")
    rows = (
        Fact("Covers", capital(said.covers) if said.covers else None),
        Fact("Policy", policy.title if policy else "the founding rule"),
        Fact("Policy’s digest", said.policy or "none", code=True),
        Fact("Request", said.request, code=True),
        Fact("Ledger seen", f"{words.plural(said.ledger.size, 'entry', 'entries')}"),
        Fact("Its root", said.ledger.root, code=True),
        Fact("Ledger entry", str(signoff.leaf.seq)),
        Fact("Statement", signoff.statement.digest, code=True),
        Fact("What was shown", said.presented or "not recorded", code=said.presented is not None),
        Fact("Files attached", ", ".join(said.attachments) or "none", code=bool(said.attachments)),
        Fact("Relied on", ", ".join(said.relied_on) or "no other signature", code=bool(said.relied_on)),
    )
    return Section("The signed statement", (Paragraph(running_text.STATEMENT), FactsTable(rows)))


def _looked_at(said: SignoffPredicate) -> tuple[Paragraph | DataTable, ...]:
    blocks: list[Paragraph | DataTable] = []
    if said.opened:
        rows = tuple((digest,) for digest in said.opened)
        blocks.append(DataTable(running_text.OPENED_TABLE, (Column("Digest", code=True),), rows))
    for sample in said.samples:
        opinions = tuple((one.case, one.opinion, one.note) for one in sample.opinions)
        columns = (Column("Case", 20, code=True), Column("Opinion", 14), Column("Note", 66))
        blocks.append(DataTable(running_text.cases_reviewed(sample.document, sample.seed), columns, opinions))
    return tuple(blocks)


def _conditions(found: Gathered, said: SignoffPredicate) -> Section:
    rows = tuple(
        (
            one.text,
            "before anything may rest on it" if one.kind == "gate" else "task",
            found.who(one.owner) if one.owner else "",
            moment(one.due) if one.due else "",
        )
        for one in said.conditions
    )
    columns = (Column("Condition", 46), Column("Kind", 22), Column("Owner", 16), Column("Due (UTC)", 16))
    return Section("Conditions", (DataTable(running_text.CONDITIONS_TABLE, columns, rows),))
