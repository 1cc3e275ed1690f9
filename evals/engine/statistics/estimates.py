"""What every estimator returns, and the arrays that they take."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Codes = NDArray[np.int64]
"""Label or cluster numbers, one per case."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A point estimate with its lower and upper one-sided bounds; the bounds are None where there are none.

    `n` counts cases; `effective` is the number of independent, equally weighted cases that would say as much, None
    where that is `n` itself or is not asked.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    method: str
    effective: float | None = None


def floats(values: ArrayLike) -> Floats:
    """Return `values` as an array of floats."""
    return np.asarray(values, dtype=np.float64)


def numbered(clusters: ArrayLike | None, n: int) -> Codes:
    """Return the clusters as numbers from 0 up, a cluster of its own for each case if there are none.

    Raises:
        ValueError: not one cluster per case.
    """
    if clusters is None:
        return np.arange(n, dtype=np.int64)
    codes = np.unique(np.asarray(clusters), return_inverse=True)[1].astype(np.int64)
    if codes.shape != (n,):
        raise ValueError(f"found clusters of shape {codes.shape}, expected one for each of {n} cases")
    return codes


def weighted(weights: ArrayLike | None, n: int) -> Floats:
    """Return the weights of the cases, 1 each if there are none.

    Raises:
        ValueError: not one weight above 0 per case.
    """
    if weights is None:
        return np.ones(n)
    found = floats(weights)
    if found.shape != (n,) or not (np.isfinite(found).all() and (found > 0).all()):
        raise ValueError(f"found weights {found}, expected one finite weight above 0 for each of {n} cases")
    return found
