"""Means and ratios of totals, alone and against a baseline on the same cases, by the bootstrap over cases.

`within` says between which figures every case's value lies: (0, 1) for scores. It gives bounds where all cases agree;
see `evals.engine.statistics.bootstrap`.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from evals.engine.statistics.bootstrap import bootstrapped, quotient
from evals.engine.statistics.estimates import Estimate, Floats, floats, weighted
from evals.engine.statistics.resampling import BCA, BCA_PAIRED, Statistic

Comparison = Literal["difference", "ratio"]
"""Candidate minus baseline, or candidate divided by baseline."""


def mean(
    values: ArrayLike,
    alpha: float,
    *,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    within: tuple[float, float] | None = None,
) -> Estimate:
    """Return the weighted mean of one value per case, shape (n,).

    Raises:
        ValueError: there is no case, a value is not finite or not `within`, or clusters or weights do not fit.
    """
    value = _values(values, within)
    return _estimate([value], [np.ones(value.size)], _over, alpha, BCA, clusters, weights, within)


def ratio(
    numerators: ArrayLike,
    denominators: ArrayLike,
    alpha: float,
    *,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> Estimate | None:
    """Return sum(numerators) / sum(denominators) over cases, such as precision: right answers of those that were given.

    A case with denominator 1 contributes 0 or 1 above it. None where all denominators are 0.

    Raises:
        ValueError: there is no case, the shapes differ, a numerator is not within 0 and its denominator, or clusters
            or weights do not fit.
    """
    above, below = _values(numerators, None), _values(denominators, None)
    if above.shape != below.shape or (above < 0).any() or (above > below).any():
        raise ValueError("found a numerator below 0 or above its denominator, expected shares of what is counted")
    if not below.any():
        return None
    return _estimate([above], [below], _over, alpha, BCA, clusters, weights, (0.0, 1.0))


def mean_compared(
    candidate: ArrayLike,
    baseline: ArrayLike,
    alpha: float,
    how: Comparison,
    *,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    within: tuple[float, float] | None = None,
) -> Estimate | None:
    """Return the mean of `candidate` minus that of `baseline` or divided by it, resampled jointly over the same cases.

    Shares of right answers are means of 0 and 1. None for a ratio where the baseline's mean is not above 0.

    Raises:
        ValueError: as `mean`, or not as many values of either.
    """
    new, old = _values(candidate, within), _values(baseline, within)
    if new.shape != old.shape:
        raise ValueError(f"found {new.size} and {old.size} values, expected as many of either")
    if how == "ratio" and not float((old * weighted(weights, old.size)).sum()) > 0:
        return None
    ones = np.ones(new.size)
    statistic = _minus if how == "difference" else _divided
    return _estimate([new, old], [ones, ones], statistic, alpha, BCA_PAIRED, clusters, weights, within)


def _values(values: ArrayLike, within: tuple[float, float] | None) -> Floats:
    found = floats(values)
    low, high = within or (-np.inf, np.inf)
    if found.ndim != 1 or found.size < 1 or not np.isfinite(found).all():
        raise ValueError(
            f"found values of shape {found.shape}, expected one finite number for each of at least one case"
        )
    if (found < low).any() or (found > high).any():
        raise ValueError(f"found values from {found.min()} to {found.max()}, expected them within {low} and {high}")
    return found


def _estimate(
    above: list[Floats],
    below: list[Floats],
    statistic: Statistic,
    alpha: float,
    method: str,
    clusters: ArrayLike | None,
    weights: ArrayLike | None,
    within: tuple[float, float] | None,
) -> Estimate:
    rows = np.stack([*above, *below], axis=-1)
    ends = None
    if within is not None:
        baselines, units = len(above) - 1, [1.0] * len(below)
        low, high = within
        ends = (np.array([low, *[high] * baselines, *units]), np.array([high, *[low] * baselines, *units]))
    return bootstrapped(rows, statistic, ends, alpha, method, clusters, weights)


def _over(totals: Floats) -> Floats:
    return quotient(totals[..., 0], totals[..., 1])


def _minus(totals: Floats) -> Floats:
    return quotient(totals[..., 0], totals[..., 2]) - quotient(totals[..., 1], totals[..., 3])


def _divided(totals: Floats) -> Floats:
    return quotient(totals[..., 0], totals[..., 1])
