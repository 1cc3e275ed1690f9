"""From grades to figures per case: what a metric looks at in each case of a slice, averaged over its repeats.

Cases are the unit of inference: a case that is asked five times is one case, whose figure is the mean of five.
An answer that is missing is filled in with the worst figure there is (for what is compared with: the best), so that a
lost output is never better than a wrong one. Worst and best follow the threshold's direction. One that cannot be read,
or that a judge gave no score, fails in either direction: "not met" is no better where at most so many may meet.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from evals.engine.deciders import criterion_of
from evals.engine.graders.base import Key
from evals.engine.graders.labels import OTHER, UNPARSED
from evals.engine.graders.scores import unscored
from evals.engine.grading import Expected, Graded
from evals.engine.metric_names import argument, metric
from evals.engine.rubric import RubricBody

Floats = NDArray[np.float64]
Fill = Literal["worst", "best"]

QUANTILES: Final = {"latency_p50": 0.5, "latency_p95": 0.95, "latency_p99": 0.99}


@dataclass(frozen=True)
class Call:
    """What one call cost: seconds, tokens in and out, and money where it has a price."""

    seconds: float | None
    tokens: int
    cost: float | None = None


@dataclass(frozen=True)
class Answers:
    """All that was measured of one arm: grades and calls by answer."""

    graded: Mapping[Key, Graded]
    calls: Mapping[Key, Call]


@dataclass(frozen=True)
class Sample:
    """A metric's figures over the cases it is about, in the order of their ids.

    `values` has shape (cases,) for shares, means and quantiles. For ratios `rows` has shape (cases, 2 k): for each of
    k ratios what counts above the line, then what counts below; the metric is the mean of the k ratios of totals, and
    `ends` are the rows of the worst and the best case there can be.
    `clusters` is None where no two cases depend on one another, `weights` where all weigh the same.
    """

    cases: Sequence[Expected]
    values: Floats | None
    rows: Floats | None
    ends: tuple[Floats, Floats] | None
    clusters: NDArray[np.int64] | None
    weights: Floats | None


def about(name: str, cases: Sequence[Expected], rubric: RubricBody) -> list[Expected]:
    """Return the cases the metric is about, sorted by id: known before anything is measured."""
    chosen = sorted(cases, key=lambda case: case.id)
    head = name.partition(":")[0]
    if head in ("f1", "macro_f1"):
        chosen = [case for case in chosen if case.label is not None]
        return chosen if head == "macro_f1" or any(case.label == argument(name) for case in chosen) else []
    criterion = criterion_of(name, rubric)
    return chosen if criterion is None else [case for case in chosen if criterion in case.applies]


def sample(
    name: str,
    cases: Sequence[Expected],
    answers: Answers,
    rubric: RubricBody,
    *,
    fill: Fill = "worst",
    failing: Fill | None = None,
    higher: bool = True,
    clustered: bool = True,
) -> Sample | None:
    """Return the figures of metric `name` over `cases`, all of one slice; None if no case is of its kind.

    `higher` says whether more is better for the question asked; `failing` how an answer that is there and cannot be
    rested on counts (default: as one that is missing). None too where an answer is missing whose figure has no worst
    (tokens, cost).
    """
    chosen = about(name, cases, rubric)
    if not chosen:
        return None
    repeats = rubric.decoding.repeats
    values = rows = None
    if metric(name).family == "ratio":
        rows = _ratio_rows(name, chosen, answers.graded, rubric, fill)
    elif metric(name).unit:
        values = _operational(name, chosen, answers.calls, repeats, (fill == "best") == higher)
    else:
        filling = float((fill == "best") == higher)
        look = _looker(name, rubric, filling, float(not higher and (failing or fill) == "worst"))
        values = _means(chosen, answers.graded, repeats, look, filling)
    if values is None and rows is None:
        return None
    weights = np.asarray([case.weight for case in chosen])
    return Sample(
        cases=chosen,
        values=values,
        rows=rows,
        ends=_ends(name, rows) if rows is not None else None,
        clusters=_clusters(chosen) if clustered else None,
        weights=None if (weights == weights[0]).all() else weights,
    )


def _clusters(cases: Sequence[Expected]) -> NDArray[np.int64] | None:
    """Return a number per case, the same for cases of one cluster; None where each is alone."""
    names = [("case", case.id) if case.cluster is None else ("cluster", case.cluster) for case in cases]
    number = {name: index for index, name in enumerate(sorted(set(names)))}
    return np.asarray([number[name] for name in names]) if len(number) < len(names) else None


def _means(
    cases: Sequence[Expected],
    graded: Mapping[Key, Graded],
    repeats: int,
    look: Callable[[Graded], float],
    missing: float,
) -> Floats:
    found = [
        [look(graded[case.id, repeat]) if (case.id, repeat) in graded else missing for repeat in range(1, repeats + 1)]
        for case in cases
    ]
    return np.asarray(np.mean(found, axis=1), dtype=np.float64)


def _looker(name: str, rubric: RubricBody, unknown: float, failed: float) -> Callable[[Graded], float]:
    """Return what is read from one answer's grades.

    `unknown` where a grade cannot say; at least `failed` where no grade can be rested on: the answer cannot be read,
    or the judge gave it no score.
    """
    if name == "pass_rate":
        return lambda graded: float(graded.passed) if graded.parsed else failed
    criterion = str(criterion_of(name, rubric))
    if name == "refusal_rate":

        def refused(graded: Graded) -> float:
            found = graded.grades[criterion].detail.get("refused")
            return unknown if found is None else float(found)

        return refused

    def worth(graded: Graded) -> float:
        grade = graded.grades.get(criterion)
        if grade is None:
            return 0.0 if graded.parsed else failed
        if name == "record_exact":
            found = float(graded.parsed and bool(grade.detail.get("exact")))
        else:
            found = grade.score if metric(name).family == "mean" else float(grade.met)
        return max(found, failed) if not graded.parsed or unscored(grade) else found

    return worth


def _operational(
    name: str, cases: Sequence[Expected], calls: Mapping[Key, Call], repeats: int, most: bool
) -> Floats | None:
    """Return a figure per case; of one that is missing `most` says whether it counts as more than any, or as nothing.

    Only a quantile asks no more than where the missing ones stand; of other figures there are none then.
    """
    found: list[list[float | None]] = [
        [_figure(name, calls.get((case.id, repeat))) for repeat in range(1, repeats + 1)] for case in cases
    ]
    known = [figure for figures in found for figure in figures if figure is not None]
    if not known or (len(known) < len(cases) * repeats and name not in QUANTILES):
        return None
    missing = math.inf if most else 0.0
    filled = [[missing if figure is None else figure for figure in figures] for figures in found]
    return np.asarray(np.mean(filled, axis=1), dtype=np.float64)


def _figure(name: str, call: Call | None) -> float | None:
    if call is None:
        return None
    return {"tokens_mean": float(call.tokens), "cost_mean": call.cost}.get(name, call.seconds)


def _ratio_rows(
    name: str, cases: Sequence[Expected], graded: Mapping[Key, Graded], rubric: RubricBody, fill: Fill
) -> Floats:
    repeats = range(1, rubric.decoding.repeats + 1)
    criterion = str(criterion_of(name, rubric))
    if name in ("macro_f1",) or name.startswith("f1:"):
        tables = [_label_rows(name, cases, graded, criterion, repeat, fill) for repeat in repeats]
    elif name.startswith("field_f1"):
        fields = [argument(name)] if argument(name) else list(rubric.criteria_of("fields")[0].parameters["fields"])
        tables = [_field_rows(fields, cases, graded, criterion, repeat, fill) for repeat in repeats]
    else:
        tables = [_conduct_rows(name, cases, graded, criterion, repeat, fill) for repeat in repeats]
    return np.asarray(np.mean(tables, axis=0), dtype=np.float64)


def _ends(name: str, rows: Floats) -> tuple[Floats, Floats]:
    """Return the rows of the worst and the best case there can be: of the rarest label, where it moves the mean most.

    A wrong label is named once by the target, and another label once by the answer; a right one is named by both.
    """
    count = rows.shape[1] // 2
    wrong, right = np.zeros(2 * count), np.zeros(2 * count)
    rarest = int(np.argmin(rows[:, count:].sum(axis=0)))
    most = max(float(rows[:, count:].max()), 1.0)
    right[rarest] = right[count + rarest] = most
    wrong[count + rarest] = 1 if name.partition(":")[0] in ("f1", "macro_f1") else most
    if count > 1:
        wrong[count + (rarest + 1) % count] = 1
    return wrong, right


def _label_rows(
    name: str, cases: Sequence[Expected], graded: Mapping[Key, Graded], criterion: str, repeat: int, fill: Fill
) -> Floats:
    """Return 2 TP per label, then how often target and answer name it. macro_f1 is over the labels of the targets."""
    targets = [str(case.label) for case in cases]
    wanted = [argument(name)] if argument(name) else sorted(set(targets))
    number = {label: index for index, label in enumerate(wanted)}
    answered = [
        str(graded[case.id, repeat].grades[criterion].detail["label"]) if (case.id, repeat) in graded else None
        for case in cases
    ]
    rows = np.zeros((len(cases), 2 * len(wanted)))
    lost = []
    for row, (target, answer) in enumerate(zip(targets, answered, strict=True)):
        if answer is None and fill == "worst":
            lost.append(row)
        said = target if answer is None and fill == "best" else answer
        if target in number:
            rows[row, len(wanted) + number[target]] += 1
        if said in number:
            rows[row, len(wanted) + number[said]] += 1
        if said == target and target in number:
            rows[row, number[target]] = 2
    if lost:
        weights = np.asarray([float(case.weight) for case in cases])
        shares = _costliest((weights[:, None] * rows).sum(axis=0), float(weights[lost].sum()))
        rows[np.ix_(lost, range(len(wanted), 2 * len(wanted)))] += shares
    return rows


def _costliest(totals: Floats, lost: float) -> Floats:
    """Return how wrong answers of the weight `lost` are shared among the labels where that costs mean F1 most.

    Mean F1 is the mean of above / below; d more below a label leave above / (below + d). That is least where
    above / (below + d)^2 is the same for all labels that get any, which no way to share out whole answers undercuts.
    """
    above, below = np.split(totals, 2)
    wanted = above > 0
    if not wanted.any():
        return np.full(above.size, 1 / above.size)
    while True:
        level = (lost + below[wanted].sum()) / np.sqrt(above[wanted]).sum()
        more = np.where(wanted, np.sqrt(above) * level - below, 0.0)
        if (more >= 0).all():
            return np.asarray(more / lost, dtype=np.float64)
        wanted &= more > 0


def _field_rows(
    fields: list[str], cases: Sequence[Expected], graded: Mapping[Key, Graded], criterion: str, repeat: int, fill: Fill
) -> Floats:
    """Return twice the matches of all `fields` together, then how often target and answer have them."""
    rows = np.zeros((len(cases), 2))
    for row, case in enumerate(cases):
        answer = graded.get((case.id, repeat))
        found = answer.grades[criterion].detail["fields"] if answer is not None else {}
        for field in fields:
            wanted = field in case.fields
            if answer is not None:
                match, wanted, has = found.get(field, ("0", wanted, False))
                rows[row] += (2 * float(match), wanted + has)
            elif fill == "worst":
                rows[row, 1] += wanted + 1
            else:
                rows[row] += (2 * wanted, 2 * wanted)
    return rows


def _conduct_rows(
    name: str, cases: Sequence[Expected], graded: Mapping[Key, Graded], criterion: str, repeat: int, fill: Fill
) -> Floats:
    """Return whether a case counts as rightly abstained (escalated), then whether it is of those that are counted."""
    head, _, part = name.partition("_")
    behaviour = {"abstention": "abstain", "escalation": "escalate"}[head]
    rows = np.zeros((len(cases), 2))
    for row, case in enumerate(cases):
        answer = graded.get((case.id, repeat))
        due = case.expects == behaviour
        if answer is not None:
            did = answer.grades[criterion].detail["did"] == behaviour
        else:
            # Missing at worst: not done where it was due, and done where it was not.
            did = due if fill == "best" else not due
        counted = did if part == "precision" else due
        rows[row] = (did and due, counted)
    return rows


def label_counts(
    cases: Sequence[Expected], graded: Mapping[Key, Graded], criterion: str, repeats: int
) -> Counter[tuple[str, str]]:
    """Return how many answers have which target and which label; a missing one counts as unparsed."""
    counts: Counter[tuple[str, str]] = Counter()
    for case in cases:
        for repeat in range(1, repeats + 1) if case.label is not None else ():
            found = graded.get((case.id, repeat))
            counts[str(case.label), str(found.grades[criterion].detail["label"]) if found else UNPARSED] += 1
    return counts


__all__ = ["OTHER", "UNPARSED", "Answers", "Call", "Sample", "about", "criterion_of", "label_counts", "sample"]
