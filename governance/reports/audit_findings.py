"""What a report says of the findings of auditors on its documents and runs: open ones on page one, all in a section."""

from collections.abc import Iterator

from governance.proof.history import audit_findings as rules
from governance.proof.pages import findings as page_findings
from governance.proof.sections.blocks import Column, DataTable, Fact, FactsTable, Heading, Notice, Value
from governance.reports.gathered import Gathered
from governance.reports.model import Section

_ENTRY, *_OTHERS = page_findings.HEAD
COLUMNS = (Column(_ENTRY, 6, "right"), *(Column(*one) for one in zip(_OTHERS, (20, 24, 50), strict=True)))


def told(found: Gathered) -> list[rules.Told]:
    """Return the findings that the report's ledger entries tell of, in their order."""
    return sorted(rules.replay(found.leaves.values()).values(), key=lambda one: one.seq)


def exceptions(found: Gathered) -> Iterator[Notice]:
    """Yield what auditors found and nobody closed by then."""
    for one in told(found):
        if one.closing is None:
            text = page_findings.open_words(one, _record(found, one), one.overdue(found.time), _words(found, one.seq))
            yield Notice("Open finding", text, one.record if one.record in found.papers else None)


def section(found: Gathered) -> list[Section]:
    """Return the section on findings; none where nothing was found."""
    findings = told(found)
    if not findings:
        return []
    blocks: list[Heading | FactsTable | DataTable] = []
    for number, one in enumerate(findings, start=1):
        blocks.append(Heading(page_findings.heading(number, one)))
        linked = one.record if one.record in found.papers and not found.papers[one.record].why else None
        place = found.private(found.leaves[one.seq]).get("place")
        blocks.append(
            FactsTable(
                (
                    Fact("On", _record(found, one), link=linked),
                    *([Fact("Where", str(place))] if place else []),
                    Fact("Answers for it", found.who(one.owner)),
                    Fact("Due", one.due),
                )
            )
        )
        rows: list[tuple[Value, ...]] = [
            (seq, at, what, _words(found, seq) if worded else "")
            for seq, at, what, worded in page_findings.acts(one, found.who)
        ]
        blocks.append(DataTable(page_findings.caption(number), COLUMNS, tuple(rows)))
    return [Section(page_findings.TITLE, tuple(blocks))]


def _words(found: Gathered, seq: int) -> str:
    return page_findings.words(found.private(found.leaves[seq]))


def _record(found: Gathered, one: rules.Told) -> str:
    paper = found.papers.get(one.record)
    if paper is not None:
        return f"the {paper.label} “{paper.title}”"
    return page_findings.elsewhere(one.record)
