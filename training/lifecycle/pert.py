"""How long something takes that people estimated with three points: lowest, likeliest, highest.

Source: D. G. Malcolm, J. H. Roseboom, C. E. Clark and W. Fazar, "Application of a technique for research and
development program evaluation", Operations Research 7 (1959) 646-669: a beta distribution between lowest a and highest
b with its mode at m and mean (a + 4m + b) / 6. Mode and mean together leave one such distribution, with exponents
4 (m - a) / (b - a) and 4 (b - m) / (b - a).
"""

from functools import lru_cache
from itertools import accumulate

from training.lifecycle.lengths import Lengths

STEPS = 1_000
"""Into so many equally likely steps the distribution is cut; each counts with its upper end."""
CELLS = 4_000
"""Into so many cells the range is cut to sum the density."""


def mean(low: float, likely: float, high: float) -> float:
    """Return the mean of the estimate, in days."""
    return (low + 4 * likely + high) / 6


@lru_cache(maxsize=256)
def lengths(low: float, likely: float, high: float) -> Lengths:
    """Return the distribution of the estimate in `STEPS` steps, rounded up to the end of each.

    Raises:
        ValueError: not low <= likely <= high.
    """
    if not low <= likely <= high:
        raise ValueError(f"found {low}, {likely}, {high}, expected low <= likely <= high")
    if low == high:
        return Lengths((low,), (1.0,), low)
    below, above = 4 * (likely - low) / (high - low), 4 * (high - likely) / (high - low)
    middles = [(cell + 0.5) / CELLS for cell in range(CELLS)]  # at the ends an exponent close to 0 makes a jump
    reached = list(accumulate((middle**below * (1 - middle) ** above for middle in middles), initial=0.0))
    days, cell = [], 0
    for step in range(1, STEPS):
        sought = reached[-1] * step / STEPS
        while reached[cell + 1] < sought:
            cell += 1
        within = (sought - reached[cell]) / (reached[cell + 1] - reached[cell])
        days.append(low + (high - low) * (cell + within) / CELLS)
    return Lengths((*days, high), tuple(step / STEPS for step in range(1, STEPS + 1)), high)
