"""Quantiles, such as the 95th percentile of latency: bounds from the order of the values, whatever their distribution.

The number of values at or below a quantile q of the population is binomial (n, q), so an order statistic is a bound:
G. J. Hahn and W. Q. Meeker, "Statistical Intervals", Wiley 1991, section 5.2. With clusters or weights the share of
values at or below each candidate is bounded instead: R. S. Woodruff, "Confidence intervals for medians and other
position measures", JASA 47 (1952) 635-646.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evals.engine.bounds import binomial_below
from evals.engine.statistics.clusters import Design
from evals.engine.statistics.estimates import Estimate, Floats, floats, numbered, weighted
from evals.engine.statistics.shares import share

ORDER = "order statistics (binomial)"
WOODRUFF = "order statistics (Woodruff)"


def quantile(
    values: ArrayLike, q: float, alpha: float, *, clusters: ArrayLike | None = None, weights: ArrayLike | None = None
) -> Estimate | None:
    """Return the `q` quantile of the values, shape (n,): the smallest that at least a share q is at or below.

    A value that is not known, and more than all that are, is infinite. A bound is None where there are too few values
    for one, an upper bound for 0.95 at alpha 0.05 needs 59, or where it would be infinite; there is no estimate where
    the quantile itself is.

    Raises:
        ValueError: there is no value, q is not within (0, 1), or clusters or weights do not fit.
    """
    found = floats(values)
    if found.ndim != 1 or found.size < 1 or not 0 < q < 1:
        raise ValueError(f"found {found.size} values and the quantile {q}, expected at least one value and 0 < q < 1")
    n = found.size
    weight = weighted(weights, n)
    order = np.argsort(found, kind="stable")
    ranked = found[order]
    reached = np.cumsum(weight[order]) / weight.sum()
    value = float(ranked[min(int(np.searchsorted(reached, q - 1e-12)), n - 1)])
    if math.isinf(value):
        return None
    if clusters is None and weights is None:
        low, high = _ordered(ranked, q, alpha)
        return Estimate(value, low, _known(high), n, ORDER)
    design = Design.of(numbered(clusters, n), weight)
    low, high = _by_share(found, ranked, q, alpha, clusters, weights)
    return Estimate(value, low, _known(high), n, design.words(WOODRUFF))


def quantile_ratio(candidate: ArrayLike, baseline: ArrayLike, q: float, alpha: float) -> Estimate | None:
    """Return the `q` quantile of `candidate` divided by that of `baseline`, neither of which need be paired.

    Each bound divides a bound of the one at alpha / 2 by the opposite bound of the other at alpha / 2, so that by
    Bonferroni both hold together with at least 1 - alpha. None where either has none, or the baseline's is not above 0.

    Raises:
        ValueError: as `quantile`.
    """
    new, old = quantile(candidate, q, alpha / 2), quantile(baseline, q, alpha / 2)
    if new is None or old is None or old.value <= 0:
        return None
    low = new.low / old.high if new.low is not None and old.high is not None else None
    high = new.high / old.low if new.high is not None and old.low is not None and old.low > 0 else None
    return Estimate(new.value / old.value, low, high, min(new.n, old.n), f"{ORDER}, alpha split in two")


def _known(bound: float | None) -> float | None:
    return None if bound is None or math.isinf(bound) else bound


def _ordered(ranked: Floats, q: float, alpha: float) -> tuple[float | None, float | None]:
    n = ranked.size
    # Value number k (from 1) is above the quantile unless at least k values are at or below it, and so on.
    high = _first(n, lambda k: binomial_below(k - 1, n, q) >= 1 - alpha)
    low = _first(n, lambda k: binomial_below(k - 1, n, q) > alpha) - 1
    return (float(ranked[low - 1]) if low >= 1 else None, float(ranked[high - 1]) if high <= n else None)


def _by_share(
    values: Floats, ranked: Floats, q: float, alpha: float, clusters: ArrayLike | None, weights: ArrayLike | None
) -> tuple[float | None, float | None]:
    n = ranked.size

    def bounded(chosen: NDArray[np.bool_]) -> Estimate:
        return share(chosen, alpha, clusters=clusters, weights=weights)

    high = _first(n, lambda k: (bounded(values <= ranked[k - 1]).low or 0.0) >= q)
    # A lower bound is the largest value of which it is sure that less than q of the population lie below it.
    low = _first(n, lambda k: (bounded(values < ranked[k - 1]).high or 1.0) >= q)
    return (float(ranked[low - 2]) if low >= 2 else None, float(ranked[high - 1]) if high <= n else None)


def _first(n: int, holds: Callable[[int], bool]) -> int:
    """Return the first of 1..n for which `holds`, which stays true from there on; n + 1 if there is none."""
    low, high = 1, n + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
