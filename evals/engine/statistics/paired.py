"""Differences of two shares measured on the same cases: candidate minus baseline."""

import numpy as np
from numpy.typing import ArrayLike

from evals.engine.bounds import tango_high, tango_low
from evals.engine.statistics.clusters import Design
from evals.engine.statistics.estimates import Estimate, Floats, floats, numbered, weighted

TANGO = "Tango score bound, paired"


def tango(gained: int, lost: int, n: int, alpha: float) -> Estimate:
    """Return the paired difference `(gained - lost) / n` with Tango's score bounds (`evals.engine.bounds`).

    `gained` counts cases that only the candidate got right, `lost` those that only the baseline did.

    Raises:
        ValueError: n is not positive, a count is negative, or there are more discordant pairs than pairs.
    """
    if n < 1 or gained < 0 or lost < 0 or gained + lost > n:
        raise ValueError(f"found {gained} gained and {lost} lost of {n} pairs, expected counts that fit in n")
    return Estimate(
        (gained - lost) / n, tango_low(gained, lost, n, alpha), tango_high(gained, lost, n, alpha), n, TANGO
    )


def share_difference(
    candidate: ArrayLike,
    baseline: ArrayLike,
    alpha: float,
    *,
    clusters: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> Estimate:
    """Return the share right of `candidate` minus that of `baseline`, both of shape (n,) over the same cases.

    Tango's bounds; with `clusters` or `weights` at the effective number of pairs: the number of independent pairs whose
    difference would vary as much as the observed difference does by `cluster_variance`. It is at most the number that
    the weights leave. Where no pair is discordant nothing shows how clusters vary: each then counts as one pair.

    Raises:
        ValueError: there is no case, or baseline, clusters or weights do not fit the cases.
    """
    better, worse = np.asarray(candidate, dtype=bool), np.asarray(baseline, dtype=bool)
    if better.shape != worse.shape or better.size < 1:
        raise ValueError(f"found {better.size} and {worse.size} answers, expected as many of either and at least one")
    gain, loss = better & ~worse, worse & ~better
    n = better.size
    if clusters is None and weights is None:
        return tango(int(gain.sum()), int(loss.sum()), n, alpha)
    weight = weighted(weights, n)
    design = Design.of(numbered(clusters, n), weight)
    gained, lost = (float(weight[chosen].sum() / weight.sum()) for chosen in (gain, loss))
    effective = _effective(gain, loss, weight, design)
    low = tango_low(gained * effective, lost * effective, effective, alpha)
    high = tango_high(gained * effective, lost * effective, effective, alpha)
    return Estimate(gained - lost, low, high, n, design.words(TANGO), effective)


def cluster_variance(differences: Floats, sizes: Floats, centre: float) -> float:
    """Return the variance of sum(differences) / sum(sizes), both given per cluster: K/(K-1) Σ (d - m centre)² / (Σ m)².

    Source: N. A. Obuchowski, "On the comparison of correlated proportions for clustered data", Statistics in Medicine
    17 (1998) 1495-1507 (`centre` 0, the difference under the null hypothesis); Z. Yang, X. Sun and J. W. Hardin, "A
    note on the tests for clustered matched-pair binary data", Biometrical Journal 52 (2010) 638-652, average it with
    the one at the observed difference. At least two clusters.
    """
    k = sizes.size
    return float(k / (k - 1) * np.square(differences - sizes * centre).sum() / sizes.sum() ** 2)


def _effective(gain: np.ndarray, loss: np.ndarray, weight: Floats, design: Design) -> float:
    most, least = float(design.worth(0.0)), float(design.worth(1.0))
    signs = gain.astype(np.float64) - loss
    total = weight.sum()
    value = float((signs * weight).sum() / total)
    spread = float((np.abs(signs) * weight).sum() / total) - value**2
    if spread <= 0 or design.sizes.size < 2:
        return least
    if not design.clustered:
        return most
    varies = cluster_variance(
        floats(np.bincount(design.clusters, signs * weight)), floats(np.bincount(design.clusters, weight)), value
    )
    return most if varies <= spread / most else spread / varies
