"""The figures of an evaluation result: every metric on every slice, and the confusion matrix. Described, not judged."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN

from evals.engine.decimals import text
from evals.engine.graders import OTHER, UNPARSED, Expected, Grades
from evals.engine.results import Confusion, Measure
from evals.engine.spec import ALL, RubricBody
from evals.engine.statistics import Estimate
from evals.engine.verdicts import estimate

ALPHA = 0.05
"""The level of each bound that a result shows; verdicts use the alpha of the threshold."""


def measure(
    rubric: RubricBody, cases: Sequence[Expected], graded: Mapping[str, Grades]
) -> dict[str, dict[str, Measure]]:
    """Return slice → metric → figure for all metrics the rubric's graders allow; F1 per label on the slice "all".

    A slice without a labelled case has no F1. Cases without grades count as failures.
    """
    graders = {criterion.grader for criterion in rubric.criteria}
    shares = ["pass_rate"]
    shares += ["exact_match"] if "exact" in graders else []
    shares += ["valid_format"] if "json_schema" in graders else []
    figures: dict[str, dict[str, Measure]] = {}
    for name in [ALL, *sorted({name for case in cases for name in case.slices})]:
        chosen = sorted((case for case in cases if name in (ALL, *case.slices)), key=lambda case: case.id)
        metrics = list(shares)
        if "label" in graders:
            metrics += ["macro_f1"]
            metrics += [f"f1:{label}" for label in sorted(_labels(chosen))] if name == ALL else []
        found = {metric: estimate(metric, chosen, graded, ALPHA) for metric in metrics}
        figures[name] = {metric: _measure(value) for metric, value in found.items() if value is not None}
    return figures


def confusion(labels: Sequence[str], cases: Sequence[Expected], graded: Mapping[str, Grades]) -> Confusion:
    """Return the confusion matrix of the labelled cases over the declared `labels`, in their order.

    Two columns more than rows: answers with no declared label, and those that are missing or cannot be parsed.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for case in cases:
        if case.label is not None:
            answered = graded[case.id].label if case.id in graded else UNPARSED
            counts[case.label, answered if answered in (*labels, UNPARSED) else OTHER] += 1
    columns = [*labels, OTHER, UNPARSED]
    rows = [[counts[label, column] for column in columns] for label in labels]
    return Confusion(labels=list(labels), columns=columns, rows=rows)


def _labels(cases: Sequence[Expected]) -> set[str]:
    return {case.label for case in cases if case.label is not None}


def _measure(found: Estimate) -> Measure:
    return Measure(
        value=text(found.value, ROUND_HALF_EVEN),
        n=found.n,
        low=text(found.low, ROUND_FLOOR) if found.low is not None else None,
        high=text(found.high, ROUND_CEILING) if found.high is not None else None,
        method=found.method,
    )
