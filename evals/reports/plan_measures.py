"""What an evaluation plan can show, its cases, its rubric and what was measured under it, as its dossier tells them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from evals import samples
from evals.engine import deciders
from evals.engine.cases import CasesInvalid
from evals.engine.evaluation_set import sizes
from evals.engine.metric_names import metric as known_metric
from evals.engine.planning.foretold import Foretold, rounded
from evals.reports import people, plans
from evals.reports.data import quality_report
from evals.reports.plan_parts import NONE, Plan, standing
from evals.reports.words import metric, said
from evals.selectors import arms, deciding, spent
from governance import access, store
from governance.proof.charts.intervals import percent, points
from governance.proof.formats.canonical import sha256
from governance.proof.sections import dossiers as rules
from governance.proof.sections import plan_dossiers as plan_rules
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
from governance.proof.words.printed import capital
from governance.reports import words
from governance.reports.gathered import Paper
from governance.reports.record import at

SHOWN: Final = 6
"""cases of a development set that are printed"""
LONGEST: Final = 600
"""characters of one part of a case that are printed"""
UNREADABLE: Final = rules.UNREADABLE


def can_show(plan: Plan, notices: Sequence[Notice]) -> Iterator[Block]:
    """What each threshold can come to with the cases there are, and what was not asked."""
    foretold = deciding.foretold(plan.paper.row)
    yield Paragraph(rules.RECKONED)
    yield from plans.thresholds(plan.paper.row, plan.paper.body)
    rows: list[tuple[Value, ...]] = [
        (
            one.threshold.id,
            one.found.n,
            int(one.found.effective),
            one.threshold.n_min,
            said(one.threshold.counted_power),
            _weakest(one),
            rules.DECIDABLE if one.decidable else f"no: {one.found.reason}",
        )
        for one in foretold
    ]
    columns = (
        Column("Threshold", 20), Column("Cases", 8, "right"), Column("Worth, as independent ones", 14, "right"),
        Column("Fewest asked for", 10, "right"), Column("Power", 8, "right"),
        Column("Weakest truth it shows", 18, "right"), Column("Decidable", 22),
    )  # fmt: skip
    yield table(rules.TO_GO_ON, columns, rows, UNREADABLE)
    told = [(notice.label, notice.text) for notice in notices]
    beside = (Column("What", 22), Column("In words", 78))
    yield table(rules.CANNOT, beside, told, rules.NOTHING_OF_IT)


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
    yield Heading(rules.LEFT)
    yield _spent(plan)
    yield Heading(rules.QUALITY)
    reports = plan.beside("evals.quality_report")
    if not reports:
        yield Paragraph(plan_rules.NO_QUALITY)
    for one in reports[-1:]:
        older = f"; {words.plural(len(reports) - 1, 'earlier one', 'earlier ones')} stand in the lineage"
        yield Paragraph(
            f"By the quality report “{one.title}”, frozen {at(one.leaf)} UTC{older if reports[1:] else ''}."
        )
        yield from quality_report(one.row, one.body)
    yield Heading(rules.SOME)
    yield from _some(plan, paper)


def _slices(plan: Plan) -> Block:
    told = plan.cases.sizes or (sizes(plan.stored, plan.cases.slices) if plan.stored else {})
    if not told:
        return Paragraph(UNREADABLE)
    found = {name: size.model_dump() for name, size in told.items()}
    widths = (24, 22, 12, 12, 14, 16)
    columns = [
        Column(title, width, "left" if place < 2 else "right")
        for place, (title, width) in enumerate(zip(plan_rules.SLICES, widths, strict=True))
    ]
    cases_ = plan.within.at(plan.parts["evaluation_set"].digest)
    return table(
        plan_rules.sized(told["all"].repeats, told["all"].cases), columns, plan_rules.slices(plan.within, cases_, found)
    )


def _spent(plan: Plan) -> Block:
    try:
        left = spent.spent(plan.paper.row, plan.found.size, on_the_way=False)
    except (store.BytesMissing, store.BytesCorrupt, CasesInvalid):
        return Paragraph(UNREADABLE)
    if left is None:
        return Paragraph(plan_rules.OPEN_CASES)
    found = left.account
    hidden = access.words(samples.SAMPLING.hidden_from(plan.parts["evaluation_set"].row))
    return facts(
        ("Kept from", hidden),
        ("Looks so far", f"{left.disclosed}, without what was on its way"),
        ("Spent", f"{_plain(found.spent)} of {_plain(found.budget)}, the chance that some verdict is a wrong PASS"),
        ("One more look spends", _plain(found.next)),
        ("Looks that fit in", found.further),
        ("Whose word that is", "the server’s, counted over all plans that ask the same; this file holds this one"),
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
    columns = (Column("Threshold", 18), Column("Measured", 26), Column("Graded by", 18), Column("May decide", 38))
    yield table(rules.WHOSE, columns, plan_rules.whose(plan.within))
    yield Heading(rules.JUDGES)
    found = plan.beside("evals.judge_calibration")
    if not judged:
        yield Paragraph(plan_rules.NO_JUDGE)
    elif not found:
        yield Paragraph(plan_rules.NO_CALIBRATION)
    for calibration in found:
        yield FactsTable((Fact(calibration.title, standing(calibration), link=calibration.digest),))
        yield from people.judge_calibration(calibration.row, calibration.body, plan.found.size)


def measured(plan: Plan) -> Iterator[Block]:
    """What was measured under the plan by then: baselines, other arms, attempts, figures from outside."""
    found = arms.of_plan(plan.paper.row, plan.found.size)
    overall = plan_rules.told_first(plan.within)
    columns: tuple[Column, ...] = (
        Column("Arm", 18), Column("What answered", 22), Column(capital(metric(overall)), 20, "right"),
        Column("Cases", 8, "right"), Column("Verdict", 14), Column("Whose word that is", 18),
    )  # fmt: skip
    yield table(plan_rules.MEASURED, columns, plan_rules.measured(plan.within), NONE)
    judged = [arm for arm in found.all if arm.verdict is not None]
    some = words.plural(len(judged), "verdict on a tuned model was", "verdicts on tuned models were")
    given = some if judged else "No verdict on a tuned model was"
    yield Paragraph(f"{given} given under this plan by then, says the server; the dossiers of releases tell of them.")
    columns = (Column("Threshold", 22), Column("Figure", 34), Column("Of", 18), Column("Asked for", 26))
    yield table(plan_rules.OUTSIDE, columns, plan_rules.from_outside(plan.within), plan_rules.NONE_OUTSIDE)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
