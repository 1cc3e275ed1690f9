"""Whose grades a threshold rests on, and whether they can decide it: by the rules that whoever verifies shares."""

from decimal import Decimal

from evals.engine.rubric import Criterion, RubricBody
from evals.engine.thresholds import Threshold
from governance.proof.sections import deciders as rules
from governance.proof.sections.deciders import Graded

UNCALIBRATED = "the judge's agreement with people has not been measured and signed; its scores are for reading only"
UNGRADED = "people have not graded every answer yet"


def criterion_of(name: str, rubric: RubricBody) -> str | None:
    """Return the criterion whose grades the metric is made of; None if it is made of several or of none."""
    return rules.criterion_of(name, graded(rubric))


def behind(name: str, rubric: RubricBody) -> list[str]:
    """Return the criteria whose grades a metric is made of: for the pass rate those of any weight."""
    return rules.behind(name, graded(rubric))


def graded(rubric: RubricBody) -> list[Graded]:
    """Return the criteria of a rubric as rules about who grades ask for them."""
    return [Graded(c.name, c.grader, Decimal(c.weight), str(c.parameters.get("judge") or "")) for c in rubric.criteria]


def judged_criteria(rubric: RubricBody) -> dict[str, str]:
    """Return the criteria that a judge grades, with the judge's name."""
    return {c.name: str(c.parameters["judge"]) for c in rubric.criteria if asks_judge(c)}


def asks_judge(criterion: Criterion) -> bool:
    """Return whether a judge grades the criterion."""
    return criterion.parameters.get("judge") is not None


def uncorrected(threshold: Threshold, rubric: RubricBody) -> str:
    """Return why a threshold that rests on a judge cannot be decided even by a calibrated one; "" where it can."""
    return rules.uncorrected(threshold.metric, threshold.kind, graded(rubric))


def caveat(threshold: Threshold, rubric: RubricBody) -> str:
    """Return what is to be known of a threshold before it is signed because of who grades, "" if nothing is."""
    return rules.caveat(threshold.metric, threshold.kind, graded(rubric))
