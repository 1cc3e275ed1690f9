"""What can be written in a plan and can never be decided: refused when the plan is frozen, not when it is run."""

from evals.engine.deciders import uncorrected
from evals.engine.metric_names import NOT_OF_CASES
from evals.engine.rubric import RubricBody
from evals.engine.thresholds import Threshold, ThresholdsBody
from governance.proof.sections.amounts import COMPARED


def of_thresholds(body: ThresholdsBody) -> None:
    """Check that there is an estimator for every threshold.

    Raises:
        ValueError: names the first threshold that there is none for.
    """
    for threshold in body.thresholds:
        if (reason := _without_estimator(threshold)) is not None:
            raise ValueError(f"threshold {threshold.id!r}: {reason}")


def of_plan(body: ThresholdsBody, rubric: RubricBody) -> None:
    """Check that no hard threshold rests on what a judge can never decide, however well it is calibrated.

    Raises:
        ValueError: names the first threshold that does.
    """
    for threshold in body.thresholds:
        if threshold.importance == "hard" and (reason := uncorrected(threshold, rubric)):
            raise ValueError(f"threshold {threshold.id!r}: {reason}; state that, or make the threshold soft")


def _without_estimator(threshold: Threshold) -> str | None:
    family, kind = threshold.family, threshold.kind
    if family == "external" and kind != "absolute":
        return "an imported measure has no cases to compare or to count; state an absolute limit"
    if family == "agreement" and (kind != "absolute" or threshold.direction != ">="):
        return "agreement of people is held against the least that is asked for; state an absolute limit with '>='"
    if family == "quantile" and kind == "non_inferiority":
        return "a difference of quantiles has no bound; state how many times the other it may be (relative)"
    if kind in (*COMPARED, "gap") and threshold.missing_policy == "excluded_with_bound" and family not in NOT_OF_CASES:
        return "missing answers can be left out of an absolute figure only; count them as failures"
    return None
