"""The ledger extract: what happened in a period, by whom and of what kind, with proof that no entry is missing."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from governance import events
from governance.errors import Invalid
from governance.models import Report
from governance.proof.checks.periods import span_words, title
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.proof.pages.extract import about
from governance.proof.pages.period_words import Happened, of_extract
from governance.proof.sections.blocks import Column, DataTable, Fact, Notice
from governance.proof.words.printed import second
from governance.registry import ReportKind, Wanted
from governance.reports import words
from governance.reports.days_asked import DaysAsked
from governance.reports.gathered import Gathered
from governance.reports.model import Section, Told


class Asked(DaysAsked):
    """A period and, of its entries, which are listed."""

    actor: Annotated[
        str,
        Field(title="By whom", description="The beginning of a name, or an identifier. Empty: all.", max_length=200),
    ] = ""
    event: Annotated[
        str,
        Field(title="What", description="Such as signoff or job. Empty: all.", pattern=r"^[a-z_:]*$", max_length=80),
    ] = ""


def _asked(report: Report) -> Asked:
    return Asked.model_validate_json(report.parameters)


def _check(report: Report) -> None:
    asked = _asked(report)
    asked.check()
    if asked.event and not any(name.startswith(asked.event) for name in events.SCHEMAS):
        nouns = sorted({name.partition(":")[0] for name in events.SCHEMAS})
        raise Invalid("event", f"found {asked.event!r}, expected the beginning of an event, such as {', '.join(nouns)}")


def _want(report: Report) -> Wanted:
    return Wanted(period=_asked(report).span(report.ledger_size))


@dataclass
class _Read:
    """The period as it was read once: a hundred thousand entries take their time."""

    rows: list[tuple[int, str, str, str, str]] = field(default_factory=list)
    by_event: Counter[str] = field(default_factory=Counter)
    by_actor: Counter[str] = field(default_factory=Counter)
    happened: Happened = field(default_factory=Happened)

    def take(self, found: Gathered, asked: Asked, seq: int, leaf: Leaf) -> None:
        """Take an entry of the period."""
        self.happened.take(leaf, opened=seq in found.openings)
        if not _matches(found, asked, leaf):
            return
        who, what = found.who(leaf.actor), events.WORDS.get(leaf.event, leaf.event)
        self.by_event[leaf.event] += 1
        self.by_actor[who] += 1
        told = about(leaf, found.names, found.private(leaf))
        self.rows.append((seq, second(moment(leaf.time)), what, who, told))


def _pages(found: Gathered) -> Told:
    asked, whole, read = _asked(found.report), found.whole, _Read()
    for seq, leaf in whole.items():
        read.take(found, asked, seq, leaf)
    span = whole.span
    by, of = f", by “{asked.actor}”" if asked.actor else "", f", of “{asked.event}”" if asked.event else ""
    return Told(
        title=title("ledger-extract", asked.days, found.time),
        about="Extract of the ledger",
        proves=(
            "Every entry listed is in the ledger at the checkpoint on every page, in that order, as it was written.",
            f"All {words.count(len(span))} entries of the period are in the evidence: none is missing, added or moved.",
        ),
        does_not_prove=(
            "That what the entries say is true of the world: who sat at the keyboard is said in each signature.",
            "What the private part of an entry said, where it was erased.",
            "Anything before or after the period.",
        ),
        lead=(
            Fact("Period", asked.words(found.time)),
            Fact("Entries", span_words(span)),
            Fact("Listed", f"{words.count(len(read.rows))}{by + of or ', all that may be seen'}"),
        ),
        first=(_summary(read), _entries(read)),
        own_exceptions=tuple(Notice(*one) for one in of_extract(read.happened, len(whole.hidden))),
        plain=True,
    )


def _matches(found: Gathered, asked: Asked, leaf: Leaf) -> bool:
    if not leaf.event.startswith(asked.event):
        return False
    wanted = asked.actor.casefold()
    return not wanted or leaf.actor == asked.actor or found.who(leaf.actor).casefold().startswith(wanted)


def _summary(read: _Read) -> Section:
    columns = (Column("What", 50), Column("Event", 36), Column("Entries", 14, "right"))
    events_ = [(events.WORDS.get(name, name), name, count) for name, count in read.by_event.most_common()]
    return Section(
        "What happened, counted",
        (
            DataTable("Entries listed, by what they record.", columns, tuple(events_), "No entry."),
            DataTable(
                "Entries listed, by who acted.", (Column("Who", 86), Column("Entries", 14, "right")),
                tuple(read.by_actor.most_common()), "No entry.",
            ),
        ),
    )  # fmt: skip


COLUMNS = (
    Column("Entry", 7, "right"), Column("Time (UTC)", 15), Column("What", 22), Column("By", 18), Column("About", 38),
)  # fmt: skip


def _entries(read: _Read) -> Section:
    caption = "In ledger order. Long digests and identifiers are cut; the evidence has each entry in full."
    return Section("The entries", (DataTable(caption, COLUMNS, tuple(read.rows), "No entry."),))


KIND = ReportKind(
    name="ledger-extract",
    label="Ledger extract",
    about="Every entry of a period, listed and proved complete.",
    asks=Asked,
    of=frozenset({"project", "organisation"}),
    want=_want,
    pages=_pages,
    action="ledger.report",
    check=_check,
)
