"""The evidence map: clause by clause of laws and standards, what a project's records are evidence for, and what not.

The clauses stand in `evidence_map.toml`. Whether there is a record is looked up at the report's ledger size; where
there is none the clause is not covered, whatever the software could do.
"""

import tomllib
from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from django.db.models import Q
from pydantic import Field

from governance import events, policy
from governance.inforce import Standing
from governance.models import Document, LedgerEvent, Reference, Report
from governance.proof.fields import Strict
from governance.registry import KINDS, ReportKind, Wanted
from governance.reports.gathered import Gathered, Paper
from governance.reports.lineage import capital
from governance.reports.model import Column, DataTable, Fact, FactsTable, Notice, Paragraph, Section, Told
from governance.reports.record import at
from governance.reports.standing_words import status

FILE = Path(__file__).with_name("evidence_map.toml")
AUTOMATED, HUMAN, NOT_COVERED = "automated", "human-attested", "not covered"
SIGNED = (Standing.IN_FORCE,)
WITH_WHAT_THEY_RECORD = {events.DOCUMENT_SIGNED, events.PERMIT_ISSUED}
"""events that are proved only beside the statement or permit they record: those of the documents named, no others"""


Held = Literal["text", "quoted", "title", "no"]
NOT_THE_TEXT: dict[Held, str] = {
    "quoted": "held against quotations of the text",
    "title": "held against the title, not the text",
    "no": "not held against the text",
}
"""what pages say of a clause that was not read itself"""


class Clause(Strict):
    """A clause, what it asks in our words, and which records are evidence for it; `held` where it is not the rule."""

    id: str
    asks: str
    by: Literal["automated", "human", "none"]
    held: Held | None = None
    kinds: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    note: str = ""


class Framework(Strict):
    """A law or standard: where it is published, where it was read, when and how the entries were checked."""

    name: str
    cites: str
    source: str
    read: str
    held: Held
    checked: date
    how: str
    clauses: tuple[Clause, ...]

    def asked(self, clause: Clause) -> str:
        """Return what a clause asks, and whether that was held against less than its own text."""
        less = NOT_THE_TEXT.get(clause.held or self.held)
        return f"{clause.asks} ({less})" if less else clause.asks

    def checks(self) -> str:
        """Return when and how the clauses were checked, and how many against what."""
        counted = Counter(clause.held or self.held for clause in self.clauses)
        told = [f"{counted['text']} against the text"] if counted["text"] else []
        told += [f"{counted[held]} {words}" for held, words in NOT_THE_TEXT.items() if counted[held]]
        return f"{self.checked}. Of {len(self.clauses)} clauses: {'; '.join(told)}. {self.how}"


class Asked(Strict):
    """Which laws and standards the map shows."""

    framework: Annotated[
        Literal["all", "EU AI Act", "21 CFR Part 11", "ISO/IEC 42001", "NIST AI RMF"],
        Field(title="Law or standard", description="All of them, or one."),
    ] = "all"


@dataclass(frozen=True)
class Covered:
    """How a clause stands: one of the three words, and the record that says so."""

    clause: Clause
    word: str
    record: str


@cache
def frameworks() -> tuple[Framework, ...]:
    """Return the laws and standards of the file. ValidationError: the file is not what it must be."""
    read = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(Framework.model_validate(one, strict=False) for one in read["framework"])


def _shown(report: Report) -> list[Framework]:
    asked = Asked.model_validate_json(report.parameters).framework
    return [one for one in frameworks() if asked in ("all", one.name)]


def _want(report: Report) -> Wanted:
    """The newest document of each kind and the newest entry of each event that a clause names.

    What lies on the shelf counts where a document of the project names it, and so do policies, which are everybody's.
    """
    clauses = [clause for framework in _shown(report) for clause in framework.clauses]
    kinds = {kind for clause in clauses for kind in clause.kinds if not KINDS[kind].confined}
    wanted = {event for clause in clauses for event in clause.events} - WITH_WHAT_THEY_RECORD
    here = Q(project=report.project_id) | Q(project=None)
    names = Reference.objects.filter(source__project=report.project_id, source__seq__lt=report.ledger_size)
    shelf = Q(project=None) & (Q(kind=policy.KIND) | Q(pk__in=names.values("target")))
    own = Document.objects.filter(Q(project=report.project_id) | shelf)
    documents = own.filter(kind__in=kinds, seq__lt=report.ledger_size).order_by("seq")
    newest = {row.kind: row for row in documents.select_related("project", "series", "created_by").defer("content")}
    entries = LedgerEvent.objects.filter(here, event__in=wanted, entry_id__lt=report.ledger_size).order_by("entry_id")
    last = dict(entries.values_list("event", "entry_id"))
    roots = Document.objects.select_related("project", "series", "created_by").in_bulk(
        [d.digest for d in newest.values()]
    )
    return Wanted(roots=tuple(roots[digest] for digest in sorted(roots)), entries=frozenset(last.values()))


def _pages(found: Gathered) -> Told:
    shown = _shown(found.report)
    told = {framework.name: [_covered(found, clause) for clause in framework.clauses] for framework in shown}
    counted = Counter(one.word for rows in told.values() for one in rows)
    return Told(
        title="What the records are evidence for",
        about="Evidence map",
        proves=(
            "Each record named is in the evidence, and is what its digest or ledger entry says.",
            "“Automated” records were made by the software; “human-attested” ones by people who signed them.",
        ),
        does_not_prove=(
            "That any law or standard is met. Nobody can read that off records; it is a judgement of people.",
            "That the clauses are told in full: what counts is their own text.",
            "That what people attested is true.",
        ),
        lead=(
            Fact("Automated", _clauses(counted[AUTOMATED])),
            Fact("Human-attested", _clauses(counted[HUMAN])),
            Fact("Not covered", _clauses(counted[NOT_COVERED])),
        ),
        first=tuple(_section(framework, told[framework.name]) for framework in shown),
        own_exceptions=tuple(_gaps(told)),
        drawn=False,
    )


def _clauses(number: int) -> str:
    return "1 clause" if number == 1 else f"{number} clauses"


def _gaps(told: dict[str, list[Covered]]) -> list[Notice]:
    found = []
    for name, rows in told.items():
        open_ = [one.clause.id for one in rows if one.word == NOT_COVERED]
        if open_:
            listed = ", ".join(open_[:12]) + (f" and {len(open_) - 12} more" if len(open_) > 12 else "")
            found.append(Notice("Not covered", f"{name}: {listed}."))
    return found


def _covered(found: Gathered, clause: Clause) -> Covered:
    papers = [paper for kind in clause.kinds for paper in _newest(found, kind)]
    leaves = [leaf for leaf in found.leaves.values() if leaf.event in clause.events]
    if clause.by == "none" or not (papers or leaves):
        missing = "nothing here is evidence for it" if clause.by == "none" else "no such record in this project yet"
        return Covered(clause, NOT_COVERED, f"{missing}. {clause.note}" if clause.note else missing)
    signed = [paper for paper in papers if paper.standing.standing in SIGNED]
    if clause.by == "human" and papers and not leaves and not signed and any(KINDS[p.row.kind].signed for p in papers):
        return Covered(clause, NOT_COVERED, "; ".join(f"{_named(paper)}: not signed" for paper in papers))
    newest = max(leaves, key=lambda leaf: leaf.seq, default=None)
    said = [f"{_named(paper)}, {status(paper.standing)}" for paper in papers]
    if newest is not None:
        said.append(f"{events.WORDS.get(newest.event, newest.event)}, ledger entry {newest.seq}, {at(newest)}")
    word = AUTOMATED if clause.by == "automated" else HUMAN
    return Covered(clause, word, "; ".join([*said, *([clause.note] if clause.note else [])]))


def _newest(found: Gathered, kind: str) -> list[Paper]:
    of_kind = [paper for paper in found.lineage if paper.row.kind == kind]
    return [max(of_kind, key=lambda paper: paper.row.seq)] if of_kind else []


def _named(paper: Paper) -> str:
    return f"{capital(paper.label)} “{paper.title}” v{paper.envelope.number}"


def _section(framework: Framework, rows: list[Covered]) -> Section:
    columns = (Column("Clause", 15), Column("Asks", 26), Column("Evidence", 17), Column("Record", 42))
    listed = tuple((one.clause.id, framework.asked(one.clause), one.word, one.record) for one in rows)
    return Section(
        framework.name,
        (
            FactsTable(
                (
                    Fact("Text", framework.cites),
                    Fact("Source", framework.source),
                    Fact("Read in", framework.read),
                    Fact("Checked", framework.checks()),
                )
            ),
            Paragraph("What a clause asks is told here in a few words of our own, to find it again."),
            DataTable("Clauses, and the newest record of this project that is evidence.", columns, listed),
        ),
    )


KIND = ReportKind(
    name="evidence-map",
    label="Evidence map",
    about="Clause by clause of laws and standards: what this project’s records are evidence for, and what nothing is.",
    asks=Asked,
    of=frozenset({"project"}),
    want=_want,
    pages=_pages,
    chapters=tuple(framework.name for framework in frameworks()),
)
