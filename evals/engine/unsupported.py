"""What can be written in a plan and not be measured yet: refused when the plan is frozen, not when it is run."""

from typing import Final

from evals.engine.evaluation_set import Case
from evals.engine.rubric import RubricBody
from evals.engine.thresholds import Threshold, ThresholdsBody

GRADERS: Final = ("exact", "label", "json_schema")
METRICS: Final = ("exact_match", "valid_format", "pass_rate", "macro_f1", "f1")
KINDS: Final = ("absolute", "non_inferiority")


def of_rubric(rubric: RubricBody) -> None:
    """Check that the engine can generate and grade as the rubric says.

    Raises:
        ValueError: names the first thing that it cannot do yet.
    """
    decoding = rubric.decoding
    for what, found, able in (
        ("answers in the format", rubric.output.format, ("json",)),
        ("repeats", decoding.repeats, (1,)),
        ("the label field", rubric.output.label_field is None, (False,)),
    ):
        if found not in able:
            raise ValueError(f"found {what} {found!r}, which this engine cannot measure yet")
    for criterion in rubric.criteria:
        if criterion.grader not in GRADERS:
            raise ValueError(f"criterion {criterion.name!r} names {criterion.grader!r}, which cannot grade yet")
        if any(value for value in criterion.parameters.values()):
            raise ValueError(f"criterion {criterion.name!r} has parameters, which its grader does not read yet")


def of_case(case: Case) -> None:
    """Check that the engine counts everything the case says. Raises ValueError naming what it does not count yet."""
    if case.weight != "1" or case.references:
        raise ValueError(f"case {case.id!r} has a weight or further right answers, which are not counted yet")


def of_thresholds(body: ThresholdsBody) -> None:
    """Check that the engine can judge every threshold.

    Raises:
        ValueError: names the first thing that it cannot do yet.
    """
    for threshold in body.thresholds:
        _threshold(threshold)


def _threshold(threshold: Threshold) -> None:
    for what, found, able in (
        ("metric", threshold.metric.partition(":")[0], METRICS),
        ("kind", threshold.kind, KINDS),
        ("direction", threshold.direction, (">=",)),
        ("layer", threshold.layer, ("quality",)),
        ("stage", threshold.stage, ("release",)),
        ("missing policy", threshold.missing_policy, ("failure",)),
        ("reference", threshold.reference, (None, "baseline")),
    ):
        if found not in able:
            raise ValueError(f"threshold {threshold.id!r} has the {what} {found!r}, which cannot be judged yet")
