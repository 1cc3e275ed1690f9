"""What pages say of the findings of auditors that the ledger entries of a report tell of: no more, none less."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from governance.proof.checks.facts import Facts
from governance.proof.formats.fields import moment
from governance.proof.history import audit_findings as rules
from governance.proof.history.audit_findings import Told
from governance.proof.pages.compare import Comparison, Expected, head_of, tables_of
from governance.proof.reading.text import Element
from governance.proof.words.printed import count, day
from governance.proof.words.printed import moment as printed

TITLE = "Findings of auditors"
HEAD = ("Entry", "When", "Who", "Said")
OPEN = "Open finding"
DONE = {
    rules.RAISED: "raised it",
    rules.ANSWERED: "answered",
    rules.HANDED_OVER: "handed it over to",
    rules.CLOSED: "closed it:",
}


def words(private: Mapping[str, object]) -> str:
    """Return what was said in an act, from the private part of its entry."""
    return str(private.get("text") or "the words were erased")


def elsewhere(record: str) -> str:
    """Return what a finding is on that is no document of the report."""
    noun, _, name = record.partition(":")
    return f"the {'ledger entry' if noun == 'entry' else 'run'} {name}" if noun != "sha256" else f"the document {name}"


def heading(number: int, one: Told) -> str:
    """Return the heading of a finding."""
    return f"Finding {number}: {one.severity}, {one.state}"


def caption(number: int) -> str:
    """Return the caption of the acts on a finding."""
    return f"Finding {number}, in ledger order."


def open_words(one: Told, record: str, late: bool, said: str) -> str:
    """Return what page one says of a finding that nobody closed; `late` when its day is over."""
    over = ", and overdue" if late else ""
    answered = "answered" if one.answers else "not answered"
    return (
        f"An auditor’s {one.severity} finding on {record}, due {day(one.due)}{over}, {answered}, not closed: “{said}”"
    )


def acts(one: Told, who: Callable[[str], str]) -> Iterator[tuple[int, datetime, str, bool]]:
    """Yield each act on a finding: entry, time, who did what, and whether words are said with it."""
    yield one.seq, one.raised_at, f"{who(one.raised_by)} {DONE[rules.RAISED]}", True
    for act in one.acts:
        what = f"{who(act.by)} {DONE[act.event]} {who(act.to) if act.to else act.outcome}".strip()
        yield act.seq, act.at, what, not act.to


def of(facts: Facts) -> list[Told]:
    """Return the findings that the entries listed tell of, in their order."""
    return sorted(rules.replay(facts.ordered).values(), key=lambda one: one.seq)


def _record(facts: Facts, one: Told) -> str | None:
    if one.record not in facts.documents:
        return elsewhere(one.record)
    label, title = facts.label(one.record), facts.title(one.record)
    return f"the {label} “{title}”" if label is not None and title is not None else None


def open_texts(facts: Facts, one: Told) -> tuple[str, ...]:
    """Return how page one can tell of an open finding; none where it is on a document of an unknown kind."""
    record, said = _record(facts, one), words(facts.private(facts.leaves[one.seq]))
    if record is None:
        return ()
    over = (one.overdue(moment(facts.last.time)),) if facts.last is not None else (True, False)
    return tuple(open_words(one, record, late, said) for late in over)


def findings(facts: Facts, section: Element, found: Comparison) -> None:
    """Compare the section on findings: each with its record, owner and day, and every act on it."""
    told = of(facts)
    numbered = enumerate(told, start=1)
    found.prose(section, [text for n, one in numbered for text in (heading(n, one), caption(n))], "findings")
    tables = list(tables_of(section))
    plain = [table for table in tables if head_of(table) != list(HEAD)]
    listed = [table for table in tables if head_of(table) == list(HEAD)]
    if (len(plain), len(listed)) != (len(told), len(told)):
        found.wrong(section.page, f"{len(listed)} findings are printed, the evidence tells of {len(told)}")
        found.known.update(id(table) for table in tables)
        return
    for number, (one, about, table) in enumerate(zip(told, plain, listed, strict=True), start=1):
        place = str(facts.private(facts.leaves[one.seq]).get("place") or "")
        rows: list[tuple[str, Expected]] = [("On", _record(facts, one)), *([("Where", place)] if place else [])]
        rows += [("Answers for it", facts.who(one.owner)), ("Due", printed(one.due))]
        found.facts(about, rows, f"finding {number}")
        said = [
            [count(seq), printed(at), what, words(facts.private(facts.leaves[seq])) if worded else ""]
            for seq, at, what, worded in acts(one, facts.who)
        ]
        found.rows(table, said, f"the acts on finding {number}")
