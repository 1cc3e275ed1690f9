"""The figures of an evaluation result: every metric on every slice, and the confusion matrix. Described, not judged."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN

from evals.engine import estimators
from evals.engine.decimals import text
from evals.engine.fields import ALL
from evals.engine.grading import Expected
from evals.engine.metric_names import METRICS, NOT_OF_CASES
from evals.engine.results import Confusion, Measure
from evals.engine.rubric import RubricBody
from evals.engine.samples import OTHER, UNPARSED, Answers, label_counts, sample
from evals.engine.statistics import Estimate
from evals.engine.verdicts import in_slice

ALPHA = 0.05
"""The level of each bound that a result shows; verdicts use the alpha of the threshold."""


def measure(rubric: RubricBody, cases: Sequence[Expected], answers: Answers) -> dict[str, dict[str, Measure]]:
    """Return slice → metric → figure for all metrics the rubric's graders allow; F1 per label on the slice "all".

    A slice without a case that a metric is about has no such figure. Cases without an answer count as failures.
    """
    figures: dict[str, dict[str, Measure]] = {}
    for name in [ALL, *sorted({name for case in cases for name in case.slices})]:
        chosen = in_slice(cases, name)
        figures[name] = {}
        for metric in names(rubric, chosen, name):
            found = sample(metric, chosen, answers, rubric, higher=_higher(metric))
            if found is not None and (estimate := estimators.alone(metric, found, ALPHA)) is not None:
                figures[name][metric] = _measure(estimate)
    return figures


def names(rubric: RubricBody, cases: Sequence[Expected], piece: str = ALL) -> Iterator[str]:
    """Yield the metrics there are under a rubric on the slice `piece`, whose cases are given."""
    graders = {criterion.grader for criterion in rubric.criteria}
    for name, found in METRICS.items():
        if name in ("met", "score"):
            yield from (
                f"{name}:{criterion.name}" for criterion in rubric.criteria if _of_itself(name, criterion.grader)
            )
        elif name == "f1":
            labels = {case.label for case in cases if case.label is not None} if "label" in graders else set()
            yield from (f"f1:{label}" for label in sorted(labels)) if piece == ALL else ()
        elif found.family not in NOT_OF_CASES and (not found.graders or graders & set(found.graders)):
            yield name
            if name == "field_f1":
                fields = rubric.criteria_of("fields")[0].parameters["fields"]
                yield from (f"field_f1:{field}" for field in fields) if piece == ALL else ()


def confusion(labels: Sequence[str], cases: Sequence[Expected], answers: Answers, rubric: RubricBody) -> Confusion:
    """Return the confusion matrix of the labelled cases over the declared `labels`, in their order; each repeat counts.

    Two columns more than rows: answers with no declared label, and those that are missing or cannot be read. Empty
    where the rubric grades no labels.
    """
    criteria = rubric.criteria_of("label")
    if not criteria:
        return Confusion(labels=[], columns=[], rows=[])
    columns = [*labels, OTHER, UNPARSED]
    counts = dict.fromkeys(((label, column) for label in labels for column in columns), 0)
    found = label_counts(cases, answers.graded, criteria[0].name, rubric.decoding.repeats)
    for (target, answered), count in found.items():
        counts[target, answered if answered in (*labels, UNPARSED) else OTHER] += count
    return Confusion(
        labels=list(labels), columns=columns, rows=[[counts[row, col] for col in columns] for row in labels]
    )


def missing_in(cases: Sequence[Expected], answers: Answers) -> dict[str, int]:
    """Return slice → how many of its cases have no answer at all, for the slices that have such."""
    there = {case for case, _ in answers.graded}
    return dict(sorted(Counter(name for case in cases if case.id not in there for name in case.slices).items()))


def by_repeat(rubric: RubricBody, cases: Sequence[Expected], answers: Answers) -> list[str]:
    """Return the pass rate of each repeat in turn, missing answers counted as failures; [] where there is only one."""
    repeats = rubric.decoding.repeats
    whole = sum(case.weight for case in cases)

    def passed(case: Expected, repeat: int) -> bool:
        found = answers.graded.get((case.id, repeat))
        return found is not None and found.passed

    rates = [sum(case.weight * passed(case, repeat) for case in cases) / whole for repeat in range(1, repeats + 1)]
    return [text(rate, ROUND_HALF_EVEN) for rate in rates] if repeats > 1 else []


def _of_itself(name: str, grader: str) -> bool:
    """Whether a criterion's own figure says something that no named metric does; people's grades come later."""
    if grader == "human":
        return False
    named = ("exact", "json_schema", "consistency") if name == "met" else ("consistency",)
    right_or_wrong = ("exact", "normalised", "choice", "label", "json_schema", "regex", "numeric", "containment",
                      "behaviour", "refusal", "policy")  # fmt: skip
    return grader not in named and (name == "met" or grader not in right_or_wrong)


def _higher(name: str) -> bool:
    return METRICS[name.partition(":")[0]].higher


def _measure(found: Estimate) -> Measure:
    return Measure(
        value=text(found.value, ROUND_HALF_EVEN),
        n=found.n,
        low=text(found.low, ROUND_FLOOR) if found.low is not None else None,
        high=text(found.high, ROUND_CEILING) if found.high is not None else None,
        method=found.method,
    )
