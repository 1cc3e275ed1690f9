"""How far people who grade the same answers agree: Krippendorff's alpha, pairs that agree, Cohen's and Fleiss' kappa.

Ratings are given as an array of shape (units, raters) of numbers, NaN where a rater did not rate the unit.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from evals.engine.statistics.bootstrap import bootstrapped, quotient
from evals.engine.statistics.estimates import Estimate, Floats, floats
from evals.engine.statistics.ratios import mean
from evals.engine.statistics.resampling import BCA, Statistic

Level = Literal["nominal", "ordinal", "interval"]
"""How far apart two different ratings are: equally, by the ratings that lie between them, or by their difference."""
UNITS = BCA.replace("of cases", "of units")


def krippendorff(ratings: ArrayLike, level: Level, alpha: float, clusters: ArrayLike | None = None) -> Estimate | None:
    """Return Krippendorff's alpha with bounds from resampling units; None where the ratings do not vary at all.

    `clusters` names for each unit what it depends on; units of one cluster are resampled together.

    1 is perfect agreement, 0 what chance would give. Units that fewer than two rated do not count. Where a resample
    has but one value, alpha counts as 0 there, which can only lower the lower bound. If everybody agrees everywhere,
    one unit with the two most distant ratings is added for the lower bound.

    Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", University of Pennsylvania (2011): alpha =
    1 - D_o / D_e from the matrix of coincidences within units. `alpha` is the level of the bounds.

    Raises:
        ValueError: the ratings are no array of units by raters, or none is a number.
    """
    table = _table(ratings)
    values = np.unique(table[~np.isnan(table)])
    rows = _coincidences(table, values)
    rated = rows.sum(axis=1) > 0
    counted, kept = rows[rated], None if clusters is None else np.asarray(clusters)[rated]
    statistic = _alpha(values, level)
    if counted.shape[0] < 1 or not _varies(counted, values.size):
        return None
    apart, together = np.zeros((values.size, values.size)), np.zeros((values.size, values.size))
    apart[0, -1] = apart[-1, 0] = 1
    together[-1, -1] = 2
    ends = (apart.ravel(), together.ravel())
    return bootstrapped(counted, statistic, ends, alpha, UNITS, kept, None)


def pairs_agreeing(ratings: ArrayLike, alpha: float) -> Estimate | None:
    """Return the share of pairs of ratings of one unit that are the same, averaged over units that two or more rated.

    None where there is no such unit.

    Raises:
        ValueError: as `krippendorff`.
    """
    table = _table(ratings)
    shares = []
    for row in table:
        counts = np.unique(row[~np.isnan(row)], return_counts=True)[1]
        if (rated := int(counts.sum())) > 1:
            shares.append(float((counts * (counts - 1)).sum()) / (rated * (rated - 1)))
    return mean(shares, alpha, within=(0.0, 1.0)) if shares else None


def cohen_kappa(first: ArrayLike, second: ArrayLike) -> float | None:
    """Return Cohen's kappa of two raters who both rated every unit; None where neither ever varies.

    Source: J. Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20
    (1960) 37-46; computed by scikit-learn.
    """
    one, other = np.asarray(first), np.asarray(second)
    if np.unique(np.concatenate([one, other])).size < 2:
        return None
    from sklearn.metrics import cohen_kappa_score  # it loads pandas, which judging needs nowhere else

    return float(cohen_kappa_score(one, other))


def fleiss_kappa(ratings: ArrayLike) -> float | None:
    """Return Fleiss' kappa of units that were each rated by the same number of raters; None where nothing varies.

    Source: J. L. Fleiss, "Measuring nominal scale agreement among many raters", Psychological Bulletin 76 (1971)
    378-382.

    Raises:
        ValueError: as `krippendorff`, a rating is missing, or there are fewer than two raters.
    """
    table = _table(ratings)
    raters = table.shape[1]
    if np.isnan(table).any() or raters < 2:
        raise ValueError("found a missing rating or a single rater, expected two or more raters of every unit")
    values = np.unique(table)
    counts = (table[:, :, None] == values).sum(axis=1)
    observed = float(((counts * (counts - 1)).sum(axis=1) / (raters * (raters - 1))).mean())
    expected = float(np.square(counts.sum(axis=0) / counts.sum()).sum())
    return None if math.isclose(expected, 1.0) else (observed - expected) / (1 - expected)


def _table(ratings: ArrayLike) -> Floats:
    table = floats(ratings)
    if table.ndim != 2 or table.size < 1 or np.isnan(table).all():
        raise ValueError(f"found ratings of shape {table.shape}, expected units by raters with at least one number")
    return table


def _coincidences(table: Floats, values: Floats) -> Floats:
    """Return each unit's matrix of coincidences, flattened: how often two of its ratings are this and that value."""
    counts = (table[:, :, None] == values).sum(axis=1).astype(np.float64)
    rated = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(values.size)
    weights = np.divide(1.0, rated - 1, out=np.zeros(rated.size), where=rated > 1)
    return np.asarray((pairs * weights[:, None, None]).reshape(table.shape[0], -1))


def _varies(rows: Floats, values: int) -> bool:
    named = rows.sum(axis=0).reshape(values, values).sum(axis=1)
    return bool((named > 0).sum() > 1)


def _alpha(values: Floats, level: Level) -> Statistic:
    size = values.size

    def statistic(totals: Floats) -> Floats:
        matrix = totals.reshape(*totals.shape[:-1], size, size)
        named = matrix.sum(axis=-1)
        n = named.sum(axis=-1)
        apart = _distances(values, named, level)
        observed = (matrix * apart).sum(axis=(-2, -1)) / n
        expected = (named[..., :, None] * named[..., None, :] * apart).sum(axis=(-2, -1)) / (n * (n - 1))
        return np.where(expected > 0, 1 - quotient(observed, expected), 0.0)

    return statistic


def _distances(values: Floats, named: Floats, level: Level) -> Floats:
    """Return the squared distances of the values, shape (values, values); ordinal ones for each of `named`."""
    if level == "nominal":
        return 1 - np.eye(values.size)
    if level == "interval":
        return np.square(values[:, None] - values)
    # Ratings up to and including the one, less half of either's own.
    middle = np.cumsum(named, axis=-1) - named / 2
    return np.asarray(np.square(middle[..., :, None] - middle[..., None, :]))
