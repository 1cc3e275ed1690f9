"""How likely each verdict is if a stated value were true: by the very bounds that verdicts use.

Independent cases are counted exactly, by the binomial distribution. Clustered and weighted cases count as that many
independent ones as they are worth, rounded down.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist

from evals.engine.bounds import (
    binomial_at_least,
    binomial_below,
    binomial_point,
    normal_quantile,
    tango_score,
    wilson_high,
    wilson_low,
)

_NEGLIGIBLE = 7.0
"""Standard deviations beyond which a count of discordant pairs is not looked at."""
_MANY_PAIRS = 400
"""From so many expected discordant pairs on the normal approximation is as good as the sum."""


@dataclass(frozen=True)
class Outcome:
    """The probabilities of the three verdicts; they sum to 1."""

    passes: float
    fails: float

    @property
    def inconclusive(self) -> float:
        """The probability of INCONCLUSIVE."""
        return max(0.0, 1 - self.passes - self.fails)


def share_at_least(limit: float, true: float, n: int, alpha: float) -> Outcome:
    """Return the verdicts on "the share is at least `limit`" by Wilson's bounds on `n` cases, if it is `true`."""
    passing = _first(n, lambda k: wilson_low(k / n, n, alpha) >= limit)
    failing = _first(n, lambda k: wilson_high(k / n, n, alpha) >= limit) - 1
    return Outcome(binomial_at_least(passing, n, true), binomial_below(failing, n, true))


def quantile_at_most(q: float, within: float, n: int, alpha: float) -> Outcome:
    """Return the verdicts on "the `q` quantile is at most a limit" by order statistics, if `within` are at or below it.

    It passes when so many of `n` values are at or below the limit that the bounding order statistic is among them.
    """
    needed = _first(n, lambda k: binomial_below(k - 1, n, q) >= 1 - alpha)
    surely_less = _first(n, lambda k: binomial_below(k, n, q) > alpha) - 1
    passes = binomial_at_least(needed, n, within) if needed <= n else 0.0
    return Outcome(passes, binomial_below(surely_less, n, within))


def no_failure(rate: float, n: int, enough: bool) -> Outcome:
    """Return the verdicts of zero tolerance on `n` cases failing at `rate`; `enough` if they exclude the limit."""
    clean = (1 - rate) ** n
    return Outcome(clean if enough else 0.0, 1 - clean)


def difference_at_least(limit: float, gained: float, lost: float, n: int, alpha: float) -> Outcome:
    """Return the verdicts on "candidate minus baseline is at least `limit`" by Tango's bounds on `n` pairs.

    `gained` and `lost` are the true shares of pairs that only the candidate, and only the baseline, gets right. The
    lower bound reaches the limit where the score at the limit reaches the normal quantile, so no bound need be solved.
    Where hundreds of discordant pairs are expected the normal approximation serves.
    """
    z = normal_quantile(1 - alpha)
    discordant = gained + lost
    if n * discordant > _MANY_PAIRS:
        return normally(gained - lost - limit, math.sqrt((discordant - (gained - lost) ** 2) / n), alpha)
    if discordant <= 0:
        return Outcome(float(tango_score(0, 0, n, limit) >= z), float(tango_score(0, 0, n, limit) < -z))
    spread = _NEGLIGIBLE * math.sqrt(n * discordant * (1 - discordant)) + 10
    lowest, highest = max(0, int(n * discordant - spread)), min(n, math.ceil(n * discordant + spread))
    passes = fails = 0.0
    for pairs in range(lowest, highest + 1):
        chance = binomial_point(pairs, n, discordant)
        if chance < 1e-15:
            continue
        passing = _first(pairs, partial(_scored, pairs, n, limit, z))
        failing = _first(pairs, partial(_scored, pairs, n, limit, -z)) - 1
        passes += chance * binomial_at_least(passing, pairs, gained / discordant)
        fails += chance * binomial_below(failing, pairs, gained / discordant)
    return Outcome(min(1.0, passes), min(1.0, fails))


def normally(distance: float, error: float, alpha: float) -> Outcome:
    """Return the verdicts where an estimate is normal, `distance` above the limit in truth, with standard `error`."""
    z = normal_quantile(1 - alpha)
    if error <= 0:
        return Outcome(float(distance >= 0), float(distance < 0))
    return Outcome(NormalDist().cdf(distance / error - z), NormalDist().cdf(-distance / error - z))


def _scored(pairs: int, n: int, limit: float, least: float, gained: int) -> bool:
    return tango_score(gained, pairs - gained, n, limit) >= least


def _first(n: int, holds: Callable[[int], bool]) -> int:
    """Return the first of 0..n for which `holds`, which stays true from there on; n + 1 if there is none."""
    low, high = 0, n + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
