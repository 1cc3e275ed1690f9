"""Interval estimates that verdicts rest on. Every bound here is one-sided at level `alpha`.

Shares: Wilson's score bound. Paired differences of shares: Tango's score bound. F1, which is no share of cases: the
bias-corrected and accelerated bootstrap over cases.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import DegenerateDataWarning, binomtest, bootstrap, norm

BOOTSTRAP_RESAMPLES = 4000
BOOTSTRAP_SEED = 20_260_401
WILSON = "Wilson score bound"
TANGO = "Tango score bound, paired"
BCA = f"BCa bootstrap, {BOOTSTRAP_RESAMPLES} resamples of cases, seed {BOOTSTRAP_SEED}"
BCA_PAIRED = f"paired {BCA}"

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A point estimate with its lower and upper one-sided bounds; the bounds are None where there are none."""

    value: float
    low: float | None
    high: float | None
    n: int
    method: str


def wilson(successes: int, n: int, alpha: float) -> Estimate:
    """Return the share `successes / n` with Wilson's score bounds.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927)
    209-212; without continuity correction; computed by `scipy.stats.binomtest`.

    Raises:
        ValueError: n is not positive, or successes is not within 0..n.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"found {successes} successes of {n}, expected 0..n of at least one case")
    level = 1 - alpha
    low = binomtest(successes, n, alternative="greater").proportion_ci(level, method="wilson").low
    high = binomtest(successes, n, alternative="less").proportion_ci(level, method="wilson").high
    return Estimate(successes / n, float(low), float(high), n, WILSON)


def tango(gained: int, lost: int, n: int, alpha: float) -> Estimate:
    """Return the paired difference `(gained - lost) / n` with Tango's score bounds.

    `gained` counts cases that only the candidate got right, `lost` those that only the baseline did. A bound is the
    difference d at which the score statistic (gained - lost - n d) / sqrt(n (2 q + d (1 - d))) equals the normal
    quantile, q being the maximum-likelihood probability of a lost case given d.

    Source: T. Tango, "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design", Statistics in Medicine 17 (1998) 891-908.

    Raises:
        ValueError: n is not positive, a count is negative, or there are more discordant pairs than pairs.
    """
    if n < 1 or gained < 0 or lost < 0 or gained + lost > n:
        raise ValueError(f"found {gained} gained and {lost} lost of {n} pairs, expected counts that fit in n")
    quantile = float(norm.ppf(1 - alpha))
    value = (gained - lost) / n

    def distance(difference: float, target: float) -> float:
        return _tango_score(gained, lost, n, difference) - target

    # The score falls from +inf to -inf as the difference goes from -1 to 1; the ends themselves divide by zero.
    edge = 1 - 1e-12
    low = -1.0 if distance(-edge, quantile) <= 0 else float(brentq(distance, -edge, edge, args=(quantile,)))
    high = 1.0 if distance(edge, -quantile) >= 0 else float(brentq(distance, -edge, edge, args=(-quantile,)))
    return Estimate(value, min(low, value), max(high, value), n, TANGO)


def _tango_score(gained: int, lost: int, n: int, difference: float) -> float:
    linear = (2 * n - gained + lost) * difference - gained - lost
    constant = -lost * difference * (1 - difference)
    lost_share = (math.sqrt(max(linear * linear - 8 * n * constant, 0.0)) - linear) / (4 * n)
    variance = n * (2 * lost_share + difference * (1 - difference))
    excess = gained - lost - n * difference
    if variance <= 0:
        return math.copysign(math.inf, excess) if excess else 0.0
    return excess / math.sqrt(variance)


def f1_per_label(targets: Codes, answers: Codes, labels: int) -> NDArray[np.float64]:
    """Return F1 = 2 TP / (2 TP + FP + FN) for the labels 0..labels-1, and 0 where all three are 0.

    `targets` and `answers` hold label numbers, shape (..., n); other classes (unparsed, other) are numbered from
    `labels` up. The result has shape (..., labels).
    """
    classes = int(max(targets.max(), answers.max(), labels - 1)) + 1
    shape = targets.shape[:-1]
    rows = int(np.prod(shape, dtype=np.int64))
    offset = np.arange(rows, dtype=np.int64)[:, None] * (classes * classes)
    flat = targets.reshape(rows, -1) * classes + answers.reshape(rows, -1) + offset
    counts = np.bincount(flat.ravel(), minlength=rows * classes * classes).reshape(rows, classes, classes)
    true_positive = np.diagonal(counts, axis1=1, axis2=2)[:, :labels]
    total = (counts.sum(axis=2) + counts.sum(axis=1))[:, :labels]
    f1 = np.divide(2 * true_positive, total, out=np.zeros(total.shape), where=total > 0)
    result: NDArray[np.float64] = f1.reshape(*shape, labels)
    return result


def f1(targets: Codes, answers: Codes, labels: Sequence[int], alpha: float) -> Estimate:
    """Return the mean F1 over `labels` (one: that label's F1; all that occur: macro-F1) with bootstrap bounds.

    Cases are resampled; a label that no case of a resample has, and none is answered with, counts as F1 0 there, which
    can only lower the lower bound.
    Source: B. Efron, "Better bootstrap confidence intervals", JASA 82 (1987) 171-185, by `scipy.stats.bootstrap`.
    """
    return _bootstrap(lambda index: _mean_f1(targets[index], answers[index], labels), targets.size, alpha, BCA)


def f1_difference(targets: Codes, answers: Codes, baseline: Codes, labels: Sequence[int], alpha: float) -> Estimate:
    """Return the mean F1 of `answers` minus that of `baseline`, both answers to the same cases, as `f1` does."""

    def statistic(index: Codes) -> NDArray[np.float64]:
        resampled = targets[index]
        return _mean_f1(resampled, answers[index], labels) - _mean_f1(resampled, baseline[index], labels)

    return _bootstrap(statistic, targets.size, alpha, BCA_PAIRED)


def _mean_f1(targets: Codes, answers: Codes, labels: Sequence[int]) -> NDArray[np.float64]:
    per_label = f1_per_label(targets, answers, max(labels) + 1)
    mean: NDArray[np.float64] = per_label[..., list(labels)].mean(axis=-1)
    return mean


def _bootstrap(statistic: Callable[[Codes], NDArray[np.float64]], n: int, alpha: float, method: str) -> Estimate:
    index = np.arange(n, dtype=np.int64)
    value = float(statistic(index))
    if n < 2:
        return Estimate(value, None, None, n, method)
    with warnings.catch_warnings():
        # Resamples that all agree have no spread to learn from: scipy warns and answers NaN, we answer "no bound".
        warnings.simplefilter("ignore", DegenerateDataWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = bootstrap(
            (index,),
            lambda resampled, axis: statistic(np.moveaxis(resampled, axis, -1).astype(np.int64)),
            vectorized=True,
            n_resamples=BOOTSTRAP_RESAMPLES,
            batch=500,
            confidence_level=1 - 2 * alpha,
            method="BCa",
            rng=np.random.default_rng(BOOTSTRAP_SEED),
        ).confidence_interval
    low, high = float(interval.low), float(interval.high)
    if not (math.isfinite(low) and math.isfinite(high)):
        return Estimate(value, None, None, n, method)
    return Estimate(value, low, high, n, method)


def cases_needed_absolute(limit: float, expected: float, alpha: float, power: float) -> int:
    """Return how many cases show a share above `limit` with `power`, if the true share is `expected`.

    Normal approximation of the score test; Fleiss, Levin and Paik, "Statistical Methods for Rates and Proportions",
    3rd ed. (2003), section 2.4.

    Raises:
        ValueError: `expected` is not above `limit`; no number of cases would do.
    """
    if not 0 <= limit < expected <= 1:
        raise ValueError(f"expected share {expected} is not above the limit {limit}; no number of cases can show it")
    spread = norm.ppf(1 - alpha) * math.sqrt(limit * (1 - limit)) + norm.ppf(power) * math.sqrt(
        expected * (1 - expected)
    )
    return max(1, math.ceil(float((spread / (expected - limit)) ** 2)))


def cases_needed_non_inferiority(margin: float, discordant: float, alpha: float, power: float) -> int:
    """Return how many pairs show "no worse than minus `margin`" with `power`, if both are equally good in truth.

    `discordant` is the share of cases that exactly one of the two gets right. Normal approximation; J. Nam,
    "Establishing equivalence of two treatments and sample size requirements in matched-pairs design", Biometrics 53
    (1997) 1422-1430.

    Raises:
        ValueError: `margin` or `discordant` is not above 0.
    """
    if margin <= 0 or discordant <= 0:
        raise ValueError(f"found margin {margin} and discordant share {discordant}, expected both above 0")
    spread = norm.ppf(1 - alpha) + norm.ppf(power)
    return max(1, math.ceil(float(spread**2 * discordant / margin**2)))
