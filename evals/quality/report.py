"""The quality report: all checks on the datasets of a plan, alone and against its evaluation cases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evals.engine.cases import label_of
from evals.engine.results import QualityReportBody
from evals.engine.spec import Case, EvaluationSetBody, RubricBody
from evals.quality import checks, likeness, representative
from evals.quality.found import Found, Tick, listing
from evals.quality.leakage import find_leaks
from evals.quality.rows import Row

Tell = Callable[[float, str], None]
"""Told how far the checks are, from 0 to 1, and what is being looked at."""


@dataclass(frozen=True)
class Checked:
    """A report, and the file beside it that names every place of every finding."""

    body: QualityReportBody
    listing: bytes


@dataclass(frozen=True)
class _Step:
    """One thing looked at; `weight` is about how long it takes beside the others."""

    about: str
    weight: int
    run: Callable[[Tick], list[Found]]


def _silent(_share: float, _about: str) -> None:
    pass


def report(
    rows: Sequence[Row],
    cases: Sequence[Case],
    *,
    title: str,
    evaluation_set: EvaluationSetBody,
    rubric: RubricBody,
    sample: Sequence[Case] | None = None,
    tell: Tell = _silent,
) -> Checked:
    """Return the findings of every check. `rows` are those of all datasets of the run; their ids must be unique.

    `sample` are the rows of a production sample, which the cases are then held against.
    `tell` is told how far it is; what it raises ends the checks.

    Raises:
        ValueError: there is no row or no case; an empty check would pass for a clean one.
    """
    if not rows or not cases:
        raise ValueError(f"found {len(rows)} rows and {len(cases)} cases, expected at least one of each")
    findings = _findings(_steps(rows, cases, sample or [], evaluation_set, rubric), tell)
    settings = {
        "near_similarity": str(likeness.NEAR),
        "near_method": f"Jaccard of character {likeness.GRAM}-grams, MinHash candidates ({likeness.PERMUTATIONS})",
        "minimum_per_class": str(checks.MINIMUM_PER_CLASS),
        "recommended_per_class": str(checks.RECOMMENDED_PER_CLASS),
        "likeness_alpha": f"{representative.ALPHA}, shared by {representative.LOOKS} looks",
    }
    body = QualityReportBody(
        title=title,
        rows=len(rows),
        cases=len(cases),
        findings=[one.finding for one in findings],
        settings=settings,
        observed=len(sample) if sample else None,
    )
    return Checked(body, listing(findings))


def _findings(steps: Sequence[_Step], tell: Tell) -> list[Found]:
    whole, before, findings = sum(step.weight for step in steps), 0, []
    for step in steps:

        def tick(share: float, step: _Step = step, before: int = before) -> None:
            tell((before + share * step.weight) / whole, step.about)

        tick(0)
        findings += step.run(tick)
        before += step.weight
    return findings


def _steps(
    rows: Sequence[Row],
    cases: Sequence[Case],
    sample: Sequence[Case],
    evaluation_set: EvaluationSetBody,
    rubric: RubricBody,
) -> list[_Step]:
    asked = {row.id: likeness.normal(row.messages[-1].content) for row in rows}
    questions = {case.id: likeness.normal(case.messages[-1].content) for case in cases}
    declared = evaluation_set.labels

    def form(_tick: Tick) -> list[Found]:
        labels = {row.id: label for row in rows if (label := _label(row.target, rubric)) is not None}
        found = [checks.target_format(rows, rubric)]
        if declared:
            found += [
                checks.labels_declared(labels, declared),
                checks.class_sizes(labels.values(), declared),
                checks.class_balance(labels.values()),
            ]
        return found

    def personal(_tick: Tick) -> list[Found]:
        everything = {row.id: "\n".join([*(message.content for message in row.messages), row.target]) for row in rows}
        return [checks.personal(everything)]

    def sampled(_tick: Tick) -> list[Found]:
        texts = {row.id: "\n".join(message.content for message in row.messages) for row in sample}
        return [checks.personal(texts, "sample.personal_data")]

    return [
        _Step("targets and labels", 1, form),
        _Step(
            "rows that repeat or contradict another",
            1,
            lambda _: [
                checks.exact_duplicates(asked),
                checks.contradictory_labels(asked, {row.id: row.target for row in rows}),
            ],
        ),
        _Step("rows that nearly repeat another", 8, lambda tick: [checks.near_duplicates(asked, tick)]),
        _Step("cases in the data", 10, lambda tick: checks.leakage(find_leaks(asked, questions, tick), len(cases))),
        _Step("personal data", 1, personal),
        _Step("sizes of slices", 1, lambda _: [checks.case_slices(cases)]),
        _Step(
            "how like the data the cases are",
            2,
            lambda tick: representative.against_data(cases, rows, evaluation_set, tick),
        ),
        *(
            [
                _Step(
                    "how like production the cases are",
                    2,
                    lambda tick: representative.against_production(cases, sample, evaluation_set, tick),
                ),
                _Step("personal data in the sample", 1, sampled),
            ]
            if sample
            else []
        ),
    ]


def _label(target: str, rubric: RubricBody) -> str | None:
    """The label of a row as the rubric's label grader would find it; None without one."""
    try:
        return label_of(target, rubric.output, next((c.parameters for c in rubric.criteria_of("label")), {}))
    except ValueError:
        return None
