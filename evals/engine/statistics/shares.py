"""Shares of cases: independent, clustered, weighted, and the exact bound where nothing may fail."""

import numpy as np
from numpy.typing import ArrayLike

from evals.engine.bounds import exact_high, exact_low, wilson_high, wilson_low
from evals.engine.statistics.clusters import Design
from evals.engine.statistics.estimates import Estimate, numbered, weighted

WILSON = "Wilson score bound"
EXACT = "exact (Clopper-Pearson) bound"


def wilson(successes: int, n: int, alpha: float) -> Estimate:
    """Return the share `successes / n` of independent cases with Wilson's score bounds (`evals.engine.bounds`).

    Raises:
        ValueError: n is not positive, or successes is not within 0..n.
    """
    value = _value(successes, n)
    return Estimate(value, wilson_low(value, n, alpha), wilson_high(value, n, alpha), n, WILSON)


def clopper_pearson(successes: int, n: int, alpha: float) -> Estimate:
    """Return the share `successes / n` of independent cases with exact bounds (`evals.engine.bounds`).

    They are never too narrow, whatever the true share: what zero tolerance rests on. With `successes` failures, zero
    tolerance of a share `limit` is shown where `high` is at most `limit`; see `cases_needed_zero_tolerance`.

    Raises:
        ValueError: n is not positive, or successes is not within 0..n.
    """
    return Estimate(_value(successes, n), exact_low(successes, n, alpha), exact_high(successes, n, alpha), n, EXACT)


def share(
    right: ArrayLike, alpha: float, *, clusters: ArrayLike | None = None, weights: ArrayLike | None = None
) -> Estimate:
    """Return the share of cases that are `right`, shape (n,), with Wilson's bounds at the effective number of cases.

    Cases of one of the `clusters` may succeed and fail together; cases of larger `weights` count for more. Either
    makes n cases worth fewer (`Design`), never more. Without both this is `wilson`.

    The lower bound never falls when one more case is right, nor does the upper bound: where another right answer would
    raise the estimated correlation within clusters so far that the bound fell, the lower bound is that lower one.

    Raises:
        ValueError: there is no case, or clusters or weights do not fit the cases.
    """
    outcomes = np.asarray(right, dtype=bool)
    n = outcomes.size
    if n < 1:
        raise ValueError("found no case, expected at least one")
    if clusters is None and weights is None:
        return wilson(int(outcomes.sum()), n, alpha)
    weight = weighted(weights, n)
    design = Design.of(numbered(clusters, n), weight)
    value = float(weight[outcomes].sum() / weight.sum())
    low = _lowest(outcomes, weight, design, alpha)
    high = 1 - _lowest(~outcomes, weight, design, alpha)
    return Estimate(value, min(low, value), max(high, value), n, design.words(WILSON), design.effective(outcomes))


def _lowest(right: np.ndarray, weight: np.ndarray, design: Design, alpha: float) -> float:
    """Return the smallest Wilson bound among the observed answers and all with more of them right.

    For each number of further right answers the share is the smallest possible (the lightest cases turned right) and
    the correlation the largest possible, so no set of answers with more right ones can have a lower bound.
    """
    total = weight.sum()
    lightest = np.concatenate([[0.0], np.cumsum(np.sort(weight[~right]))])
    shares = np.minimum(1.0, (weight[right].sum() + lightest) / total)
    sizes = design.smallest_effective(right)
    bounds = [wilson_low(float(p), float(n), alpha) for p, n in zip(shares, sizes, strict=True)]
    return min(bounds)


def _value(successes: int, n: int) -> float:
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"found {successes} successes of {n}, expected 0..n of at least one case")
    return successes / n
