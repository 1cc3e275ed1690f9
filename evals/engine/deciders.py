"""Whose grades a threshold rests on, and whether they can decide it: judges that err, people who come later.

What a judge measured is corrected for its errors only where there is an estimator for that: an absolute limit on the
share of answers that meet one criterion (`met:CRITERION`).
"""

from decimal import Decimal

from evals.engine.metric_names import argument, metric
from evals.engine.rubric import Criterion, RubricBody
from evals.engine.thresholds import Threshold

UNCALIBRATED = "the judge's agreement with people has not been measured and signed; its scores are for reading only"
UNGRADED = "people have not graded every answer yet"


def criterion_of(name: str, rubric: RubricBody) -> str | None:
    """Return the criterion whose grades the metric is made of; None if it is made of several or of none."""
    found = metric(name)
    if found.argument == "criterion":
        return argument(name)
    return next((c.name for grader in found.graders for c in rubric.criteria_of(grader)), None)


def behind(name: str, rubric: RubricBody) -> list[str]:
    """Return the criteria whose grades a metric is made of: for the pass rate those of any weight."""
    if name == "pass_rate":
        return [criterion.name for criterion in rubric.criteria if Decimal(criterion.weight) > 0]
    criterion = criterion_of(name, rubric)
    return [] if criterion is None else [criterion]


def judged_criteria(rubric: RubricBody) -> dict[str, str]:
    """Return the criteria that a judge grades, with the judge's name."""
    return {c.name: str(c.parameters["judge"]) for c in rubric.criteria if asks_judge(c)}


def asks_judge(criterion: Criterion) -> bool:
    """Return whether a judge grades the criterion."""
    return criterion.parameters.get("judge") is not None


def uncorrected(threshold: Threshold, rubric: RubricBody) -> str:
    """Return why a threshold that rests on a judge cannot be decided even by a calibrated one; "" where it can."""
    judged = judged_criteria(rubric)
    names = [name for name in behind(threshold.metric, rubric) if name in judged]
    if not names or (threshold.kind == "absolute" and threshold.metric == f"met:{names[0]}"):
        return ""
    return f"a judge grades “{names[0]}”, and its errors can be corrected only in an absolute limit on “met:{names[0]}”"


def caveat(threshold: Threshold, rubric: RubricBody) -> str:
    """Return what is to be known of a threshold before it is signed because of who grades, "" if nothing is."""
    judged = judged_criteria(rubric)
    people = {criterion.name for criterion in rubric.criteria_of("human")}
    names = behind(threshold.metric, rubric)
    told = ""
    if any(name in judged for name in names):
        told = uncorrected(threshold, rubric) or (
            "a judge grades this: it decides only with a signed calibration, and correcting its errors widens the "
            "bounds beyond what is reckoned here"
        )
    if any(name in people for name in names):
        told = f"{told}; " if told else ""
        told += "people grade this after the evaluation: until every answer is graded, the result waits for them"
    return f"{told[:1].upper()}{told[1:]}." if told else ""
