"""Which estimator a metric's family and a threshold's kind call for.

    family     alone                    minus / divided by another arm    zero tolerance
    share      Wilson, at effective n   Tango / joint bootstrap           exact bound on the share of failures
    mean       BCa bootstrap            paired BCa bootstrap              -
    ratio      BCa bootstrap            paired BCa bootstrap              -
    quantile   order statistics         - / order statistics, alpha split -

A share that a judge measured is corrected for its errors (Rogan-Gladen) and stands alone only.
A share whose cases are not all right or wrong (several repeats) is a mean. Formulas: `evals.engine.statistics`.
"""

from typing import Literal

import numpy as np

from evals.engine.metric_names import metric
from evals.engine.samples import QUANTILES, Floats, Sample
from evals.engine.statistics import (
    BCA,
    BCA_PAIRED,
    Calibration,
    Estimate,
    clopper_pearson,
    corrected_share,
    mean,
    mean_compared,
    quantile,
    quantile_ratio,
    share,
    share_difference,
)
from evals.engine.statistics.bootstrap import bootstrapped, quotient
from evals.engine.statistics.clusters import Design

How = Literal["difference", "ratio"]


def alone(name: str, found: Sample, alpha: float) -> Estimate | None:
    """Return the metric with its one-sided bounds; None for a quantile that lies among the answers that are missing."""
    groups = {"clusters": found.clusters, "weights": found.weights}
    if found.rows is not None:
        return bootstrapped(found.rows, _mean_ratio, found.ends, alpha, BCA, found.clusters, found.weights)
    values = _values(found)
    if name in QUANTILES:
        return quantile(values, QUANTILES[name], alpha, **groups)
    if metric(name).family == "share" and _binary(values):
        return share(values == 1, alpha, **groups)
    return mean(values, alpha, within=_within(name), **groups)


def corrected(found: Sample, alpha: float, calibration: Calibration) -> Estimate:
    """Return the share that a judge measured, corrected for its errors, with its one-sided bounds.

    The bounds are those of as many independent cases as there are clusters, fewer where weights differ (`Design`, as
    if the cases of a cluster were all right or all wrong). An answer that the judge gave no score (missing, unreadable,
    not asked) comes filled in as what it would be worst for the threshold that the judge had called it: bad for "at
    least", good for "at most".
    """
    values = _values(found)
    weights = np.ones(values.size) if found.weights is None else found.weights
    clusters = np.arange(values.size) if found.clusters is None else found.clusters
    effective = float(Design.of(clusters, weights).worth(1.0))
    called = float((values * weights).sum() / weights.sum())
    estimate = corrected_share(called * effective, effective, calibration, alpha)
    return Estimate(estimate.value, estimate.low, estimate.high, len(found.cases), estimate.method, effective)


def compared(name: str, new: Sample, old: Sample, alpha: float, how: How) -> Estimate | None:
    """Return the metric of `new` minus that of `old`, or divided by it, over the same cases in the same order.

    None where there is none: nothing to divide by, or a difference of quantiles.
    """
    groups = {"clusters": new.clusters, "weights": new.weights}
    if new.rows is not None and old.rows is not None:
        return _ratios_compared(new, old, alpha, how)
    one, other = _values(new), _values(old)
    if name in QUANTILES:
        return quantile_ratio(one, other, QUANTILES[name], alpha) if how == "ratio" and new.clusters is None else None
    if how == "difference" and metric(name).family == "share" and _binary(one) and _binary(other):
        return share_difference(one == 1, other == 1, alpha, **groups)
    return mean_compared(one, other, alpha, how, within=_within(name), **groups)


def failures(found: Sample, higher: bool, alpha: float) -> Estimate:
    """Return the share of units that failed at least once, with exact bounds; a unit is a case, or a cluster of them.

    `higher` says whether a case fails by missing 1 (more is better) or by exceeding 0.
    """
    values = _values(found)
    failed = values < 1 if higher else values > 0
    if found.clusters is not None:
        failed = np.bincount(found.clusters, failed) > 0
    estimate = clopper_pearson(int(failed.sum()), int(failed.size), alpha)
    if found.clusters is None:
        return estimate
    words = f"{estimate.method}, {failed.size} clusters"
    return Estimate(estimate.value, estimate.low, estimate.high, len(found.cases), words)


def _ratios_compared(new: Sample, old: Sample, alpha: float, how: How) -> Estimate | None:
    one, other = (sample.rows if sample.rows is not None else np.zeros((0, 0)) for sample in (new, old))
    width = one.shape[1]

    def statistic(totals: Floats) -> Floats:
        first, second = _mean_ratio(totals[..., :width]), _mean_ratio(totals[..., width:])
        return first - second if how == "difference" else quotient(first, second)

    if how == "ratio" and not float(_mean_ratio(other.sum(axis=0))) > 0:
        return None
    rows = np.hstack([one, other])
    # One case more at the worst is wrong for the one and right for the other.
    ends = (np.concatenate(new.ends), np.concatenate(new.ends[::-1])) if new.ends is not None else None
    return bootstrapped(rows, statistic, ends, alpha, BCA_PAIRED, new.clusters, new.weights)


def _mean_ratio(totals: Floats) -> Floats:
    """Return the mean of the ratios of totals, 0 where there is nothing below the line. Counts never are negative."""
    half = totals.shape[-1] // 2
    above, below = totals[..., :half], totals[..., half:]
    return np.asarray(np.divide(above, below, out=np.zeros(below.shape), where=below > 0).mean(axis=-1))


def _values(found: Sample) -> Floats:
    if found.values is None:
        raise TypeError("found a ratio's counts, expected one figure per case")
    return found.values


def _binary(values: Floats) -> bool:
    return bool(((values == 0) | (values == 1)).all())


def _within(name: str) -> tuple[float, float] | None:
    return (0.0, 1.0) if metric(name).bounded else None
