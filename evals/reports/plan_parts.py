"""The parts of an evaluation plan as its dossier tells them: who signed what, under which conditions, what changed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from evals.engine.cases import CasesInvalid
from evals.engine.spec import Case, EvaluationSetBody, RubricBody, ThresholdsBody
from evals.selectors import cases as held
from evals.selectors.plans import PARTS
from governance import access, events
from governance.bodies import WAIVER
from governance.errors import Invalid
from governance.proof.answers.standing_words import status
from governance.proof.files.lineage.told import Signoff
from governance.proof.formats.leaf import Leaf
from governance.proof.sections import besides
from governance.proof.sections import plan_dossiers as rules
from governance.proof.sections.blocks import (
    Block,
    Column,
    Fact,
    FactsTable,
    Heading,
    KeyFigure,
    KeyFigures,
    Paragraph,
    Value,
    facts,
    table,
)
from governance.proof.words import difference_words, differences
from governance.proof.words.printed import capital
from governance.reports import words
from governance.reports.gathered import Gathered, Paper
from governance.reports.record import at
from governance.selectors.sections import as_compared

NONE: Final = "None recorded."


class Plan:
    """The papers of one plan, and what speaks of it, out of what was gathered."""

    def __init__(self, found: Gathered) -> None:
        self.found = found
        self.paper = found.papers[found.report.about]
        links = {link.role: link.digest for link in self.paper.envelope.references}
        self.parts = {role: found.papers[links[role]] for role in PARTS if role in links}

    @property
    def all(self) -> list[Paper]:
        """The thresholds and what they pin."""
        return [self.paper, *self.parts.values()]

    @cached_property
    def thresholds(self) -> ThresholdsBody:
        """What the thresholds say."""
        return ThresholdsBody.model_validate(self.paper.body)

    @cached_property
    def cases(self) -> EvaluationSetBody:
        """What the evaluation set says."""
        return EvaluationSetBody.model_validate(self.parts["evaluation_set"].body)

    @cached_property
    def rubric(self) -> RubricBody:
        """What the rubric says."""
        return RubricBody.model_validate(self.parts["rubric"].body)

    @cached_property
    def stored(self) -> list[Case]:
        """The cases themselves, for counts; none where the files are not as they were signed."""
        try:
            return held.stored(self.parts["evaluation_set"].row)
        except (Invalid, CasesInvalid):
            return []

    def beside(self, kind: str) -> list[Paper]:
        """Return the documents of a kind that speak of the plan, the oldest first."""
        own = {paper.digest for paper in self.all}
        listed = [paper for paper in self.found.lineage if paper.row.kind == kind and paper.digest not in own]
        return sorted(listed, key=lambda paper: paper.leaf.seq)

    def signoffs(self) -> list[Signoff]:
        """Return the signatures on any part of the plan, in ledger order."""
        own = {paper.digest for paper in self.all}
        return [one for one in self.found.signoffs if own & {each.digest for each in one.statement.subjects}]

    def named(self, digests: Iterable[str]) -> str:
        """Return what documents are called: parts of the plan by their kind."""
        titles = {paper.digest: paper.label for paper in self.all}
        return ", ".join(titles.get(one) or self.found.titles.get(one) or words.short(one) for one in digests)


def standing(paper: Paper) -> str:
    """Return how a document stands, in words."""
    return status(paper.standing)


def signers(plan: Plan, digests: Sequence[str]) -> str | None:
    """Return who signed any of some documents, in which role and when; None where nobody did."""
    wanted = set(digests)
    told = [
        f"{one.statement.predicate.printed_name}, {access.label(one.statement.predicate.role)}, {at(one.leaf)[:10]}"
        for one in plan.signoffs()
        if wanted & {each.digest for each in one.statement.subjects}
    ]
    return "; ".join(told) or None


def signed(plan: Plan) -> Iterator[Block]:
    """Who signed what, having looked at what, with which competence on record."""
    body, found = plan.thresholds, plan.found
    hard = sum(one.blocks for one in body.thresholds)
    people_ = {one.statement.predicate.signer for one in plan.signoffs()}
    in_force = sum(paper.standing.ok for paper in plan.all)
    yield KeyFigures(
        (
            KeyFigure(f"{in_force} of {len(plan.all)}", "Parts in force", "as their policy asks"),
            KeyFigure(str(len(people_)), "People signed", f"{len(plan.signoffs())} acts of signing"),
            KeyFigure(f"{plan.cases.cases:,}", "Cases", f"a {plan.cases.purpose} set"),
            KeyFigure(str(len(body.thresholds)), "Thresholds", f"a release waits for {hard} of them"),
        )
    )
    yield FactsTable(
        tuple(
            Fact(capital(paper.label), f"{paper.title}, version {paper.envelope.number}: {standing(paper)}",
                 link=paper.digest)
            for paper in plan.all
        )
    )  # fmt: skip
    yield facts(
        ("What it is for", plan.cases.description),
        *((f"Stage {name}", text) for name, text in sorted(body.stages.items())),
        ("Use case", rules.USE_CASE),
    )
    yield _signatures(plan)
    yield _on_record(found, people_)


def _signatures(plan: Plan) -> Block:
    rows: list[tuple[Value, ...]] = []
    for one in plan.signoffs():
        about = [each.digest for each in one.statement.subjects]
        rows.append(rules.signature(one.leaf, one.statement.predicate, about, plan.named(about)))
    columns = (
        Column("Entry", 6, "right"), Column("Signed by", 18), Column("Documents", 17),
        Column("Meaning and “reason”", 25), Column("Looked at before", 21), Column("Time (UTC)", 13),
    )  # fmt: skip
    return table(rules.WHO, columns, rows, rules.NOBODY)


def _on_record(found: Gathered, people_: Iterable[str]) -> Block:
    """What is on record of each signer: identity, competence, declaration, each by whom and when."""
    rows = rules.on_record(people_, found.leaves.values(), found.private, found.who)
    columns = (
        Column("Signer", 19), Column("Identity checked", 27), Column("Competence shown", 27),
        Column("Signature declared binding", 27),
    )  # fmt: skip
    return table(rules.RECORDS, columns, rows, rules.NO_RECORDS)


@dataclass(frozen=True)
class Conditional:
    """A condition that a part of the plan was signed under: by whom, what, and whether it is met."""

    who: str
    about: str
    text: str
    met: Leaf | None
    due: str

    @property
    def said(self) -> str:
        """Who gave it, and on what."""
        return besides.given(self.who, self.about)

    @property
    def state(self) -> str:
        """Whether it is met, and since when; else until when it should be."""
        return besides.state((self.met.seq, at(self.met)) if self.met is not None else None, self.due)


def conditions(plan: Plan) -> list[Conditional]:
    """Return what signatures on the plan were given under, but for what page one warns of already."""
    warned = {one.text for paper in plan.all for one in paper.standing.unmet}
    return [one for one in _conditions(plan) if one.text not in warned]


def _conditions(plan: Plan) -> Iterator[Conditional]:
    met = {
        str(leaf.data["condition"]): leaf for leaf in plan.found.leaves.values() if leaf.event == events.CONDITION_MET
    }
    for one in plan.signoffs():
        spoken = one.statement.predicate
        about = plan.named(each.digest for each in one.statement.subjects)
        for condition in spoken.conditions:
            leaf = met.get(condition.id)
            yield Conditional(spoken.printed_name, about, condition.text, leaf, condition.due or "")


def changed(plan: Plan) -> Iterator[Block]:
    """Conditions and waivers, and what is different from the version before, part by part."""
    rows: list[tuple[Value, ...]] = [(one.said, one.text, one.state) for one in _conditions(plan)]
    columns: tuple[Column, ...] = (Column("Given by, on", 34), Column("Condition", 44), Column("State", 22))
    yield table(rules.GIVEN_UNDER, columns, rows, NONE)
    own = {paper.digest for paper in plan.all}
    waived = [
        paper
        for paper in plan.found.papers.values()
        if paper.row.kind == WAIVER and own & {link.digest for link in paper.envelope.references}
    ]
    rows = [(one.title, ", ".join(one.body["checks"]), one.body["reason"], standing(one)) for one in waived]
    columns = (Column("Waiver", 26), Column("Checks", 22), Column("Because", 30), Column("Standing", 22))
    yield table(rules.WAIVED, columns, rows, NONE)
    first = [paper.label for paper in plan.all if paper.envelope.previous not in plan.found.papers]
    if first:
        yield Paragraph(rules.first_version(first))
    for paper in plan.all:
        if (before := plan.found.papers.get(paper.envelope.previous or "")) is not None:
            yield from _since(plan, paper, before)


def _since(plan: Plan, paper: Paper, before: Paper) -> Iterator[Block]:
    yield Heading(rules.since(paper.label))
    found = difference_words.told(differences.between(as_compared(before.row), as_compared(paper.row)))
    found += difference_words.told(
        differences.references(before.envelope.references, paper.envelope.references), plan.found.titles
    )
    rows = [(one.path, one.old or "not there", one.new or "removed") for one in found]
    columns = (Column("Where", 28), Column("Before", 36), Column("Now", 36))
    caption = f"Compared with version {before.envelope.number}, {standing(before)}."
    yield table(caption, columns, rows, f"{caption} Nothing in it is different.")
