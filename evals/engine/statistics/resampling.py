"""The bootstrap over cases or clusters, for every statistic that depends on totals alone.

A mean is a ratio of two totals, F1 of a label comes from two, a ratio of two models' means from four. So a case, or a
cluster, is its row of contributions, and a resample is the total of the rows drawn. Equal rows are kept once with their
number: drawing n of n cases is then one multinomial draw of how often each distinct row occurs, which makes 10,000
resamples of 100,000 right or wrong answers a matter of milliseconds. Where rows hardly repeat, units are drawn one by
one. From 2,000 of those on, how often each occurs is drawn as a Poisson variable of mean 1, which for quotients of
totals comes to the same: N. Chamandy, O. Muralidharan, A. Najmi and S. Naidu, "Estimating uncertainty for massive data
streams", Google (2012). Memory is bounded in any case, and the order of the cases does not matter.

Bounds are bias-corrected and accelerated: B. Efron, "Better bootstrap confidence intervals", JASA 82 (1987) 171-185,
sections 3 and 7; the acceleration from the jackknife over rows.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, pdtr

from evals.engine.statistics.estimates import Codes, Floats

BOOTSTRAP_RESAMPLES = 10_000
BOOTSTRAP_SEED = 20_260_401
BCA = f"BCa bootstrap, {BOOTSTRAP_RESAMPLES} resamples of cases, seed {BOOTSTRAP_SEED}"
BCA_PAIRED = f"paired {BCA}"

_NUMBERS_AT_ONCE = 400_000
"""So many numbers are held at a time, a few times over: about what a processor's cache holds, which is fastest."""
_DRAW_ALONE = 25
"""A multinomial count costs about this many single draws."""
_MANY = 2_000
"""From so many units on, how often each occurs is drawn apart from the others."""
_POISSON: Floats = np.searchsorted(pdtr(np.arange(20), 1), (np.arange(65_536) + 0.5) / 65_536).astype(np.float64)
"""Poisson(1) counts to pick from with equal probability: the quantiles of scipy.stats, which takes long to load."""

Statistic = Callable[[Floats], Floats]
"""Takes totals of shape (..., columns), returns the statistic of shape (...)."""


def bca(rows: Floats, statistic: Statistic, alpha: float) -> tuple[float, float] | None:
    """Return the lower and upper bound of `statistic` of the totals of `rows`, shape (units, columns).

    Units are independent: cases, or clusters with the sums over their cases. None where there are fewer than two, or
    where resamples show no spread around the value, so that there is nothing to learn a bound from.
    """
    distinct, counts = distinct_rows(rows)
    units = int(counts.sum())
    if distinct.shape[0] < 2:
        return None
    totals = (distinct * counts[:, None]).sum(axis=0)
    value = float(statistic(totals))
    spread = resampled(distinct, counts, statistic)
    below = (np.count_nonzero(spread < value) + np.count_nonzero(spread <= value)) / (2 * spread.size)
    left_out = statistic(totals - distinct)
    centred = (counts @ left_out) / units - left_out
    scale = float(counts @ np.square(centred))
    if not (0 < below < 1 and scale > 0 and np.isfinite(left_out).all()):
        return None
    acceleration = float(counts @ centred**3) / (6 * scale**1.5)
    low, high = (float(np.quantile(spread, _corrected(level, below, acceleration))) for level in (alpha, 1 - alpha))
    return (low, high) if math.isfinite(low) and math.isfinite(high) else None


def resampled(distinct: Floats, counts: Codes, statistic: Statistic) -> Floats:
    """Return the statistic of `BOOTSTRAP_RESAMPLES` resamples of the rows, each of `distinct` occurring `counts` times.

    The same rows always give the same resamples.
    """
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    units, columns = int(counts.sum()), distinct.shape[1]
    draw: Callable[[int], Floats]
    if _DRAW_ALONE * distinct.shape[0] <= units * columns:
        held, draw = distinct.shape[0], lambda size: rng.multinomial(units, counts / units, size=size) @ distinct
    else:
        rows = np.repeat(distinct, counts, axis=0)
        held, draw = units, lambda size: _times_drawn(rng, size, units) @ rows
    step = max(1, min(BOOTSTRAP_RESAMPLES, _NUMBERS_AT_ONCE // max(held, columns)))
    sizes = [min(step, BOOTSTRAP_RESAMPLES - start) for start in range(0, BOOTSTRAP_RESAMPLES, step)]
    return np.concatenate([statistic(draw(size)) for size in sizes])


def _times_drawn(rng: np.random.Generator, size: int, units: int) -> Floats:
    """Return how often each unit occurs in each of `size` resamples: shape (size, units)."""
    if units >= _MANY:
        return _POISSON[rng.integers(0, _POISSON.size, size=(size, units), dtype=np.uint16)]
    drawn = rng.integers(0, units, size=(size, units)) + units * np.arange(size)[:, None]
    return np.bincount(drawn.ravel(), minlength=size * units).reshape(size, units).astype(np.float64)


def by_cluster(rows: Floats, clusters: Codes) -> Floats:
    """Return the sums of `rows`, shape (cases, columns), over clusters numbered from 0: shape (clusters, columns)."""
    return np.stack([np.bincount(clusters, column) for column in rows.T], axis=-1)


def distinct_rows(rows: Floats) -> tuple[Floats, Codes]:
    """Return the distinct rows, sorted, and how often each occurs."""
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    return distinct, counts.astype(np.int64)


def _corrected(level: float, below: float, acceleration: float) -> float:
    bias = ndtri(below)
    shifted: NDArray[np.float64] = bias + ndtri(level)
    # Beyond its pole the formula leads to the other end of the resamples: there the end on its own side is taken.
    if 1 - acceleration * shifted <= 0:
        return float(shifted > 0)
    return float(ndtr(bias + shifted / (1 - acceleration * shifted)))
