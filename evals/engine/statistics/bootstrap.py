"""Estimates by the bootstrap: BCa bounds over cases or clusters, and what is done where all of them agree.

Where resamples do not differ the bootstrap has no bounds. If it is known between which `Ends` a case can lie, one case
at the worst end is added for the lower bound and one at the best end for the upper, and the quantiles of the resamples
are taken. With n cases all at the best end the lower bound is then that of the rule of three: J. A. Hanley and A.
Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249 (1983) 1743-1745.
"""

import numpy as np
from numpy.typing import ArrayLike

from evals.engine.statistics.clusters import Design
from evals.engine.statistics.estimates import Estimate, Floats, numbered, weighted
from evals.engine.statistics.resampling import Statistic, bca, by_cluster, distinct_rows, resampled

Ends = tuple[Floats, Floats]
"""The rows of the worst and of the best possible case."""


def bootstrapped(
    rows: Floats,
    statistic: Statistic,
    ends: Ends | None,
    alpha: float,
    method: str,
    clusters: ArrayLike | None,
    weights: ArrayLike | None,
) -> Estimate:
    """Return `statistic` of the totals of `rows`, shape (cases, columns), each case weighted, clusters kept together.

    Raises:
        ValueError: clusters or weights do not fit the cases.
    """
    n = rows.shape[0]
    weight = weighted(weights, n)
    codes = numbered(clusters, n)
    design = Design.of(codes, weight)
    units = by_cluster(rows * weight[:, None], codes) if design.clustered else rows * weight[:, None]
    value = float(statistic(units.sum(axis=0)))
    bounds = bca(units, statistic, alpha)
    if bounds is None and ends is not None and units.shape[0] > 1:
        bounds = _with_one_more(units, statistic, ends, design, alpha)
        method = f"{method}; all cases agree, so one was added at the worst end and one at the best"
    low, high = (min(bounds[0], value), max(bounds[1], value)) if bounds else (None, None)
    words = design.words(method.replace("of cases", "of clusters") if design.clustered else method)
    return Estimate(value, low, high, n, words)


def _with_one_more(
    units: Floats, statistic: Statistic, ends: Ends, design: Design, alpha: float
) -> tuple[float, float] | None:
    # A case more is a unit more, as heavy as the cluster that a case is in on average.
    size = design.cluster_squares / design.weights
    low, high = (
        _quantile_of(np.vstack([units, end * size]), statistic, level)
        for end, level in zip(ends, (alpha, 1 - alpha), strict=True)
    )
    return (low, high) if np.isfinite([low, high]).all() else None


def _quantile_of(units: Floats, statistic: Statistic, level: float) -> float:
    return float(np.quantile(resampled(*distinct_rows(units), statistic), level))


def quotient(above: Floats, below: Floats) -> Floats:
    """Return above / below, with 0 / 0 as 0 and anything else over 0 as infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(below == 0, np.where(above == 0, 0.0, np.inf), above / below))
