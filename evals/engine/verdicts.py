"""Verdicts: what graded answers come to under the signed acceptance thresholds. Pure and deterministic.

With `low` and `high` the one-sided bounds, at the threshold's alpha, of what the kind of threshold looks at, and for
"at least" (for "at most" the other way round):

    PASS          low >= limit: it is at least the limit, with confidence 1 - alpha
    FAIL          high < limit: it is below, with the same confidence
    INCONCLUSIVE  otherwise; always below `n_min` cases, and where there is no bound or nothing to compare with

    absolute          the metric
    non_inferiority   the metric minus that of the baseline or the last release; the limit is minus the margin
    relative          the metric divided by that of the baseline or the last release
    gap               the largest difference between two groups
    zero_tolerance    the share of failures: PASS without a failure if `high` is at most the limit, FAIL with one

The slice's cases are those of the evaluation set, not those that were answered. An answer that is missing counts as the
worst there can be, one that is missing of what is compared with as the best: a lost output never helps. One that cannot
be read, or that a judge gave no score, is a failure whichever direction is asked for. The bounds of a gap hold whatever
missing answers were, for one that is lost in the better group narrows it. Under
`excluded_with_bound` the figure is that of the answers there are, and the bounds hold whatever the missing ones were.
Bounds are rounded outwards to six decimals before they are compared, so what is printed is what was decided.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

import numpy as np

from evals.engine import estimators, words
from evals.engine.deciders import UNGRADED, behind, uncorrected
from evals.engine.decimals import text
from evals.engine.fields import ALL
from evals.engine.graders.base import Key
from evals.engine.grading import Expected
from evals.engine.measures import ImportedMeasure
from evals.engine.metric_names import NOT_OF_CASES, argument, metric
from evals.engine.results import Judgement, VerdictLine
from evals.engine.rubric import RubricBody
from evals.engine.samples import Answers, Fill, Sample, about, sample
from evals.engine.spec import Threshold, Verdict
from evals.engine.stages import FIRST, verdict_of
from evals.engine.statistics import Calibration, Estimate, krippendorff
from evals.engine.statistics.gaps import comparisons, widest_gap

AMONG_MISSING = "so many answers are missing that nobody knows it"


@dataclass(frozen=True)
class Evidence:
    """What a plan's thresholds are judged on.

    `references` are what is compared with: "baseline", "last_release". `measures` were imported. `undecided` names
    criteria whose judges decide nothing, with the reason; `calibrations` are those of judges that do, by criterion.
    `first` are the scores that people gave before anybody decided between them, by answer and criterion.
    """

    rubric: RubricBody
    cases: Sequence[Expected]
    tuned: Answers
    references: Mapping[str, Answers] = field(default_factory=dict)
    measures: Sequence[ImportedMeasure] = ()
    undecided: Mapping[str, str] = field(default_factory=dict)
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    first: Mapping[Key, Mapping[str, Sequence[int]]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Found:
    """An estimate, what it was compared with, or in words why there is none; `note` is added to what is told.

    `waits` says that there is none because people have not graded.
    """

    estimate: Estimate | None
    why: str = ""
    baseline: Estimate | None = None
    n: int = 0
    note: str = ""
    waits: bool = False


def verdicts(thresholds: Sequence[Threshold], evidence: Evidence) -> Judgement:
    """Return the verdict per threshold and overall.

    Overall: FAIL if a hard threshold of the stage release fails, else INCONCLUSIVE if one is (or there is none), else
    PASS.
    """
    lines = [_line(threshold, evidence) for threshold in thresholds]
    overall = verdict_of(line.verdict for line in lines if (line.importance, line.stage) == ("hard", FIRST))
    return Judgement(verdict=overall or "INCONCLUSIVE", verdicts=lines)


def in_slice(cases: Sequence[Expected], name: str) -> list[Expected]:
    """Return the cases of a slice, sorted by id."""
    return sorted((case for case in cases if name in (ALL, *case.slices)), key=lambda case: case.id)


def _line(threshold: Threshold, evidence: Evidence) -> VerdictLine:
    found = _look(threshold, evidence)
    chosen = in_slice(evidence.cases, threshold.slice)
    repeats = range(1, evidence.rubric.decoding.repeats + 1)
    missing = sum(any((case.id, repeat) not in evidence.tuned.graded for repeat in repeats) for case in chosen)
    estimate = found.estimate
    low = text(estimate.low, ROUND_FLOOR) if estimate and estimate.low is not None else None
    high = text(estimate.high, ROUND_CEILING) if estimate and estimate.high is not None else None
    verdict, reason = _decide(threshold, found, low, high)
    if estimate is not None and found.note:
        reason += f"; {found.note}"
    if threshold.missing_policy == "excluded_with_bound" and missing:
        reason += f"; {missing} cases without an answer are left out of the figure, the bounds allow for them"
    return VerdictLine(
        threshold=threshold.id,
        metric=threshold.metric,
        slice=threshold.slice,
        kind=threshold.kind,
        direction=threshold.direction,
        layer=threshold.layer,
        stage=threshold.stage,
        limit=threshold.limit,
        against=threshold.reference,
        groups=threshold.groups,
        importance=threshold.importance,
        verdict=verdict,
        value=text(estimate.value, ROUND_HALF_EVEN) if estimate else None,
        low=low,
        high=high,
        baseline=text(found.baseline.value, ROUND_HALF_EVEN) if found.baseline else None,
        n=estimate.n if estimate else found.n,
        missing=0 if metric(threshold.metric).family in NOT_OF_CASES else missing,
        method=estimate.method if estimate else "none",
        reason=reason[:1000],
        waits_for="people" if found.waits else None,
    )


def _decide(threshold: Threshold, found: _Found, low: str | None, high: str | None) -> tuple[Verdict, str]:
    estimate, demand = found.estimate, words.Demand.of(threshold.model_dump())
    if estimate is None:
        return "INCONCLUSIVE", f"{words.subject(demand)}: {found.why}; required {words.required(demand)}"
    if estimate.n < threshold.n_min:
        value = words.amount(demand, Decimal(text(estimate.value, ROUND_HALF_EVEN)))
        few = f"measured {value} on {estimate.n} cases, expected at least {threshold.n_min} to decide"
        return "INCONCLUSIVE", f"{words.subject(demand)}: {few}; required {words.required(demand)}"
    verdict = _verdict(threshold, estimate, low, high)
    return verdict, words.sentence(demand, threshold.alpha, verdict, estimate, low, high)


def _verdict(threshold: Threshold, estimate: Estimate, low: str | None, high: str | None) -> Verdict:
    limit = Decimal(threshold.limit)
    if threshold.kind == "zero_tolerance":
        if estimate.value > 0:
            return "FAIL"
        return "PASS" if high is not None and Decimal(high) <= limit else "INCONCLUSIVE"
    if threshold.direction == ">=":
        limit = -limit if threshold.kind == "non_inferiority" else limit
        if low is not None and Decimal(low) >= limit:
            return "PASS"
        return "FAIL" if high is not None and Decimal(high) < limit else "INCONCLUSIVE"
    if high is not None and Decimal(high) <= limit:
        return "PASS"
    return "FAIL" if low is not None and Decimal(low) > limit else "INCONCLUSIVE"


def _look(threshold: Threshold, evidence: Evidence) -> _Found:
    if metric(threshold.metric).family == "external":
        return _imported(threshold, evidence.measures)
    chosen = in_slice(evidence.cases, threshold.slice)
    counted = about(threshold.metric, chosen, evidence.rubric)
    if why := _undecided(threshold, evidence):
        return _Found(None, why, n=len(counted))
    if left := _ungraded(threshold, evidence):
        return _Found(None, f"{left}; {UNGRADED}", n=len(counted), waits=True)
    if metric(threshold.metric).family == "agreement":
        return _agreement(threshold, counted, evidence)
    if threshold.kind == "gap":
        return _gap(threshold, evidence)
    if not counted:
        return _Found(None, f"no case here is of the kind it is about, expected at least {threshold.n_min}")
    if threshold.kind in ("absolute", "zero_tolerance"):
        return _absolute(threshold, chosen, evidence)
    return _relation(threshold, chosen, evidence, len(counted))


def _undecided(threshold: Threshold, evidence: Evidence) -> str:
    """Return why the judges behind a threshold cannot decide it, "" if they may or there are none."""
    names = behind(threshold.metric, evidence.rubric)
    told = [f"“{name}” decides nothing: {evidence.undecided[name]}" for name in names if name in evidence.undecided]
    return "; ".join(told) or uncorrected(threshold, evidence.rubric)


def _ungraded(threshold: Threshold, evidence: Evidence) -> str:
    """Return which answers people still have to grade before the threshold can be decided, "" if none."""
    names = {criterion.name for criterion in evidence.rubric.criteria_of("human")}
    pieces = threshold.groups or [threshold.slice]
    cases = {case.id: case for piece in pieces for case in in_slice(evidence.cases, piece)}
    arms, other = {"": evidence.tuned}, threshold.reference
    if other is not None and other in evidence.references:
        arms[f" of the {other.replace('_', ' ')}"] = evidence.references[other]
    told = []
    for name in behind(threshold.metric, evidence.rubric):
        for arm, answers in arms.items() if name in names else ():
            asked = [g for (case, _), g in answers.graded.items() if case in cases and name in cases[case].applies]
            left = sum(name not in graded.grades for graded in asked)
            if left:
                told.append(f"“{name}”{arm}: {left} of {len(asked)} answers are not graded")
    return "; ".join(told)


def _agreement(threshold: Threshold, cases: Sequence[Expected], evidence: Evidence) -> _Found:
    """Return how far the people who graded first agree, over the answers to the threshold's cases."""
    name, known = argument(threshold.metric), {case.id: case for case in cases}
    rated = [
        (known[key[0]], scores[name])
        for key, scores in sorted(evidence.first.items())
        if key[0] in known and len(scores.get(name, ())) > 1
    ]
    if not rated:
        return _Found(None, "no answer here was graded by two people", n=0)
    table = np.full((len(rated), max(len(scores) for _, scores in rated)), np.nan)
    for row, (_, scores) in enumerate(rated):
        table[row, : len(scores)] = sorted(scores)
    clustered = threshold.cluster_key == "cluster"
    clusters = [case.cluster or case.id if clustered else case.id for case, _ in rated]
    found = krippendorff(table, "ordinal", float(threshold.alpha), clusters)
    why = "all scores are one and the same, so that chance agreement cannot be told"
    if found is None:
        return _Found(None, why, n=len(rated))
    method = f"Krippendorff’s α, ordinal; {found.method}"
    return _Found(Estimate(found.value, found.low, found.high, len(rated), method), n=len(rated))


def _sampled(threshold: Threshold, cases: Sequence[Expected], evidence: Evidence) -> Callable[..., Sample | None]:
    def take(answers: Answers, fill: Fill = "worst", failing: Fill | None = None) -> Sample | None:
        return sample(
            threshold.metric,
            cases,
            answers,
            evidence.rubric,
            fill=fill,
            failing=failing,
            higher=threshold.direction == ">=" if threshold.kind != "gap" else metric(threshold.metric).higher,
            clustered=threshold.cluster_key == "cluster",
        )

    return take


def _absolute(threshold: Threshold, cases: Sequence[Expected], evidence: Evidence) -> _Found:
    alpha, take = float(threshold.alpha), _sampled(threshold, cases, evidence)

    judged = [evidence.calibrations[name] for name in behind(threshold.metric, evidence.rubric)
              if name in evidence.calibrations]  # fmt: skip

    def estimated(found: Sample) -> Estimate | None:
        if judged:
            return estimators.corrected(found, alpha, judged[0])
        if threshold.kind == "zero_tolerance":
            return estimators.failures(found, threshold.direction == ">=", alpha)
        return estimators.alone(threshold.metric, found, alpha)

    worst = take(evidence.tuned)
    if worst is None:
        return _Found(None, "nothing was measured for some answers, and nothing can stand in for it", n=len(cases))
    found = estimated(worst)
    if threshold.missing_policy == "excluded_with_bound":
        found = _excluding(threshold, cases, evidence, found, estimated)
    if found is None:
        return _Found(None, AMONG_MISSING, n=len(cases))
    return _Found(found, n=found.n, note=_called(threshold, worst, alpha) if judged else "")


def _called(threshold: Threshold, found: Sample, alpha: float) -> str:
    """Return in words what a judged share was before it was corrected."""
    called = estimators.alone(threshold.metric, found, alpha)
    assert called is not None  # noqa: S101 - of shares there always is one
    others = "" if threshold.direction == ">=" else " (with those it gave no score)"
    return f"the judge called {called.value:.1%} good{others}, corrected here for how it errs"


def _excluding(
    threshold: Threshold,
    cases: Sequence[Expected],
    evidence: Evidence,
    worst: Estimate | None,
    estimated: Callable[[Sample], Estimate | None],
) -> Estimate | None:
    """Return the figure of the answered cases, with bounds that hold whatever the missing answers would have been."""
    repeats = range(1, evidence.rubric.decoding.repeats + 1)
    there = [case for case in cases if all((case.id, repeat) in evidence.tuned.graded for repeat in repeats)]
    rest = _sampled(threshold, there, evidence)(evidence.tuned)
    best = _sampled(threshold, cases, evidence)(evidence.tuned, "best", "worst")
    if len(there) == len(cases) or rest is None or best is None:
        return worst
    answered, most = estimated(rest), estimated(best)
    if worst is None or answered is None or most is None:
        return None
    parts = [worst, answered, most]
    lows, highs = [part.low for part in parts], [part.high for part in parts]
    return Estimate(
        answered.value,
        min((low for low in lows if low is not None), default=None) if None not in lows else None,
        max((high for high in highs if high is not None), default=None) if None not in highs else None,
        answered.n,
        f"{worst.method}, over all that missing answers may be",
    )


def _relation(threshold: Threshold, cases: Sequence[Expected], evidence: Evidence, counted: int) -> _Found:
    reference = str(threshold.reference)
    if reference not in evidence.references:
        what = "no baseline result; measure the base model on the same cases"
        if reference == "last_release":
            what = "no result of the last release on the same cases; name it in the specification"
        return _Found(None, f"found {what}", n=counted)
    alpha, take = float(threshold.alpha), _sampled(threshold, cases, evidence)
    new, old = take(evidence.tuned), take(evidence.references[reference], "best")
    if new is None or old is None:
        return _Found(None, "nothing was measured for some answers, and nothing can stand in for it", n=counted)
    how: estimators.How = "difference" if threshold.kind == "non_inferiority" else "ratio"
    found = estimators.compared(threshold.metric, new, old, alpha, how)
    baseline = estimators.alone(threshold.metric, old, alpha)
    why = "there is nothing to divide by" if how == "ratio" else "it has no difference with bounds"
    if found is None and estimators.alone(threshold.metric, new, alpha) is None:
        why = AMONG_MISSING
    return _Found(found, why, baseline, counted)


def _gap(threshold: Threshold, evidence: Evidence) -> _Found:
    alpha = float(threshold.alpha)
    corrected = alpha / comparisons(len(threshold.groups))
    fills: tuple[Fill, ...] = ("worst", "best")
    plain: dict[str, list[Estimate]] = {}
    strict: dict[str, list[Estimate]] = {}
    for name in threshold.groups:
        take = _sampled(threshold, in_slice(evidence.cases, name), evidence)
        # An answer lost in the better group narrows the gap, one lost in the other widens it.
        found = [one for fill in fills if (one := take(evidence.tuned, fill, "worst")) is not None]
        if not found:
            return _Found(None, f"the group {name!r} has no case it is about")
        for level, kept in ((alpha, plain), (corrected, strict)):
            estimates = [estimators.alone(threshold.metric, one, level) for one in found]
            kept[name] = [one for one in estimates if one is not None]
            if len(kept[name]) < len(estimates):
                return _Found(None, f"of the group {name!r} {AMONG_MISSING}")
    widest = widest_gap(plain, strict, alpha)
    return _Found(widest.estimate, n=widest.estimate.n)


def _imported(threshold: Threshold, measures: Sequence[ImportedMeasure]) -> _Found:
    named = argument(threshold.metric)
    found = next((m for m in measures if (m.name, m.slice) == (named, threshold.slice)), None)
    if found is None:
        return _Found(None, f"no measure {named!r} was imported for {threshold.slice!r}")
    bounds: list[float | None] = [float(found.value)] * 2 if found.complete else [None, None]
    if found.alpha is not None and Decimal(found.alpha) <= Decimal(threshold.alpha):
        bounds = [None if bound is None else float(bound) for bound in (found.low, found.high)]
    return _Found(Estimate(float(found.value), bounds[0], bounds[1], found.n, f"imported from {found.source}"[:300]))
