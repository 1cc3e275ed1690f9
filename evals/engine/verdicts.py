"""Verdicts: what graded answers come to under the signed acceptance thresholds. Pure and deterministic.

The rule, for a threshold "metric on slice is at least `limit`" (for non-inferiority the metric is tuned minus baseline
and the limit is minus the margin), with `low` and `high` its one-sided bounds at the threshold's alpha:

    PASS          low >= limit: the metric is at least the limit, with confidence 1 - alpha
    FAIL          high < limit: it is below, with the same confidence
    INCONCLUSIVE  otherwise; always below `n_min` cases, and where there is no bound or no baseline to compare with

The slice's cases are those of the evaluation set, not those that were answered. A case the tuned model did not answer
is a failure; one the baseline did not answer counts as right for the baseline. So a lost output never helps.
Bounds are rounded outwards to six decimals before they are compared, so what is printed is what was decided.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

import numpy as np

from evals.engine.decimals import text
from evals.engine.graders import OTHER, UNPARSED, Expected, Grades
from evals.engine.results import Judgement, VerdictLine
from evals.engine.spec import ALL, Threshold, Verdict
from evals.engine.statistics import Codes, Estimate, f1, f1_difference, tango, wilson

_FIELDS = {"exact_match": "correct", "valid_format": "valid", "pass_rate": "passed"}

Graded = Mapping[str, Grades]


def verdicts(
    thresholds: Sequence[Threshold], cases: Sequence[Expected], tuned: Graded, baseline: Graded | None
) -> Judgement:
    """Return the verdict per threshold and overall.

    Overall: FAIL if a hard threshold fails, else INCONCLUSIVE if a hard one is, else PASS.
    """
    lines = [_line(threshold, cases, tuned, baseline) for threshold in thresholds]
    hard = {line.verdict for line in lines if line.importance == "hard"}
    overall: Verdict = "FAIL" if "FAIL" in hard else "INCONCLUSIVE" if "INCONCLUSIVE" in hard or not hard else "PASS"
    return Judgement(verdict=overall, verdicts=lines)


def estimate(metric: str, cases: Sequence[Expected], graded: Graded, alpha: float) -> Estimate | None:
    """Return `metric` over `cases`, all of one slice; None if no case is of the kind the metric is about.

    F1 is about cases whose target has a label. macro_f1 is the mean over the labels among those targets; answers with
    another label, none, or that cannot be parsed are wrong for the label they should have had.
    """
    if metric in _FIELDS:
        return wilson(sum(_right(metric, cases, graded)), len(cases), alpha) if cases else None
    labelled = _labelled(metric, cases)
    if labelled is None:
        return None
    targets, answers, wanted = _codes(metric, labelled, graded, missing_right=False)
    return f1(targets, answers, wanted, alpha)


def _line(threshold: Threshold, cases: Sequence[Expected], tuned: Graded, baseline: Graded | None) -> VerdictLine:
    chosen = sorted((case for case in cases if threshold.slice in (ALL, *case.slices)), key=lambda case: case.id)
    alpha = float(threshold.alpha)
    found = estimate(threshold.metric, chosen, tuned, alpha)
    limit, reference = Decimal(threshold.limit), None
    if threshold.kind == "non_inferiority":
        limit = -limit
        reference = estimate(threshold.metric, chosen, baseline, alpha) if baseline is not None else None
        found = _difference(threshold.metric, chosen, tuned, baseline, alpha) if baseline is not None else None
    counted = found.n if found else len(chosen)
    verdict, why = _decide(threshold, limit, found, counted, baseline is not None)
    return VerdictLine(
        threshold=threshold.id,
        metric=threshold.metric,
        slice=threshold.slice,
        kind=threshold.kind,
        limit=threshold.limit,
        importance=threshold.importance,
        verdict=verdict,
        value=text(found.value, ROUND_HALF_EVEN) if found else None,
        low=text(found.low, ROUND_FLOOR) if found and found.low is not None else None,
        high=text(found.high, ROUND_CEILING) if found and found.high is not None else None,
        baseline=text(reference.value, ROUND_HALF_EVEN) if reference else None,
        n=counted,
        missing=sum(case.id not in tuned for case in chosen),
        method=found.method if found else "none",
        reason=why,
    )


def _decide(
    threshold: Threshold, limit: Decimal, found: Estimate | None, n: int, compared: bool
) -> tuple[Verdict, str]:
    what = f"{threshold.metric} on {threshold.slice}" + (" minus baseline" if threshold.kind != "absolute" else "")
    if threshold.kind == "non_inferiority" and not compared:
        return "INCONCLUSIVE", f"{what}: found no baseline result; measure the base model on the same cases"
    if found is None:
        return (
            "INCONCLUSIVE",
            f"{what}: the slice has no case this metric is about; expected at least {threshold.n_min}",
        )
    value = text(found.value, ROUND_HALF_EVEN)
    if n < threshold.n_min:
        return "INCONCLUSIVE", f"{what}: {value} on {n} cases; expected at least {threshold.n_min} to decide"
    if found.low is None or found.high is None:
        return "INCONCLUSIVE", f"{what}: {value}, but the cases are too uniform for a bound; limit {limit}"
    low, high = text(found.low, ROUND_FLOOR), text(found.high, ROUND_CEILING)
    sure = f"{(1 - Decimal(threshold.alpha)) * 100:f} % confidence".replace(".00 %", " %")
    if Decimal(low) >= limit:
        return "PASS", f"{what}: {value} on {n} cases, at least {low} with {sure}; limit {limit}"
    if Decimal(high) < limit:
        return "FAIL", f"{what}: {value} on {n} cases, at most {high} with {sure}; limit {limit}"
    return "INCONCLUSIVE", f"{what}: {value} on {n} cases, between {low} and {high} (each {sure}); limit {limit}"


def _difference(
    metric: str, cases: Sequence[Expected], tuned: Graded, baseline: Graded, alpha: float
) -> Estimate | None:
    if metric in _FIELDS:
        if not cases:
            return None
        pairs = list(zip(_right(metric, cases, tuned), _right(metric, cases, baseline, missing=True), strict=True))
        return tango(sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs), len(pairs), alpha)
    labelled = _labelled(metric, cases)
    if labelled is None:
        return None
    targets, answers, wanted = _codes(metric, labelled, tuned, missing_right=False)
    _, reference, _ = _codes(metric, labelled, baseline, missing_right=True)
    return f1_difference(targets, answers, reference, wanted, alpha)


def _right(metric: str, cases: Sequence[Expected], graded: Graded, missing: bool = False) -> list[bool]:
    return [getattr(graded[case.id], _FIELDS[metric]) if case.id in graded else missing for case in cases]


def _labelled(metric: str, cases: Sequence[Expected]) -> list[Expected] | None:
    labelled = [case for case in cases if case.label is not None]
    label = metric.removeprefix("f1:") if metric.startswith("f1:") else None
    if not labelled or (label is not None and all(case.label != label for case in labelled)):
        return None
    return labelled


def _codes(
    metric: str, cases: Sequence[Expected], graded: Graded, missing_right: bool
) -> tuple[Codes, Codes, list[int]]:
    """Return targets and answers as label numbers, and the numbers of the labels the metric is about.

    Labels that only answers have share the number of "other": no metric tells them apart.
    """
    names = sorted({case.label for case in cases if case.label is not None})
    number = {name: index for index, name in enumerate(names)} | {OTHER: len(names), UNPARSED: len(names) + 1}
    targets = [number[case.label] for case in cases if case.label is not None]
    answers = [
        number.get(graded[case.id].label, number[OTHER])
        if case.id in graded
        else (target if missing_right else number[UNPARSED])
        for case, target in zip(cases, targets, strict=True)
    ]
    wanted = [number[metric.removeprefix("f1:")]] if metric.startswith("f1:") else list(range(len(names)))
    return np.asarray(targets, dtype=np.int64), np.asarray(answers, dtype=np.int64), wanted
