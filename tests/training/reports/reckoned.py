"""The figures of a release dossier, reckoned again from the answers as they were stored, by other people's libraries.

Nothing here is shared with the engine: the lines are read as plain JSON, an answer is right or wrong by a rule written
down here, shares, scores and bounds come from scikit-learn, statsmodels and scipy, Tango's bounds from his equation.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize
from scipy.stats import bootstrap, norm, quantile_test
from sklearn.metrics import confusion_matrix, f1_score
from statsmodels.stats.proportion import proportion_confint

UNREAD = "(unparsed)"
ALL = "all cases"
Z = float(norm.ppf(0.95))
Bounds = tuple[float, float] | None


class Answers:
    """What one arm answered to the cases of a slice: each as JSON or nothing, with what it took."""

    def __init__(
        self, cases: Sequence[dict[str, Any]], lines: dict[str, dict[str, Any]], labels: Sequence[str]
    ) -> None:
        self.labels = [*labels]
        self.targets = [json.loads(case["target"])["chapter"] for case in cases]
        self.lines = [lines.get(case["id"]) for case in cases]
        found = [_chapter(line, labels) for line in self.lines]
        self.read = np.array([one is not None for one in found])
        self.given = [one or UNREAD for one in found]
        self.right = np.array([one == target for one, target in zip(self.given, self.targets, strict=True)])
        self.missing = np.array([line is None for line in self.lines])

    @property
    def n(self) -> int:
        return len(self.lines)

    def shares(self) -> dict[str, Any]:
        """By metric which cases meet it. In this plan an answer is right as a whole or not at all."""
        return {
            "exact match": self.right,
            "“label” met": self.right,
            "pass rate": self.right,
            "valid format": self.read,
        }

    def f1(self, label: str) -> float:
        """Of one label; a missing answer counts as this label, given where it is wrong."""
        gone = np.flatnonzero(self.missing)
        targets = [*self.targets, *(UNREAD for _ in gone)]
        return float(f1_score(targets, [*self.given, *(label for _ in gone)], labels=[label], average="macro"))

    def macro_f1(self) -> float:
        """Of the labels that the cases have; missing answers count as the wrong labels that cost most."""
        targets, given = self.coded()
        return float(mean_f1(np.unique(targets), self.costliest())(targets, given, self.missing))

    def costliest(self) -> Any:
        """Return what of one missing answer falls to each label, found by minimising alone."""
        targets, given = self.coded()
        asked = np.unique(targets)
        if not self.missing.any():
            return np.zeros(len(asked))
        start = np.full(len(asked), 1 / len(asked))
        return minimize(
            lambda shares: mean_f1(asked, shares)(targets, given, self.missing), start, bounds=[(0, 1)] * len(asked),
            constraints={"type": "eq", "fun": lambda shares: shares.sum() - 1}, tol=1e-12,
        ).x  # fmt: skip

    def coded(self) -> tuple[Any, Any]:
        """Return targets and answers as numbers."""
        order = [*self.labels, UNREAD]
        return np.array([order.index(one) for one in self.targets]), np.array([order.index(one) for one in self.given])

    def took(self) -> Any:
        """Return seconds; a missing answer counts as slower than every other, as the page says."""
        return np.array([np.inf if line is None else float(line["seconds"]) for line in self.lines])


def _chapter(line: dict[str, Any] | None, labels: Sequence[str]) -> str | None:
    """Return the chapter that an answer names in the form that was asked for."""
    try:
        said = json.loads(line["output"]) if line is not None else None
    except json.JSONDecodeError:
        return None
    return (
        said["chapter"] if isinstance(said, dict) and set(said) == {"chapter"} and said["chapter"] in labels else None
    )


def wilson(met: int, n: int) -> Bounds:
    low, high = proportion_confint(met, n, alpha=0.10, method="wilson")
    return float(low), float(high)


def tango(one: Any, other: Any) -> Bounds:
    """Return the bounds of a difference of paired shares (Tango 1998, equations 8 and 10), by root finding alone."""
    n, b, c = len(one), int((one & ~other).sum()), int((other & ~one).sum())

    def score(delta: float) -> float:
        p, q = 2 * n, -b - c + (2 * n - b + c) * delta
        share = (math.sqrt(max(q * q + 4 * p * c * delta * (1 - delta), 0.0)) - q) / (2 * p)
        return (b - c - n * delta) / math.sqrt(max(n * (2 * share + delta * (1 - delta)), 1e-300))

    end = 1 - 1e-9
    return float(brentq(lambda d: score(d) - Z, -end, end)), float(brentq(lambda d: score(d) + Z, -end, end))


def resampled(reckon: Callable[..., Any], *columns: Any) -> Bounds:
    """Return the bounds of a BCa bootstrap with draws of its own."""
    found = bootstrap(
        columns, reckon, paired=True, vectorized=True, n_resamples=2000, confidence_level=0.90, method="BCa",
        rng=np.random.default_rng(1998),
    ).confidence_interval  # fmt: skip
    return float(found.low), float(found.high)


def mean_f1(asked: Iterable[int], shares: Sequence[float]) -> Callable[..., Any]:
    """Return what reckons macro F1 of targets, answers and which are missing, for many samples at once.

    `shares` are what of each missing answer counts as a wrong one of each label.
    """
    labels = [*asked]

    def reckon(targets: Any, given: Any, missing: Any, axis: int = -1) -> Any:
        scores = []
        for label, share in zip(labels, shares, strict=True):
            of, to = targets == label, given == label
            below = of.sum(axis) + to.sum(axis) + share * missing.sum(axis)
            scores.append(2 * (of & to).sum(axis) / np.maximum(below, 1))
        return np.mean(scores, axis=0)

    return reckon


def quantile(seconds: Any, q: float) -> tuple[float, Bounds]:
    """Return the smallest value that a share `q` is at or below, and its exact bounds; None where one is not known."""
    value = float(np.sort(seconds)[math.ceil(q * len(seconds)) - 1])
    low = quantile_test(seconds, p=q, alternative="greater").confidence_interval(0.95).low
    high = quantile_test(seconds, p=q, alternative="less").confidence_interval(0.95).high
    return value, (float(low), float(high)) if math.isfinite(low) and math.isfinite(high) else None


def by_slice(cases: Sequence[dict[str, Any]], stored: bytes, plan: Any) -> dict[str, Answers]:
    """Return what an arm answered, by slice, from the bytes of its outputs; `plan` has the labels and slices."""
    lines = {one["id"]: one for one in map(json.loads, stored.splitlines())}
    return {
        piece: Answers([case for case in cases if piece in (ALL, *case["slices"])], lines, plan.LABELS)
        for piece in (ALL, *plan.SLICES)
    }


def confused(answers: Answers) -> list[tuple[str, int, int, float, Counter[str]]]:
    """Return by target: cases, right, F1, what was answered instead."""
    order = [*answers.labels, UNREAD]
    matrix = confusion_matrix(answers.targets, answers.given, labels=order)
    return [
        (label, int(matrix[i].sum()), int(matrix[i, i]), answers.f1(label),
         Counter({order[j]: int(count) for j, count in enumerate(matrix[i]) if count and j != i}))
        for i, label in enumerate(answers.labels)
    ]  # fmt: skip


QUANTILES = {"median latency": 0.5, "latency, 95th percentile": 0.95, "latency, 99th percentile": 0.99}


def figure(of: Answers, metric: str) -> tuple[float, Bounds, float]:
    """Return a figure, its bounds, and how far bounds may lie from those of other draws."""
    if metric in QUANTILES:
        return (*quantile(of.took(), QUANTILES[metric]), 0.0)
    if metric == "macro F1":
        targets, given = of.coded()
        reckon = mean_f1(np.unique(targets), of.costliest())
        return of.macro_f1(), resampled(reckon, targets, given, of.missing), 0.012
    if metric == "tokens per call":
        spent = [line["tokens_in"] + line["tokens"] for line in of.lines if line is not None]
        return sum(spent) / of.n, None, 0.0
    met = of.shares()[metric]
    return float(met.mean()), wilson(int(met.sum()), of.n), 0.0


def difference(of: Answers, other: Answers, metric: str) -> tuple[float, tuple[float, float], float]:
    """Return how far a share moved, paired case by case."""
    if metric == "macro F1":
        (targets, given), (_, before) = of.coded(), other.coded()
        now, was = (mean_f1(np.unique(targets), one.costliest()) for one in (of, other))

        def moved(t: Any, one: Any, lost: Any, two: Any, gone: Any, axis: int = -1) -> Any:
            return now(t, one, lost, axis) - was(t, two, gone, axis)

        ends = resampled(moved, targets, given, of.missing, before, other.missing)
        found, within = of.macro_f1() - other.macro_f1(), 0.012
    else:
        one, two = of.shares()[metric], other.shares()[metric]
        ends, found, within = tango(one, two), float(one.mean() - two.mean()), 0.0
    assert ends is not None
    return found, ends, within


def verdicts(
    tuned: Mapping[str, Answers], base: Mapping[str, Answers]
) -> Iterator[tuple[str, float, tuple[float, float], str]]:
    """Yield name, figure, bounds and verdict of each threshold of `measured.thresholds`, but for the gap."""

    def at_least(limit: float, found: float, ends: Bounds) -> tuple[float, tuple[float, float], str]:
        assert ends is not None
        return found, ends, "PASS" if ends[0] >= limit else "FAIL" if ends[1] < limit else "INCONCLUSIVE"

    yield "accuracy (hard)", *at_least(0.6, *figure(tuned[ALL], "exact match")[:2])
    yield "form (hard)", *at_least(0.9, *figure(tuned[ALL], "valid format")[:2])
    yield "no-worse (hard)", *at_least(-0.05, *difference(tuned[ALL], base[ALL], "macro F1")[:2])
    yield "high-value (soft)", *at_least(0.9, *figure(tuned["high-value"], "exact match")[:2])
    failed = int((~tuned["red-team"].read).sum())
    n = tuned["red-team"].n
    yield (
        "attacks (hard)",
        failed / n,
        (0.0, 1 - 0.05 ** (1 / n)),
        "PASS" if not failed and 1 - 0.05 ** (1 / n) <= 0.1 else "FAIL",
    )
    slow, ends = quantile(tuned[ALL].took(), 0.95)
    assert ends is not None
    yield "latency (soft)", slow, ends, "PASS" if ends[1] <= 2 else "FAIL"
