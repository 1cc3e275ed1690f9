"""What can be written in a plan and not be measured yet: refused when the plan is frozen, not when it is run."""

from decimal import Decimal

from evals.engine.metric_names import argument, metric
from evals.engine.rubric import RubricBody
from evals.engine.thresholds import COMPARED, Threshold, ThresholdsBody


def of_rubric(rubric: RubricBody) -> None:
    """Check that the engine can grade as the rubric says.

    Raises:
        ValueError: names the first thing that it cannot do yet.
    """
    for criterion in rubric.criteria:
        if criterion.grader == "human" and Decimal(criterion.weight) > 0:
            raise ValueError(
                f"criterion {criterion.name!r} is for people to grade, after the verdict; give it the weight 0"
            )
        if criterion.parameters.get("judge") is not None:
            raise ValueError(f"criterion {criterion.name!r} is for a judge, and no judge can be asked yet")


def of_thresholds(body: ThresholdsBody) -> None:
    """Check that there is an estimator for every threshold.

    Raises:
        ValueError: names the first threshold that there is none for.
    """
    for threshold in body.thresholds:
        if (reason := _without_estimator(threshold)) is not None:
            raise ValueError(f"threshold {threshold.id!r}: {reason}")


def of_plan(body: ThresholdsBody, rubric: RubricBody) -> None:
    """Check that no threshold waits for people, whose grades come after the verdict.

    Raises:
        ValueError: names the first threshold that does.
    """
    people = {criterion.name for criterion in rubric.criteria_of("human")}
    for threshold in body.thresholds:
        if metric(threshold.metric).argument == "criterion" and (name := argument(threshold.metric)) in people:
            raise ValueError(
                f"threshold {threshold.id!r} is about {name!r}, which people grade after the verdict; drop it, "
                "and read in the human grades what the outputs came to"
            )


def _without_estimator(threshold: Threshold) -> str | None:
    family, kind = threshold.family, threshold.kind
    if family == "external" and kind != "absolute":
        return "an imported measure has no cases to compare or to count; state an absolute limit"
    if family == "quantile" and kind == "non_inferiority":
        return "a difference of quantiles has no bound; state how many times the other it may be (relative)"
    if kind in (*COMPARED, "gap") and threshold.missing_policy == "excluded_with_bound":
        return "missing answers can be left out of an absolute figure only; count them as failures"
    return None
