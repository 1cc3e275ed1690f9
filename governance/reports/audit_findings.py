"""What a report says of the findings of auditors on its documents and runs: open ones on page one, all in a section."""

from collections.abc import Iterator

from governance import audit_findings as rules
from governance.proof.printed import day
from governance.reports.gathered import Gathered
from governance.reports.model import Column, DataTable, Fact, FactsTable, Heading, Notice, Section, Value

DONE = {
    rules.RAISED: "raised it",
    rules.ANSWERED: "answered",
    rules.HANDED_OVER: "handed it over to",
    rules.CLOSED: "closed it:",
}


def told(found: Gathered) -> list[rules.Told]:
    """Return the findings that the report's ledger entries tell of, in their order."""
    return sorted(rules.replay(found.leaves.values()).values(), key=lambda one: one.seq)


def exceptions(found: Gathered) -> Iterator[Notice]:
    """Yield what auditors found and nobody closed by then."""
    for one in told(found):
        if one.closing is None:
            over = ", and overdue" if one.overdue(found.time) else ""
            answered = "answered" if one.answers else "not answered"
            text = (
                f"An auditor’s {one.severity} finding on {_record(found, one)}, due {day(one.due)}{over}, "
                f"{answered}, not closed: “{_words(found, one.seq)}”"
            )
            yield Notice("Open finding", text, one.record if one.record in found.papers else None)


def section(found: Gathered) -> list[Section]:
    """Return the section on findings; none where nothing was found."""
    findings = told(found)
    if not findings:
        return []
    blocks: list[Heading | FactsTable | DataTable] = []
    for number, one in enumerate(findings, start=1):
        blocks.append(Heading(f"Finding {number}: {one.severity}, {one.state}"))
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
            (one.seq, one.raised_at, f"{found.who(one.raised_by)} {DONE[rules.RAISED]}", _words(found, one.seq))
        ]
        for act in one.acts:
            what = f"{found.who(act.by)} {DONE[act.event]} {found.who(act.to) if act.to else act.outcome}".strip()
            rows.append((act.seq, act.at, what, "" if act.to else _words(found, act.seq)))
        columns = (Column("Entry", 6, "right"), Column("When", 20), Column("Who", 24), Column("Said", 50))
        blocks.append(DataTable(f"Finding {number}, in ledger order.", columns, tuple(rows)))
    return [Section("Findings of auditors", tuple(blocks))]


def _words(found: Gathered, seq: int) -> str:
    return str(found.private(found.leaves[seq]).get("text") or "the words were erased")


def _record(found: Gathered, one: rules.Told) -> str:
    paper = found.papers.get(one.record)
    if paper is not None:
        return f"the {paper.label} “{paper.title}”"
    return f"the run {one.record.partition(':')[2]}"
