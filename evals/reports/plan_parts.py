"""The parts of an evaluation plan as its dossier tells them: who signed what, under which conditions, what changed."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final

from evals.engine.cases import CasesInvalid
from evals.engine.spec import Case, EvaluationSetBody, RubricBody, ThresholdsBody
from evals.selectors import cases as held
from evals.selectors.plans import PARTS
from governance.errors import Invalid
from governance.proof.answers.standing_words import status
from governance.proof.files.lineage.told import Signoff
from governance.proof.sections import acts
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
from governance.proof.words.printed import capital
from governance.reports.gathered import Gathered, Paper
from governance.reports.within import Within

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

    @cached_property
    def within(self) -> Within:
        """The plan as rules of its sections ask for it."""
        return Within.of(self.found)


def standing(paper: Paper) -> str:
    """Return how a document stands, in words."""
    return status(paper.standing)


def signers(plan: Plan, digests: Sequence[str]) -> str:
    """Return who signed any of some documents, in which role and when; "" where nobody did."""
    return acts.signers(plan.within.acts, *digests)


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
        rows.append(rules.signature(one.leaf, one.statement.predicate, about, rules.named(plan.within, about)))
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


def conditions(plan: Plan) -> list[tuple[str, str, str]]:
    """Return what signatures on the plan were given under, but for what page one warns of already."""
    warned = {one.text for paper in plan.all for one in paper.standing.unmet}
    return [one for one in rules.conditions(plan.within) if one[1] not in warned]


def changed(plan: Plan) -> Iterator[Block]:
    """Conditions and waivers, and what is different from the version before, part by part."""
    within = plan.within
    columns: tuple[Column, ...] = (Column("Given by, on", 34), Column("Condition", 44), Column("State", 22))
    yield table(rules.GIVEN_UNDER, columns, rules.conditions(within), NONE)
    columns = (Column("Waiver", 26), Column("Checks", 22), Column("Because", 30), Column("Standing", 22))
    yield table(rules.WAIVED, columns, rules.waivers(within), NONE)
    if first := rules.first_ones(within):
        yield Paragraph(rules.first_version(first))
    columns = (Column("Where", 28), Column("Before", 36), Column("Now", 36))
    for part, before in rules.compared(within):
        yield Heading(rules.since(plan.found.papers[part.digest].label))
        caption = f"Compared with version {before.number}, {standing(plan.found.papers[before.digest])}."
        yield table(caption, columns, rules.differs(within, part, before), f"{caption} {rules.SAME}")
