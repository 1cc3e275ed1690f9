"""The tables of laws and standards: each clause stands as the report's own documents and entries have it."""

from collections.abc import Mapping, Sequence

from governance.proof.pages import brief
from governance.proof.pages.compare import BULLET, beginning, lined, rows_of, says, shown, tables_of
from governance.proof.pages.report import Report
from governance.proof.reading.text import Element
from governance.proof.words import clauses, vocabulary
from governance.proof.words.clauses import Chapter, Covered, Record
from governance.proof.words.style import SERIF

NEWEST = "that the project has no other record, and none that is newer, than those named"


def chapters(report: Report) -> Mapping[str, Sequence[Chapter]]:
    """Return the laws and standards that a report must tell of, each as this version and earlier ones have it."""
    asked = report.facts.evidence.report
    known = vocabulary.chapters().get(asked.kind, {})
    named = [name for name in known if name in asked.parameters.values()]
    return {name: known[name] for name in named or known}


def chapter(report: Report, title: str, section: Element) -> None:
    """Compare what a section says of a law or standard: its facts, and every clause, in order, with its record."""
    found, known = report.found, chapters(report).get(title)
    if known is None:
        found.wrong(section.page, f"{title} is told of, and was not asked for")
        return
    tables = list(tables_of(section))
    if len(tables) != 2:
        found.wrong(section.page, f"{title} has {len(tables)} tables, expected its facts and its clauses")
        return
    meant = _meant(known, tables[1])
    found.facts(tables[0], meant.facts, title)
    found.table(section, clauses.HEADS, [one.row for one in _covered(report, meant)], f"{title}, clauses")
    found.leave("the clauses", NEWEST)


def counts(report: Report) -> Mapping[str, str]:
    """Return what page one must say of how many clauses are covered, by its labels."""
    rows = [one for listed in _told(report).values() for one in listed]
    return clauses.counts(rows) if rows else {}


def gaps(report: Report, items: Sequence[Element]) -> list[Element]:
    """Compare the exceptions that tell of what is not covered; return the others."""
    told, found = _told(report), report.found
    if not told:
        return list(items)
    expected = [said for name, rows in told.items() if (said := clauses.gap(name, rows))]
    printed = beginning(items, clauses.GAP)
    if len(printed) != len(expected):
        found.wrong(1, f"it tells of {len(printed)} gaps called {clauses.GAP!r}, the evidence of {len(expected)}")
    for item, said in zip(printed, expected, strict=False):
        wanted = f"{clauses.GAP}. {said}"
        if item.lines[:1] != [BULLET] or not lined(item.lines[1:], shown(wanted, SERIF)):
            found.wrong(1, f"it says {item.text!r}, expected {wanted!r}")
    return [item for item in items if item not in printed]


def _told(report: Report) -> dict[str, list[Covered]]:
    """Return how the clauses stand, by chapter, of the version that its section prints."""
    printed = dict(zip(report.titles, report.sections, strict=True))
    told = {}
    for name, known in chapters(report).items():
        tables = list(tables_of(printed[name])) if name in printed else []
        told[name] = _covered(report, _meant(known, tables[-1] if tables else None))
    return told


def _meant(known: Sequence[Chapter], table: Element | None) -> Chapter:
    """Return the version of a chapter whose clauses a table prints, whatever it says of them; else the newest."""
    rows = rows_of(table)[1:] if table is not None else []
    for one in known:
        if len(rows) == len(one.clauses) and all(
            len(row) == len(clauses.HEADS) and says(row[0], clause.id) and says(row[1], clause.asks)
            for row, clause in zip(rows, one.clauses, strict=True)
        ):
            return one
    return known[0]


def _covered(report: Report, chapter: Chapter) -> list[Covered]:
    records, leaves = _records(report), report.facts.ordered
    return [clauses.covered(clause, records, leaves, vocabulary.events()) for clause in chapter.clauses]


def _records(report: Report) -> list[Record]:
    """Return the documents that are printed, with the standing that is printed there."""
    facts, statuses = report.facts, _statuses(report)
    found = []
    for digest in facts.printed:
        words, leaf = facts.words(digest), facts.frozen.get(digest)
        if words is not None and leaf is not None:
            envelope = facts.documents[digest]
            named = words.label, str(facts.title(digest)), envelope.number
            found.append(Record(envelope.kind, *named, leaf.seq, statuses.get(digest, ""), words.signed))
    return found


def _statuses(report: Report) -> dict[str, str]:
    """Return the standing of each document as it is printed, where that is held to the evidence."""
    if report.brief:
        told = zip(report.facts.printed, report.lines(), strict=False)
        return {digest: brief.status(row[3].text) for digest, row in told}
    return {
        digest: next((row[1].text for row in rows_of(table) if len(row) == 2 and row[0].text == "Status"), "")
        for digest, part in zip(report.facts.printed, report.parts(), strict=False)
        for table in list(tables_of(part))[:1]
    }
