"""What the pages must say of each document of a report: its own entry, its signatures, and the register of all."""

import re
from collections.abc import Iterator
from dataclasses import replace

from governance.proof.answers import standing_words
from governance.proof.answers.inforce import InForce, Standing
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import DOCUMENT_REVOKED, REQUEST_OPENED
from governance.proof.pages import exceptions, section_rows
from governance.proof.pages.compare import Expected, alike, head_of, rows_of, shown, tables_of
from governance.proof.pages.report import ONE_BY_ONE, RECORDED, STANDINGS, Report
from governance.proof.reading.text import Element
from governance.proof.words import running_text
from governance.proof.words.printed import capital, short
from governance.proof.words.printed import moment as told

REGISTER = ["", "Document", "Title", "Standing", "Digest", "Page"]
NO_NEED, NOT_ASKED = "recorded;", "not in force: not submitted for signature"
REVOKED = "not in force: the sign-off was revoked"
IN_FORCE = re.compile(r"in force from (.*) to (.*): (\d+) signatures?, as the policy asks")
WHERE = "how documents stand"
SERVER = "that their policy is the one of the project’s tier"
NOT_THERE = "that a later version was agreed which is not in the evidence"
"""what is left of how documents stand"""
TOLD = {
    "in force": r"in force from ",
    "needs no signature": NO_NEED,
    "waiting for signatures": r"not in force: \d",
    "expired": r"no longer in force: the agreement ran out on ",
    "lapsed": r"no longer in force: it lapsed on ",
    "revoked": REVOKED,
    "superseded": r"overtaken: ",
}
"""how a status begins, by the standing that it tells of; that of any other names it"""


def documents(report: Report, section: Element) -> None:
    """Compare the documents one by one: exactly those, in their order, with their signatures."""
    facts, found = report.facts, report.found
    parts = [part for part in section.kids if part.tag == "Sect"]
    if len(parts) != len(facts.printed):
        found.wrong(section.page, f"{len(parts)} documents are printed, expected {len(facts.printed)}")
    for number, (digest, part) in enumerate(zip(facts.printed, parts, strict=False), start=1):
        _document(report, number, digest, part)
    found.prose(section, [running_text.DOCUMENTS], "documents, one by one")
    if parts:
        found.leave(ONE_BY_ONE, SERVER)


def _document(report: Report, number: int, digest: str, part: Element) -> None:
    facts, found = report.facts, report.found
    if digest not in facts.documents:
        return
    envelope, title, label = facts.documents[digest], facts.title(digest), facts.label(digest)
    what = f"document {number}"
    texts = [kid for kid in part.kids if kid.tag in ("H2", "P")]
    tables = list(tables_of(part))
    if len(texts) < 2 or not tables:
        found.wrong(part.page, f"{what} is not printed as documents are")
        return
    if title is None or label is None:
        found.leave(ONE_BY_ONE, f"kind and title of {envelope.kind}")
    else:
        found.text(texts[0], f"{number} {title}", f"{what}, its title")
    mark = texts[1].text.rpartition("·")[2].strip()
    if label is not None and mark in STANDINGS:
        found.text(texts[1], f"{capital(label)}, version {envelope.number} · {mark}", f"{what}, its kind")
    elif mark not in STANDINGS:
        found.wrong(part.page, f"{what} has the standing {mark!r}, which there is not")
    _document_facts(report, number, digest, tables[0], mark)
    signed = report.signatures_on(digest)
    said = [] if signed else [running_text.NONE_ASKED if mark == RECORDED else running_text.NONE_GIVEN]
    found.prose(part, [None, None, *said], what)
    rows = section_rows.signature_rows(signed)
    _signed(report, part, tables[1:], rows, what)


def _document_facts(report: Report, number: int, digest: str, table: Element, mark: str) -> None:
    facts, found = report.facts, report.found
    envelope, leaf = facts.documents[digest], facts.frozen.get(digest)
    people = ", ".join(sorted(facts.who(person) for person in envelope.contributors))
    rows: list[tuple[str, Expected]] = [
        ("Digest", digest),
        ("Status", None),
        ("Author", facts.who(leaf.actor) if leaf else None),
        ("Frozen", told(moment(leaf.time)) if leaf else None),
        ("Contributors", people or "none"),
        ("Ledger entry", str(leaf.seq) if leaf else None),
    ]
    if envelope.previous and not facts.receipt:
        rows.append(("Earlier version", envelope.previous))
    rows += _links(report, digest)
    found.facts(table, rows, f"document {number}")
    status = next((row[1].text for row in rows_of(table) if len(row) == 2 and row[0].text == "Status"), "")
    report.standing[digest] = status
    plausible(report, number, digest, table.page, status, mark)


def plausible(report: Report, number: int, digest: str, page: int, status: str, mark: str) -> None:
    """Hold a standing to what the evidence shows: so many signatures, none of them revoked since."""
    facts, found = report.facts, report.found
    force = IN_FORCE.fullmatch(status)
    known = exceptions.standing(status)
    if known is None or known[0] != mark:
        found.wrong(page, f"document {number} is called {mark!r} and {status!r}")
    for begin, holds in _certain(report, digest).items():
        if status.startswith(begin) != holds:
            found.wrong(page, f"document {number} is said to be {status!r}; by the evidence that cannot be")
    listed = facts.evidence.for_programs
    if listed is not None and digest in listed.standings and not tells(status, listed.standings[digest]):
        found.wrong(
            page, f"document {number} has the status {status!r}; programs are told {listed.standings[digest]!r}"
        )
    stood = report.standings.at(digest)
    if stood is not None:
        _follows(report, number, page, status, stood)
        if force and not report.standings.governed(digest):
            found.wrong(page, f"document {number} is said to be {status!r}: its policy was not agreed by then")
    elif force and not report.standings.told(digest):
        found.wrong(page, f"document {number} is said to be {status!r}; the evidence does not hold its policy")
    else:
        found.leave(WHERE, f"how {facts.versioned(digest) or 'a document'} stands")


def _follows(report: Report, number: int, page: int, status: str, stood: InForce) -> None:
    """Hold a standing to the one that follows; a later version need not be in the evidence to overtake it."""
    overtaken = replace(stood, standing=Standing.SUPERSEDED)
    if stood.standing is Standing.IN_FORCE and alike(status, shown(standing_words.status(overtaken))):
        report.found.leave(WHERE, NOT_THERE)
    elif not alike(status, shown(expected := standing_words.status(stood))):
        report.found.wrong(
            page,
            f"document {number} is said to be {status!r}; by its policy, signatures and entries it is {expected!r}",
        )


def named_so(report: Report, stood: InForce | None, said: str) -> bool:
    """Return whether what a document is said to have been is what follows; where nothing does, that is told."""
    if stood is None:
        report.found.leave(WHERE, "how those stood of which the evidence does not hold all signatures")
        return True
    if stood.standing is Standing.IN_FORCE and said == Standing.SUPERSEDED.value:
        report.found.leave(WHERE, NOT_THERE)
        return True
    return said == stood.standing.value


def _certain(report: Report, digest: str) -> dict[str, bool]:
    """Return the standings that follow from kind and entries alone, by how they begin: whether each must be printed.

    A request comes before its signatures, and a revocation ends every request before it.
    """
    facts = report.facts
    words = facts.words(digest)
    asked, revoked = (
        max((leaf.seq for leaf in facts.of(event) if digest in leaf.subjects), default=-1)
        for event in (REQUEST_OPENED, DOCUMENT_REVOKED)
    )
    if words is None:
        return {}
    if not words.signed:
        return {NO_NEED: True}
    return {NO_NEED: False, NOT_ASKED: asked < 0, REVOKED: asked >= 0 and revoked > asked}


def tells(status: str, standing: str) -> bool:
    """Return whether a status as pages print it tells of a standing."""
    return re.match(TOLD.get(standing, rf"not in force: {re.escape(standing)}$"), status) is not None


def _links(report: Report, digest: str) -> Iterator[tuple[str, Expected]]:
    """Yield what a document rests on and what relies on it, as far as it is printed here."""
    facts = report.facts
    order = {d: n for n, d in enumerate(facts.printed, start=1)}
    for label, ends in (
        ("Rests on", report.targets(digest)),
        ("Relied on by", [(d, r) for d in facts.printed for t, r in report.targets(d) if t == digest]),
    ):
        for other, name in sorted(ends, key=lambda end: (order.get(end[0], 0), end[1])):
            if other in order:
                title, kind = facts.title(other), facts.label(other)
                known = title is not None and kind is not None
                yield label, f"{order[other]} {capital(kind or '')}, {title} ({name})" if known else None


def _signed(report: Report, part: Element, tables: list[Element], rows: list[list[Expected]], what: str) -> None:
    """Compare the signatures on a document; a note that one does not count may follow its method."""
    found = report.found
    printed = [table for table in tables if head_of(table) == section_rows.SIGNED_BY]
    found.known.update(id(table) for table in printed)
    if len(printed) != (1 if rows else 0) or len(tables) != len(printed):
        found.wrong(part.page, f"{what} has {len(printed)} tables of signatures, expected {1 if rows else 0}")
        return
    lines = rows_of(printed[0])[1:] if printed else []
    if len(lines) != len(rows):
        extra = " | ".join(cell.text for cell in lines[-1]) if len(lines) > len(rows) else ""
        found.wrong(part.page, f"{what} has {len(lines)} signatures, the evidence holds {len(rows)} {extra}".rstrip())
        return
    for line, wanted in zip(lines, rows, strict=True):
        for cell, value, head in zip(line[:3], wanted[:3], section_rows.SIGNED_BY, strict=False):
            found.text(cell, str(value), f"{what}, {head.lower()}") if value is not None else None
        method = " ".join(line[3].lines) if len(line) == 4 else ""
        if not method.startswith(str(wanted[3])):
            found.wrong(part.page, f"{what}, method is printed as {method!r}, expected {wanted[3]!r}")


def register(report: Report, section: Element) -> None:
    """Compare the register of all documents."""
    facts, found = report.facts, report.found
    pages = report.places()
    rows: list[list[Expected]] = []
    tables = [table for table in tables_of(section) if head_of(table) == REGISTER]
    marks = report.marks()
    for number, digest in enumerate(facts.printed, start=1):
        title, label = facts.title(digest), facts.label(digest)
        envelope = facts.documents.get(digest)
        kind = f"{capital(label)} version {envelope.number}" if label and envelope else None
        rows.append([str(number), kind, title, marks.get(number), short(digest), str(pages.get(number, 0))])
    if len(tables) != 1:
        found.wrong(section.page, f"found {len(tables)} registers of documents, expected one")
    else:
        found.rows(tables[0], rows, "documents at a glance")
