"""What the release dossier tells of how a release was made: data, run, base model, use; out of what was gathered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from evals.reports import human_grades, judge_calibration, result_parts
from evals.reports.data import quality_report
from evals.selectors import judgements
from governance.proof.answers.standing_words import status
from governance.proof.charts import runs as charts
from governance.proof.files.lineage.told import Signoff
from governance.proof.sections import acts, besides, tuning
from governance.proof.sections import dossiers as rules
from governance.proof.sections.blocks import (
    Block,
    Column,
    Fact,
    FactsTable,
    Heading,
    Notice,
    Paragraph,
    Value,
    facts,
    table,
)
from governance.reports.gathered import Gathered, Paper
from governance.reports.within import Within
from training.gate import base_models
from training.reports import tuning as reports
from training.selectors import life, served

NONE: Final = rules.NONE
RESULT, RUN_RECORD, RUN_SPEC, BASE_MODEL = (
    "evals.evaluation_result", "training.run_record", "training.run_spec", "training.base_model",
)  # fmt: skip


class Release:
    """The papers behind one release, by what they are to it."""

    def __init__(self, found: Gathered) -> None:
        self.found = found
        self.paper = found.papers[found.report.about]
        (self.result,) = self.many(self.paper, "result")
        self.judgement = self.linked(self.paper, "judgement")
        self.record = self.linked(self.paper, "run_record")
        self.thresholds = self.linked(self.result, "thresholds")
        self.evaluation = self.linked(self.result, "spec")
        self.baseline = self.linked(self.result, "baseline")
        self.run_spec = self.linked(self.record, "run_spec")

    @property
    def told(self) -> list[Paper]:
        """The documents of which the dossier says all that a section of their own would."""
        datasets = self.many(self.run_spec, "dataset")
        contracts = [one for dataset in datasets for one in self.many(dataset, "contract")]
        quality = self.linked(self.run_spec, "quality_report")
        specs = (self.evaluation, self.linked(self.baseline, "spec"))
        found = (self.paper, self.result, self.record, self.baseline, quality, *specs, *contracts)
        return [one for one in found if one is not None]

    def linked(self, paper: Paper | None, role: str) -> Paper | None:
        """Return the document that one names in a role; None where it names none."""
        links = {link.role: link.digest for link in paper.envelope.references} if paper is not None else {}
        return self.found.papers.get(links.get(role, ""))

    def many(self, paper: Paper | None, role: str) -> list[Paper]:
        """Return all documents that one names in a role."""
        links = paper.envelope.references if paper is not None else []
        return [self.found.papers[link.digest] for link in links if link.role == role]

    def of_kind(self, kind: str) -> list[Paper]:
        """Return the documents of a kind in the lineage, the oldest first."""
        return sorted((p for p in self.found.lineage if p.row.kind == kind), key=lambda p: p.leaf.seq)

    @cached_property
    def verdicts(self) -> judgements.Standing:
        """The verdict that counts, as the ledger had it: with people's grades where it waited for them."""
        return judgements.standing(self.result.row, self.found.size)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The verdict lines that count, as documents hold them."""
        return [line.model_dump(mode="json") for line in self.verdicts.verdicts]

    def signoffs(self, *papers: Paper | None) -> list[Signoff]:
        """Return the signatures on any of some documents, in ledger order."""
        wanted = {paper.digest for paper in papers if paper is not None}
        return [one for one in self.found.signoffs if wanted & {each.digest for each in one.statement.subjects}]

    def signers(self, *papers: Paper | None) -> str:
        """Return who signed any of some documents, in which role and when; "" where nobody did."""
        return acts.signers(self.within.acts, *(paper.digest for paper in papers if paper is not None))

    @cached_property
    def within(self) -> Within:
        """The release as rules of its sections ask for it."""
        return Within.of(self.found)


def exceptions(release: Release, critical: Sequence[str], altered: Sequence[str]) -> Iterator[Notice]:
    """Yield what page one must say besides what every report says: conditions of the release, critical answers, what
    was `altered` in sessions, and that nobody can look at the answers any more.
    """
    if not result_parts.readable(release.result.row):
        yield besides.UNREADABLE_ANSWERS
    if critical:
        yield besides.critical(critical)
    if altered:
        yield besides.altered(altered)
    warned = {one.text for one in release.paper.standing.unmet}
    for one in release.signoffs(release.paper):
        for condition in one.statement.predicate.conditions:
            if condition.text not in warned:
                yield besides.condition(one.statement.predicate.printed_name, condition.text, condition.due)


def data(release: Release) -> Iterator[Block]:
    """The contract, the datasets, and what the quality checks found in them."""
    datasets = release.many(release.run_spec, "dataset")
    contracts = {one.digest: one for d in datasets for one in release.many(d, "contract")}
    for contract in contracts.values():
        yield _named(contract)
        yield from reports.data_contract(contract.row, contract.body)
    columns = (
        Column("Dataset", 22), Column("Rows", 9, "right"), Column("Source", 21), Column("Signed by", 24),
        Column("SHA-256", 24, code=True),
    )  # fmt: skip
    spec = release.within.at(release.run_spec.digest) if release.run_spec is not None else None
    yield table(rules.TRAINED_ON, columns, acts.datasets(spec) if spec is not None else [], NONE)
    quality = release.linked(release.run_spec, "quality_report")
    if quality is None:
        yield Paragraph(rules.NO_QUALITY)
        return
    yield _named(quality)
    yield from quality_report(quality.row, quality.body)


def training(release: Release) -> Iterator[Block]:
    """The run: its permit and what that bound, its seed, code and environment, and the loss as it went on."""
    record, spec = release.record, release.run_spec
    if record is None or spec is None:
        yield Paragraph(NONE)
        return
    told = rules.run(release.within.at(record.digest), release.within.at(spec.digest))
    if told is None:
        yield Paragraph(NONE)
        yield charts.loss(record.body)
        return
    yield linked(told, {"Run": record.digest}, code=("Permit", "Lock file"))
    yield charts.loss(record.body)
    yield facts(*tuning.chosen(spec.body))


def linked(told: FactsTable, links: Mapping[str, str], code: Sequence[str] = ()) -> FactsTable:
    """Return facts with what their values link to, by label, and those whose values are set as code."""
    return FactsTable(
        tuple(replace(row, link=links.get(row.label), code=row.label in code and bool(row.value)) for row in told.rows)
    )


def base_model(release: Release) -> Iterator[Block]:
    """Its licence, and how long it can be had, by the words that the gate of a run goes by."""
    base = release.linked(release.run_spec, "base_model")
    if base is None:
        yield Paragraph(NONE)
        return
    body, licence = base.body, base.body["licence"]
    yield FactsTable(
        (
            Fact("Base model", f"{base.title}: {body['name']}, {body['version']}", link=base.digest),
            Fact("Source", body["source"]),
            Fact("Licence", f"{licence['name']} ({licence['id']})"),
            Fact("Licence text", licence["text_sha256"], code=True),
            Fact("Commercial use", "yes" if licence["commercial_use"] else "no"),
            Fact("Derivatives", "yes" if licence["derivatives"] else "no"),
            Fact("Standing", status(base.standing)),
        )
    )
    decision = release.linked(release.run_spec, "decision_record")
    use_case = release.linked(decision, "use_case")
    need = str(use_case.body["need_until"]) if use_case else ""
    found = life.of(base.row, release.found.report.project, need, release.found.size, release.found.time)
    rows: list[tuple[Value, ...]] = [
        (name, "yes" if answer.passed else "no", answer.found, answer.expected)
        for name, answer in zip(
            rules.QUESTIONS,
            (base_models.useful_life(found), base_models.custody(found), base_models.trainable(found)),
            strict=True,
        )
    ]
    columns = (Column("Question", 24), Column("Answer", 9), Column("Found", 37), Column("Expected", 30))
    yield table(rules.LIFE, columns, rows)


def people(release: Release) -> Iterator[Block]:
    """How far those agreed who graded answers, and what judges are worth; in which documents."""
    grades, calibrated = release.of_kind("evals.human_grades"), release.of_kind("evals.judge_calibration")
    yield Heading(rules.BY_HAND)
    if not grades:
        yield Paragraph(rules.NO_GRADES)
    for one in grades:
        yield _named(one)
        yield from human_grades(one.row, one.body)
    yield Heading(rules.BY_JUDGES)
    if not calibrated:
        yield Paragraph(rules.NO_CALIBRATION)
    for one in calibrated:
        yield _named(one)
        yield from judge_calibration(one.row, one.body, release.found.size)


def waivers(release: Release) -> Iterator[Block]:
    """Conditions, and the waivers that something here rested on."""
    columns: tuple[Column, ...] = (
        Column("Given by", 20),
        Column("On", 24, code=True),
        Column("Condition", 36),
        Column("State", 20),
    )
    yield table(rules.CONDITIONS, columns, acts.conditions(release.within), NONE)
    columns = (
        Column("Waiver", 18), Column("Checks that may be red", 17), Column("Because", 22), Column("Risk accepted", 22),
        Column("Signed by", 21),
    )  # fmt: skip
    yield table(rules.WAIVERS, columns, acts.waivers(release.within), NONE)


def use(release: Release) -> Iterator[Block]:
    """Which services serve it, which went on to another release or back to an older one, and what follows it."""
    found = release.found
    every = served.of(release.paper.row, found.size)
    columns: tuple[Column, ...] = (
        Column("Service", 28), Column("Environment", 20), Column("Since", 14), Column("Until", 16),
        Column("Critical", 12), Column("Entry", 10, "right"),
    )  # fmt: skip
    yield table(rules.SERVED, columns, acts.served(release.within), NONE)
    rows: list[tuple[Value, ...]] = [
        (one.body.service, one.body.environment, one.words, one.newest.number) for one in every if not one.still
    ]
    columns = (
        Column("Service", 28), Column("Environment", 20), Column("What became of it", 40),
        Column("Version", 12, "right"),
    )  # fmt: skip
    yield table(rules.SERVED_BEFORE, columns, rows, NONE)
    columns = (
        Column("Release", 44), Column("Version", 12, "right"), Column("By", 24), Column("Put forward (UTC)", 20),
    )  # fmt: skip
    yield table(rules.FOLLOWING, columns, acts.following(release.within), NONE)


def _named(paper: Paper) -> Block:
    return FactsTable((Fact(paper.label.capitalize(), f"{paper.title}: {status(paper.standing)}", link=paper.digest),))
