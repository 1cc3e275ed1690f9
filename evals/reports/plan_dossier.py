"""The evaluation-plan dossier: what was signed before anything was measured, by whom, and what it can and cannot show.

Told of thresholds, which pin the set, the rubric and the preset of their plan. Beside them it tells of what speaks of
the plan up to the report's ledger size: quality reports, calibrations of its judges, results of other arms, versions
before.
"""

from collections.abc import Iterable, Iterator

from evals.reports import plan_measures as measures
from evals.reports import plan_parts as parts
from evals.reports.plans import threshold_notices
from evals.selectors import deciding, plans
from governance.models import Document
from governance.proof.sections import besides
from governance.proof.sections import plan_dossiers as rules
from governance.proof.sections.blocks import Fact, Notice
from governance.proof.words.running_text import DOES_NOT_PROVE, PROVES
from governance.registry import Dossier
from governance.reports.gathered import Gathered
from governance.reports.model import Section, Told

PLAN_PROVES = (
    "Which cases, rubric and limits were signed, by whom and in which role, before any result that rests on them.",
    "What the limits can show with these cases: reckoned anew from the signed files while this report was made.",
)
PLAN_DOES_NOT_PROVE = (
    "That the cases are those that matter: how like production they are, a quality report says, if there is one.",
    "That whoever signed had seen nothing else; what the signing page recorded as opened and reviewed is listed.",
)


def _beside(thresholds: Document, size: int) -> tuple[Document, ...]:
    """Return what speaks of a plan besides what it rests on, as the ledger had it at a size."""
    return tuple(plans.about(thresholds, size))


def _tell(found: Gathered) -> Told:
    """Return what the dossier says of its own."""
    plan = parts.Plan(found)
    foretold = deciding.foretold(plan.paper.row)
    cannot = [one.threshold.id for one in foretold if not one.decidable] if foretold else None
    return Told(
        title=plan.paper.title,
        about="Evaluation plan",
        proves=(*PLAN_PROVES, *PROVES),
        does_not_prove=(*PLAN_DOES_NOT_PROVE, *DOES_NOT_PROVE),
        lead=tuple(Fact(label, value) for label, value in rules.lead(plan.within, cannot)),
        first=tuple(_sections(plan)),
        own_exceptions=tuple(_conditions(plan)),
        told=frozenset(paper.digest for paper in found.lineage),
    )


def _conditions(plan: parts.Plan) -> Iterator[Notice]:
    for said, text, state in parts.conditions(plan):
        yield besides.signed_on(said, text, state)


def _sections(plan: parts.Plan) -> Iterable[Section]:
    notices = threshold_notices(plan.paper.row, plan.paper.body)
    return (
        Section("What was signed, and by whom", tuple(parts.signed(plan))),
        Section("What the plan can show, and what it cannot", tuple(measures.can_show(plan, notices))),
        Section("The cases", tuple(measures.cases(plan))),
        Section("The rubric, and who may decide", tuple(measures.rubric(plan))),
        Section("Measured under this plan so far", tuple(measures.measured(plan))),
        Section("Conditions, waivers, and what changed", tuple(parts.changed(plan))),
    )


DOSSIER = Dossier(
    _beside,
    _tell,
    printed={
        "What was signed, and by whom": "plan, signed",
        "Measured under this plan so far": "plan, measured",
        "Conditions, waivers, and what changed": "plan, changed",
        "What the plan can show, and what it cannot": "plan, shows",
        "The cases": "plan, cases",
        "The rubric, and who may decide": "plan, rubric",
    },
    charts={"The cases": "plan, cases"},
)
