"""The quality report: all checks on the datasets of a plan, alone and against its evaluation cases."""

from collections.abc import Sequence

from evals.engine.cases import label_of
from evals.engine.results import QualityReportBody
from evals.engine.spec import Case, EvaluationSetBody, RubricBody
from evals.quality import checks, likeness
from evals.quality.leakage import find_leaks
from evals.quality.rows import Row


def report(
    rows: Sequence[Row], cases: Sequence[Case], *, title: str, evaluation_set: EvaluationSetBody, rubric: RubricBody
) -> QualityReportBody:
    """Return the findings of every check. `rows` are those of all datasets of the run; their ids must be unique.

    Raises:
        ValueError: there is no row or no case; an empty check would pass for a clean one.
    """
    if not rows or not cases:
        raise ValueError(f"found {len(rows)} rows and {len(cases)} cases, expected at least one of each")
    asked = {row.id: likeness.normal(row.messages[-1].content) for row in rows}
    questions = {case.id: likeness.normal(case.messages[-1].content) for case in cases}
    labels = {row.id: label for row in rows if (label := _label(row.target, rubric)) is not None}
    everything = {row.id: "\n".join([*(message.content for message in row.messages), row.target]) for row in rows}
    findings = [
        checks.target_format(rows, rubric),
        *([checks.labels_declared(labels, evaluation_set.labels)] if evaluation_set.labels else []),
        checks.exact_duplicates(asked),
        checks.near_duplicates(asked),
        checks.contradictory_labels(asked, {row.id: row.target for row in rows}),
        *([checks.class_sizes(labels.values(), evaluation_set.labels)] if evaluation_set.labels else []),
        *([checks.class_balance(labels.values())] if evaluation_set.labels else []),
        *checks.leakage(find_leaks(asked, questions), len(cases)),
        checks.personal(everything),
        checks.case_slices(cases),
    ]
    settings = {
        "near_similarity": str(likeness.NEAR),
        "near_method": f"Jaccard of character {likeness.GRAM}-grams, MinHash candidates ({likeness.PERMUTATIONS})",
        "minimum_per_class": str(checks.MINIMUM_PER_CLASS),
        "recommended_per_class": str(checks.RECOMMENDED_PER_CLASS),
    }
    return QualityReportBody(title=title, rows=len(rows), cases=len(cases), findings=findings, settings=settings)


def _label(target: str, rubric: RubricBody) -> str | None:
    """The label of a row as the rubric's label grader would find it; None without one."""
    try:
        return label_of(target, rubric.output, next((c.parameters for c in rubric.criteria_of("label")), {}))
    except ValueError:
        return None
