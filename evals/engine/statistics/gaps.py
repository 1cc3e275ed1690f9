"""Gaps between subgroups: how far apart a figure lies in different slices that share no case."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from evals.engine.statistics.estimates import Estimate

MOVER = "square-and-add (Newcombe; MOVER)"


def gap(first: Estimate, second: Estimate) -> Estimate:
    """Return `first` minus `second`, estimates from different cases, with bounds at the level of theirs.

    For shares with Wilson's bounds this is the hybrid score interval: R. G. Newcombe, "Interval estimation for the
    difference between independent proportions: comparison of eleven methods", Statistics in Medicine 17 (1998)
    873-890, method 10. For other estimates: G. Y. Zou and A. Donner, "Construction of confidence limits about effect
    measures: a general approach", Statistics in Medicine 27 (2008) 1693-1702.
    """
    value = first.value - second.value
    return Estimate(value, _low(first, second), _negated(_low(second, first)), min(first.n, second.n), MOVER)


@dataclass(frozen=True)
class WidestGap:
    """The largest gap among groups: the pair observed farthest apart, and bounds for the largest true gap."""

    first: str
    second: str
    estimate: Estimate
    words: str


Ranges = Mapping[str, Sequence[Estimate]]
"""By group all that its estimate may be: one, or those at the worst and the best that missing answers can have been."""


def widest_gap(groups: Ranges, corrected: Ranges, alpha: float) -> WidestGap:
    """Return the largest absolute gap between any two of at least two groups.

    `groups` are estimates at level `alpha`, `corrected` the same at `alpha` divided by `comparisons`. The figure is
    that of the first estimates; the bounds hold whichever of a group's estimates is right.

    The upper bound is the largest of the pairs' own. To call all gaps small every pair must be shown to be small, so no
    correction is due: R. L. Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24
    (1982) 295-300. The lower bound says that some gap is large; it takes the best of many tries, so each is held to
    alpha divided by their number (Bonferroni).

    Raises:
        ValueError: there are fewer than two groups, or the two mappings name different ones.
    """
    if len(groups) < 2 or groups.keys() != corrected.keys():
        raise ValueError(f"found the groups {sorted(groups)} and {sorted(corrected)}, expected the same two or more")
    first = {name: those[0] for name, those in groups.items()}
    pairs = list(combinations(sorted(groups), 2))
    widest = max(pairs, key=lambda pair: abs(first[pair[0]].value - first[pair[1]].value))
    # Each pair in both directions: all that the gap between them may be.
    ways = [*pairs, *((b, a) for a, b in pairs)]
    highs = [gap(x, y).high for a, b in ways for x, y in product(groups[a], groups[b])]
    lows = [_least(gap(x, y).low for x, y in product(corrected[a], corrected[b])) for a, b in ways]
    value = abs(first[widest[0]].value - first[widest[1]].value)
    estimate = Estimate(
        value,
        max(0.0, *(bound for bound in lows if bound is not None)) if None not in lows else None,
        max(bound for bound in highs if bound is not None) if None not in highs else None,
        min(one.n for one in first.values()),
        MOVER,
    )
    words = (
        f"{len(groups)} groups, {len(pairs)} pairs: every pair is within the upper bound with {1 - alpha:.4g} "
        f"confidence; the lower bound is corrected for {comparisons(len(groups))} comparisons"
    )
    return WidestGap(*widest, estimate, words)


def comparisons(groups: int) -> int:
    """Return how many differences there are between `groups` groups, each pair in both directions."""
    return groups * (groups - 1)


def _low(first: Estimate, second: Estimate) -> float | None:
    if first.low is None or second.high is None:
        return None
    return first.value - second.value - math.hypot(first.value - first.low, second.high - second.value)


def _least(bounds: Iterable[float | None]) -> float | None:
    found = list(bounds)
    return min(bound for bound in found if bound is not None) if None not in found else None


def _negated(bound: float | None) -> float | None:
    return None if bound is None else -bound
