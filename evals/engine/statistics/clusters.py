"""What clustered and weighted cases are worth: the effective number of cases.

The variance of a weighted sum of outcomes of variance v, correlated by r within clusters, is
v (Σ w² + r (Σ W² - Σ w²)), with w the weights of cases and W those of clusters. So the cases are worth
(Σ w)² / (Σ w² + r (Σ W² - Σ w²)) independent ones of equal weight. For r = 0 that is Kish's effective sample size
(L. Kish, "Survey Sampling", Wiley 1965, section 11.7); for equal weights it is n over the design effect of A. Donner,
"A review of inference procedures for the intraclass correlation coefficient in the one-way random effects model",
International Statistical Review 54 (1986) 67-82, and the interval is the Wilson-based one of K. K. Saha, D. Miller and
S. Wang, "A comparison of some approximate confidence intervals for a single proportion for clustered binary outcome
data", International Journal of Biostatistics 12 (2016) 1-18.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.engine.statistics.estimates import Codes, Floats


@dataclass(frozen=True)
class Design:
    """How the cases are clustered and weighted: known before anything is measured."""

    clusters: Codes
    sizes: Floats
    weights: float
    squares: float
    cluster_squares: float
    equal_weights: bool

    @classmethod
    def of(cls, clusters: Codes, weight: Floats) -> "Design":
        """Return the design of cases with `clusters` numbered from 0 and a `weight` each, both of shape (n,)."""
        return cls(
            clusters=clusters,
            sizes=np.bincount(clusters).astype(np.float64),
            weights=float(weight.sum()),
            squares=float(np.square(weight).sum()),
            cluster_squares=float(np.square(np.bincount(clusters, weight)).sum()),
            equal_weights=bool((weight == weight[0]).all()),
        )

    @property
    def clustered(self) -> bool:
        """Whether any two cases share a cluster."""
        return self.sizes.size < self.clusters.size

    def worth(self, correlation: float | Floats) -> Floats:
        """Return the effective number of cases at that correlation within clusters, 0..1; at most the cases."""
        shared = max(self.cluster_squares - self.squares, 0.0)
        return np.asarray(self.weights**2 / (self.squares + np.asarray(correlation) * shared), dtype=np.float64)

    def effective(self, right: NDArray[np.bool_]) -> float:
        """Return the effective number of cases at the correlation estimated from these outcomes."""
        return float(self.worth(self._correlations(right)[0]))

    def smallest_effective(self, right: NDArray[np.bool_]) -> Floats:
        """Return the effective number of cases at the largest correlation that 0, 1, 2, … more right answers allow.

        The estimate rises with Σ x²/m over clusters with x of m right. For a given total that sum is largest where the
        clusters that miss the smallest part are filled first; filling them by fractions bounds it from above.
        """
        return self.worth(self._correlations(right))

    def words(self, method: str) -> str:
        """Return `method` with what was allowed for."""
        allowed = []
        if self.clustered:
            allowed.append(f"{self.sizes.size} clusters")
        if not self.equal_weights:
            allowed.append("weights")
        return f"{method} at the effective number of cases ({' and '.join(allowed)})" if allowed else method

    def _correlations(self, right: NDArray[np.bool_]) -> Floats:
        x = np.bincount(self.clusters, right, minlength=self.sizes.size)
        missing = self.sizes - x
        part = missing / self.sizes
        order = np.argsort(part, kind="stable")
        further = np.arange(int(missing.sum()) + 1, dtype=np.float64)
        filled = np.concatenate([[0.0], np.cumsum(missing[order])])
        # Filling a cluster raises x²/m by (2 - missing/m) for each of its missing answers.
        risen = np.concatenate([[0.0], np.cumsum(missing[order] * (2 - part[order]))])
        total = x.sum() + further
        within = np.minimum(np.square(x / np.sqrt(self.sizes)).sum() + np.interp(further, filled, risen), total)
        return intraclass_correlation(total, within, self.sizes)


def intraclass_correlation(total: Floats, within: Floats, sizes: Floats) -> Floats:
    """Return the analysis-of-variance estimate of the correlation within clusters, held to 0..1.

    `total` counts right answers, `within` is Σ x²/m over clusters with x of m right; both may be arrays of cases to
    compare. Where all answers agree, or there is one cluster, nothing can be estimated and the worst is assumed: 1.
    """
    n, clusters = sizes.sum(), sizes.size
    if clusters == n:
        return np.zeros(np.shape(total))
    if clusters < 2:
        return np.ones(np.shape(total))
    between_mean = (within - np.square(total) / n) / (clusters - 1)
    within_mean = (total - within) / (n - clusters)
    typical = (n - np.square(sizes).sum() / n) / (clusters - 1)
    spread = between_mean + (typical - 1) * within_mean
    same = (total <= 0) | (total >= n) | (spread <= 0)
    estimate = np.divide(between_mean - within_mean, spread, out=np.ones(np.shape(total)), where=~same)
    return np.asarray(np.clip(estimate, 0.0, 1.0), dtype=np.float64)
