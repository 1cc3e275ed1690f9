"""What the evaluation-plan dossier tells, section by section, from what was gathered and the signed files alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from evals import samples
from evals.engine import deciders
from evals.engine.cases import CasesInvalid
from evals.engine.metric_names import metric as known_metric
from evals.engine.planning.foretold import Foretold, rounded
from evals.engine.spec import Case, EvaluationSetBody, RubricBody, ThresholdsBody
from evals.engine.words import Demand, subject
from evals.reports import people, plans
from evals.reports.data import quality_report
from evals.reports.words import asked, bounds, figure, metric, said
from evals.selectors import arms, deciding, spent
from evals.selectors import cases as held
from evals.selectors.plans import PARTS
from governance import access, differences, events, readable, store
from governance.bodies import WAIVER
from governance.errors import Invalid
from governance.proof.canonical import sha256
from governance.reports import words
from governance.reports.figures import KeyFigure, KeyFigures
from governance.reports.gathered import Gathered, Paper
from governance.reports.intervals import percent, points
from governance.reports.model import Fact, FactsTable
from governance.reports.parts import Block, Column, Heading, Notice, Paragraph, Value, facts, table
from governance.reports.record import at
from governance.reports.signoffs import Signoff
from governance.reports.standing_words import status
from governance.selectors.sections import as_compared

SHOWN: Final = 6
"""cases of a development set that are printed"""
LONGEST: Final = 600
"""characters of one part of a case that are printed"""
NONE: Final = "None recorded."
UNREADABLE: Final = "The files of cases are not here as they were signed, so nothing is counted."


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
            Fact(_capital(paper.label), f"{paper.title}, version {paper.envelope.number}: {standing(paper)}",
                 link=paper.digest)
            for paper in plan.all
        )
    )  # fmt: skip
    yield facts(
        ("What it is for", plan.cases.description),
        *((f"Stage {name}", text) for name, text in sorted(body.stages.items())),
        ("Use case", "none is named by a plan; the decision record behind each run names it"),
    )
    yield _signatures(plan)
    yield _on_record(found, people_)


def _signatures(plan: Plan) -> Block:
    rows: list[tuple[Value, ...]] = []
    for one in plan.signoffs():
        spoken = one.statement.predicate
        about = [each.digest for each in one.statement.subjects]
        rows.append(
            (
                one.leaf.seq,
                f"{spoken.printed_name}, {access.label(spoken.role)}",
                plan.named(about),
                f"{spoken.meaning} “{spoken.reason}”",
                _looked_at(one),
                at(one.leaf),
            )
        )
    columns = (
        Column("Entry", 6, "right"), Column("Signed by", 18), Column("Documents", 17),
        Column("Meaning and “reason”", 25), Column("Looked at before", 21), Column("Time (UTC)", 13),
    )  # fmt: skip
    caption = "Who signed, and what the signing page recorded of what they looked at before."
    return table(caption, columns, rows, "Nobody has signed a part of it.")


def _looked_at(one: Signoff) -> str:
    spoken = one.statement.predicate
    about = {each.digest for each in one.statement.subjects}
    told = [f"opened {len(about & set(spoken.opened))} of {len(about)}"]
    for sample in spoken.samples:
        given = Counter(each.opinion for each in sample.opinions)
        counted = ", ".join(f"{count} {opinion}" for opinion, count in sorted(given.items()))
        told.append(f"reviewed {words.plural(len(sample.opinions), 'case', 'cases')}: {counted}")
    if not spoken.samples:
        told.append("no cases drawn for review")
    if spoken.attachments:
        told.append(words.plural(len(spoken.attachments), "file beside it", "files beside it"))
    return "; ".join(told)


_PAPERS: Final = {
    events.SIGNER_IDENTIFIED: "how",
    events.SIGNER_QUALIFIED: "evidence",
    events.SIGNER_DECLARED: "",
}


def _on_record(found: Gathered, people_: Iterable[str]) -> Block:
    """What is on record of each signer: identity, competence, declaration, each by whom and when."""
    told: dict[str, dict[str, str]] = {person: {} for person in people_}
    for leaf in found.leaves.values():
        person = leaf.subjects[0].removeprefix("user:") if leaf.subjects else ""
        if leaf.event in _PAPERS and person in told:
            said_ = str(found.private(leaf).get(_PAPERS[leaf.event]) or "") if _PAPERS[leaf.event] else ""
            quoted = f"“{said_}” " if said_ else ""
            told[person][leaf.event] = f"{quoted}by {found.who(leaf.actor)}, {at(leaf)[:10]}, ledger entry {leaf.seq}"
    rows = [(found.who(person), *(papers.get(event, NONE) for event in _PAPERS)) for person, papers in told.items()]
    columns = (
        Column("Signer", 19), Column("Identity checked", 27), Column("Competence shown", 27),
        Column("Signature declared binding", 27),
    )  # fmt: skip
    return table("What is on record of those who signed.", columns, sorted(rows), "Nobody has signed.")


def can_show(plan: Plan, notices: Sequence[Notice]) -> Iterator[Block]:
    """What each threshold can come to with the cases there are, and what was not asked."""
    foretold = deciding.foretold(plan.paper.row)
    yield Paragraph(
        "Reckoned from the signed cases before anything was measured: with too few cases a limit can be neither passed "
        "nor failed, whatever the model is worth. What is likely to be shown is reckoned at the power each threshold "
        "counts on."
    )
    yield from plans.thresholds(plan.paper.row, plan.paper.body)
    rows: list[tuple[Value, ...]] = [
        (
            one.threshold.id,
            one.found.n,
            int(one.found.effective),
            one.threshold.n_min,
            said(one.threshold.counted_power),
            _weakest(one),
            "yes" if one.decidable else f"no: {one.found.reason}",
        )
        for one in foretold
    ]
    columns = (
        Column("Threshold", 20), Column("Cases", 8, "right"), Column("Worth, as independent ones", 14, "right"),
        Column("Fewest asked for", 10, "right"), Column("Power", 8, "right"),
        Column("Weakest truth it shows", 18, "right"), Column("Decidable", 22),
    )  # fmt: skip
    yield table("What each threshold has to go on.", columns, rows, UNREADABLE)
    told = [(notice.label, notice.text) for notice in notices]
    beside = (Column("What", 22), Column("In words", 78))
    yield table("What the plan cannot show, or does not ask.", beside, told, "Nothing of the kind was found.")


def _weakest(one: Foretold) -> str:
    """Return the smallest effect that is shown with the power the threshold counts on, in the terms of its limit."""
    smallest = one.found.smallest
    if smallest is None or not known_metric(one.threshold.metric).bounded:
        return "not told"
    if one.threshold.kind == "non_inferiority":
        return points(rounded(smallest, up=True))
    if one.threshold.kind == "zero_tolerance":
        return f"{percent(rounded(smallest, up=False))} failing"
    return percent(rounded(smallest, up=one.threshold.direction == ">="))


def cases(plan: Plan) -> Iterator[Block]:
    """What the cases are, slice by slice, what quality checks found, what is spent of a holdout, and some of them."""
    paper = plan.parts["evaluation_set"]
    yield from plans.evaluation_set(paper.row, paper.body)
    yield _slices(plan)
    yield Heading("What is left of them")
    yield _spent(plan)
    yield Heading("Quality, duplicates and leakage")
    reports = plan.beside("evals.quality_report")
    if not reports:
        yield Paragraph(f"{NONE} Nobody has held the cases against data or production in a quality report.")
    for one in reports[-1:]:
        older = f"; {words.plural(len(reports) - 1, 'earlier one', 'earlier ones')} stand in the lineage"
        yield Paragraph(
            f"By the quality report “{one.title}”, frozen {at(one.leaf)} UTC{older if reports[1:] else ''}."
        )
        yield from quality_report(one.row, one.body)
    yield Heading("Some of the cases")
    yield from _some(plan, paper)


def _slices(plan: Plan) -> Block:
    rows: list[tuple[Value, ...]] = []
    used = Counter(name for one in plan.thresholds.thresholds for name in {one.slice, *one.groups})
    for name in ("all", *sorted(plan.cases.slices)):
        own = [case for case in plan.stored if name == "all" or name in case.slices]
        clusters = len({case.cluster for case in own if case.cluster}) + sum(case.cluster is None for case in own)
        role = "" if name == "all" else plan.cases.roles.get(name, "common").replace("_", " ")
        risky = sum(case.risk == "high" for case in own)
        rows.append((name, role, len(own), clusters, risky, used[name] or "none"))
    columns = (
        Column("Slice", 24), Column("There for", 22), Column("Cases", 12, "right"), Column("Clusters", 12, "right"),
        Column("Of high risk", 14, "right"), Column("Thresholds on it", 16, "right"),
    )  # fmt: skip
    asked_once = len(samples.asked(plan.parts["evaluation_set"].row)) if plan.stored else 0
    again = len(plan.stored) - asked_once
    twice = f"{again or 'None'} of the {len(plan.stored)} cases asks what another asks, word for word."
    caption = f"Cases of one cluster depend on one another and are worth less than independent ones. {twice}"
    return table(caption, columns, rows) if plan.stored else Paragraph(UNREADABLE)


def _spent(plan: Plan) -> Block:
    try:
        left = spent.spent(plan.paper.row, plan.found.size, on_the_way=False)
    except (store.BytesMissing, store.BytesCorrupt, CasesInvalid):
        return Paragraph(UNREADABLE)
    if left is None:
        return Paragraph("The cases are kept from nobody: results on them are for development and spend nothing.")
    found = left.account
    hidden = access.words(samples.SAMPLING.hidden_from(plan.parts["evaluation_set"].row))
    return facts(
        ("Kept from", hidden),
        ("Looks so far", f"{left.disclosed}, without what was on its way"),
        ("Spent", f"{_plain(found.spent)} of {_plain(found.budget)}, the chance that some verdict is a wrong PASS"),
        ("One more look spends", _plain(found.next)),
        ("Looks that fit in", found.further),
    )


def _some(plan: Plan, paper: Paper) -> Iterator[Block]:
    sampling = samples.SAMPLING
    if hidden := sampling.hidden_from(paper.row):
        yield Paragraph(
            f"The cases are kept from every {access.words(hidden)}, and reports are read by everybody in a project. So "
            "none is printed here; whoever may see them opens the set."
        )
        return
    if not plan.stored:
        yield Paragraph(UNREADABLE)
        return
    drawn = sampling.draw(paper.row, sha256(paper.digest.encode()).removeprefix("sha256:"), SHOWN)
    rows: list[tuple[Value, ...]] = []
    for case in sampling.show(paper.row, drawn):
        parts = [(name, text if len(text) <= LONGEST else f"{text[:LONGEST]}…") for name, text in case.parts]
        rows += [(case.id if not place else "", name, text) for place, (name, text) in enumerate(parts)]
    caption = f"{len(drawn)} of {len(plan.stored)} cases, drawn by a seed that follows from the set’s digest."
    yield table(caption, (Column("Case", 18), Column("Part", 18), Column("Text", 64)), rows)


def rubric(plan: Plan) -> Iterator[Block]:
    """How answers are asked for and graded, whose grades each threshold rests on, and what judges are worth."""
    paper, body = plan.parts["rubric"], plan.rubric
    yield from plans.rubric(paper.row, paper.body)
    judged = deciders.judged_criteria(body)
    graders = {c.name: c.grader for c in body.criteria}
    rows: list[tuple[Value, ...]] = []
    for one in plan.thresholds.thresholds:
        behind = deciders.behind(one.metric, body)
        by = [f"the judge “{judged[name]}”" if name in judged else f"“{graders[name]}”" for name in behind]
        may = deciders.caveat(one, body) or "It decides as soon as the answers are there."
        rows.append((one.id, subject(Demand.of(one.model_dump())), ", ".join(by) or "no grade", may))
    columns = (Column("Threshold", 18), Column("Measured", 26), Column("Graded by", 18), Column("May decide", 38))
    yield table("Whose grades each threshold rests on, and what they may decide.", columns, rows)
    yield Heading("Calibrations of judges")
    found = plan.beside("evals.judge_calibration")
    if not judged:
        yield Paragraph("No criterion is graded by a judge.")
    elif not found:
        yield Paragraph(f"{NONE} Without a signed calibration no threshold that rests on a judge decides anything.")
    for calibration in found:
        yield FactsTable((Fact(calibration.title, standing(calibration), link=calibration.digest),))
        yield from people.judge_calibration(calibration.row, calibration.body, plan.found.size)


def measured(plan: Plan, body: ThresholdsBody) -> Iterator[Block]:
    """What was measured under the plan by then: baselines, other arms, attempts, figures from outside."""
    found = arms.of_plan(plan.paper.row, plan.found.size)
    known = {paper.digest for paper in plan.found.lineage}
    told = [arm for arm in found.all if arm.result.digest in known]
    overall = next((one.metric for one in body.thresholds if one.slice == "all"), body.thresholds[0].metric)
    rows: list[tuple[Value, ...]] = []
    for arm in told:
        one = arm.body.metrics.get("all", {}).get(overall)
        came = "not measured" if one is None else f"{figure(one.value)} ({bounds(one.low, one.high)})"
        attempt = f"attempt {arm.spec.attempt_index}"
        rows.append((f"{arm.name}, {attempt}", arm.answered, came, arm.body.n, arm.verdict or "not judged", arm.proof))
    columns: tuple[Column, ...] = (
        Column("Arm", 18), Column("What answered", 22), Column(metric(overall).capitalize(), 20, "right"),
        Column("Cases", 8, "right"), Column("Verdict", 14), Column("Whose word that is", 18),
    )  # fmt: skip
    yield table("Measured and not judged: baselines, and what else was tried.", columns, rows, NONE)
    judged = [arm for arm in found.all if arm.verdict is not None]
    given = words.plural(len(judged), "verdict on a tuned model was", "verdicts on tuned models were")
    yield Paragraph(f"{given} given under this plan by then, says the server; the dossiers of releases tell of them.")
    outside = [one for one in body.thresholds if one.family == "external"]
    rows = [(one.id, metric(one.metric), one.layer.replace("_", " "), asked(one.model_dump())) for one in outside]
    columns = (Column("Threshold", 22), Column("Figure", 34), Column("Of", 18), Column("Asked for", 26))
    yield table(
        "Figures that are measured outside and imported with their source.", columns, rows, "None is asked for."
    )


@dataclass(frozen=True)
class Conditional:
    """A condition that a part of the plan was signed under: by whom, what, and whether it is met."""

    said: str
    text: str
    state: str


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
            due = f", due {condition.due[:10]}" if condition.due else ""
            state = f"Met: ledger entry {leaf.seq}, {at(leaf)[:10]}" if leaf is not None else f"Open{due}"
            yield Conditional(f"{spoken.printed_name} on {about}", condition.text, state)


def changed(plan: Plan) -> Iterator[Block]:
    """Conditions and waivers, and what is different from the version before, part by part."""
    rows: list[tuple[Value, ...]] = [(one.said, one.text, one.state) for one in _conditions(plan)]
    columns: tuple[Column, ...] = (Column("Given by, on", 34), Column("Condition", 44), Column("State", 22))
    yield table("Conditions that signatures were given under.", columns, rows, NONE)
    own = {paper.digest for paper in plan.all}
    waived = [
        paper
        for paper in plan.found.papers.values()
        if paper.row.kind == WAIVER and own & {link.digest for link in paper.envelope.references}
    ]
    rows = [(one.title, ", ".join(one.body["checks"]), one.body["reason"], standing(one)) for one in waived]
    columns = (Column("Waiver", 26), Column("Checks", 22), Column("Because", 30), Column("Standing", 22))
    yield table("Waivers about a part of the plan.", columns, rows, NONE)
    first = [paper.label for paper in plan.all if paper.envelope.previous not in plan.found.papers]
    if first:
        yield Paragraph(f"First version, so that there is nothing to compare: {', '.join(first)}.")
    for paper in plan.all:
        if (before := plan.found.papers.get(paper.envelope.previous or "")) is not None:
            yield from _since(plan, paper, before)


def _since(plan: Plan, paper: Paper, before: Paper) -> Iterator[Block]:
    yield Heading(f"{_capital(paper.label)}: what changed since the version before")
    found = readable.told(differences.between(as_compared(before.row), as_compared(paper.row)))
    found += readable.told(
        differences.references(before.envelope.references, paper.envelope.references), plan.found.titles
    )
    rows = [(one.path, one.old or "not there", one.new or "removed") for one in found]
    columns = (Column("Where", 28), Column("Before", 36), Column("Now", 36))
    caption = f"Compared with version {before.envelope.number}, {standing(before)}."
    yield table(caption, columns, rows, f"{caption} Nothing in it is different.")


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
