"""The evidence map: clause by clause of laws and standards, what a project's records are evidence for, and what not.

The clauses stand in `evidence_map.toml`. Whether there is a record is looked up at the report's ledger size; where
there is none the clause is not covered, whatever the software could do.
"""

import tomllib
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from django.db.models import Q
from pydantic import Field, model_validator

from governance import events, policy
from governance.models import Document, LedgerEvent, Reference, Report
from governance.proof.answers.standing_words import status
from governance.proof.formats.fields import Strict
from governance.proof.sections.blocks import Column, DataTable, Fact, FactsTable, Notice, Paragraph
from governance.proof.words import clauses
from governance.proof.words.clauses import Chapter, Covered, Record
from governance.registry import KINDS, ReportKind, Wanted
from governance.reports.gathered import Gathered, Paper
from governance.reports.model import Section, Told

FILE = Path(__file__).with_name("evidence_map.toml")
WITH_WHAT_THEY_RECORD = {events.DOCUMENT_SIGNED, events.PERMIT_ISSUED}
"""events that are proved only beside the statement or permit they record: those of the documents named, no others"""


Held = Literal["text", "quoted", "title"]
NOT_THE_TEXT: dict[Held, str] = {"quoted": "as quoted by others", "title": "by title alone"}
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


class Several(Strict):
    """Clauses whose names differ in one place: a pattern, and what is put into it, one after another."""

    each: str
    of: str

    def named(self) -> list[str]:
        """Return the names."""
        return [self.each.format(one) for one in self.of.split()]


class Framework(Strict):
    """A law or standard: where it is published, where it was read, when and how the entries were checked.

    `all` are the clauses of the part that is cited: each has its entry, as one that is left out would read as no gap.
    """

    name: str
    cites: str
    source: str
    read: str
    held: Held
    checked: date
    how: str
    all: tuple[Several, ...]
    clauses: tuple[Clause, ...]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        wanted, told = [name for one in self.all for name in one.named()], [clause.id for clause in self.clauses]
        if told != wanted:
            missing = ", ".join(name for name in wanted if name not in told) or "none"
            strange = ", ".join(name for name in told if name not in wanted) or "none"
            raise ValueError(
                f"{self.name}: expected an entry for each clause of `all`, once and in order; "
                f"missing: {missing}; of no such clause: {strange}; mend the entries or `all`"
            )
        return self

    def asked(self, clause: Clause) -> str:
        """Return what a clause asks, and whether that was held against less than its own text."""
        less = NOT_THE_TEXT.get(clause.held or self.held)
        return f"{clause.asks} ({less})" if less else clause.asks

    def checks(self) -> str:
        """Return when and how the clauses were checked, and how many against what."""
        counted = Counter(clause.held or self.held for clause in self.clauses)
        told = [f"{counted['text']} against the text"] if counted["text"] else []
        told += [f"{counted[held]} {words}" for held, words in NOT_THE_TEXT.items() if counted[held]]
        return f"{self.checked}. Of {len(self.clauses)} clauses our words were held: {'; '.join(told)}. {self.how}"

    def chapter(self) -> Chapter:
        """Return what pages say of it, whatever the records are, as the verifier carries it."""
        facts = {"Text": self.cites, "Source": self.source, "Read in": self.read, "Checked": self.checks()}
        told = (clauses.Clause(c.id, self.asked(c), c.by, c.kinds, c.events, c.note) for c in self.clauses)
        return Chapter(tuple(facts.items()), tuple(told))


class Asked(Strict):
    """Which laws and standards the map shows."""

    framework: Annotated[
        Literal["all", "EU AI Act", "21 CFR Part 11", "ISO/IEC 42001", "NIST AI RMF"],
        Field(title="Law or standard", description="All of them, or one."),
    ] = "all"


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
    shown, records = _shown(found.report), [_record(paper) for paper in found.lineage]
    told = {
        framework.name: [
            clauses.covered(clause, records, found.leaves.values(), events.WORDS)
            for clause in framework.chapter().clauses
        ]
        for framework in shown
    }
    gaps = [said for name, rows in told.items() if (said := clauses.gap(name, rows))]
    counted = clauses.counts(one for rows in told.values() for one in rows)
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
        lead=tuple(Fact(label, value) for label, value in counted.items()),
        first=tuple(_section(framework, told[framework.name]) for framework in shown),
        own_exceptions=tuple(Notice(clauses.GAP, said) for said in gaps),
    )


def _record(paper: Paper) -> Record:
    signed, said = KINDS[paper.row.kind].signed, status(paper.standing)
    return Record(paper.row.kind, paper.label, paper.title, paper.envelope.number, paper.row.seq, said, signed)


def _section(framework: Framework, rows: list[Covered]) -> Section:
    columns = tuple(Column(head, share) for head, share in zip(clauses.HEADS, (15, 29, 14, 42), strict=True))
    listed = tuple(one.row for one in rows)
    return Section(
        framework.name,
        (
            Paragraph("What a clause asks is told here in a few words of our own, to find it again."),
            FactsTable(tuple(Fact(label, value) for label, value in framework.chapter().facts)),
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
    brief=True,
    chapters={framework.name: framework.chapter() for framework in frameworks()},
)
