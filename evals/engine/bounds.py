"""Confidence bounds with a closed form or found by bisection, by the standard library alone.

Pages that plan an evaluation and processes that judge one use these same functions, so what a plan was said to decide
is what the verdict decides. Every bound is one-sided at level `alpha`. A number of cases need not be whole: clustered
or weighted cases are worth fewer than there are.
"""

import math
from statistics import NormalDist

_STEPS = 80
"""Halvings of an interval no longer than 2: more than a float can tell apart."""


def normal_quantile(share: float) -> float:
    """Return the value that a standard normal variable stays below with probability `share`, within (0, 1)."""
    return NormalDist().inv_cdf(share)


def wilson_low(share: float, n: float, alpha: float) -> float:
    """Return Wilson's lower bound for a share observed on `n` cases.

    It solves (share - bound)² = z² bound (1 - bound) / n. Source: E. B. Wilson, "Probable inference, the law of
    succession, and statistical inference", JASA 22 (1927) 209-212; without continuity correction.
    """
    z2 = normal_quantile(1 - alpha) ** 2
    spread = math.sqrt(z2 * share * (1 - share) / n + (z2 / (2 * n)) ** 2)
    return min(share, max(0.0, (share + z2 / (2 * n) - spread) / (1 + z2 / n)))


def wilson_high(share: float, n: float, alpha: float) -> float:
    """Return Wilson's upper bound for a share observed on `n` cases; see `wilson_low`."""
    return 1 - wilson_low(1 - share, n, alpha)


def binomial_below(successes: int, n: int, share: float) -> float:
    """Return the probability of at most `successes` successes in `n` independent trials of probability `share`."""
    if successes < 0:
        return 0.0
    if successes >= n or share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    if successes + 1 > n * share + share:
        return 1 - _tail(successes + 1, n, share, 1)
    return _tail(successes, n, share, -1)


def binomial_at_least(successes: int, n: int, share: float) -> float:
    """Return the probability of at least `successes` successes in `n` independent trials of probability `share`."""
    return binomial_below(n - successes, n, 1 - share)


def binomial_point(successes: int, n: int, share: float) -> float:
    """Return the probability of exactly `successes` successes in `n` independent trials of probability `share`."""
    if not 0 < share < 1:
        return float(successes == (n if share >= 1 else 0))
    ways = math.lgamma(n + 1) - math.lgamma(successes + 1) - math.lgamma(n - successes + 1)
    return math.exp(ways + successes * math.log(share) + (n - successes) * math.log1p(-share))


def _tail(start: int, n: int, share: float, step: int) -> float:
    """Return the sum of the binomial probabilities of start, start + step, … away from the mode, where they shrink."""
    term = total = binomial_point(start, n, share)
    odds = share / (1 - share)
    k = start
    while 0 <= k + step <= n and term > total * 1e-18:
        term *= (n - k) / (k + 1) * odds if step > 0 else k / (n - k + 1) / odds
        total += term
        k += step
    return total


def exact_low(successes: int, n: int, alpha: float) -> float:
    """Return the exact lower bound: the share with which `successes` or more of `n` have probability `alpha`.

    Source: C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the
    binomial", Biometrika 26 (1934) 404-413.
    """
    if successes == 0:
        return 0.0
    if successes == n:
        return math.pow(alpha, 1 / n)
    low, high = 0.0, successes / n
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if binomial_at_least(successes, n, middle) < alpha else (low, middle)
    return low


def exact_high(successes: int, n: int, alpha: float) -> float:
    """Return the exact upper bound for the share `successes / n`; see `exact_low`. 1 - alpha^(1/n) for none."""
    return 1 - exact_low(n - successes, n, alpha)


def tango_score(gained: float, lost: float, n: float, difference: float) -> float:
    """Return the score statistic of a paired difference: (gained - lost - n d) / sqrt(n (2 q + d (1 - d))).

    q is the maximum-likelihood probability of a lost case given the difference d. The statistic falls as d rises.
    Source: T. Tango, "Equivalence test and confidence interval for the difference in proportions for the
    paired-sample design", Statistics in Medicine 17 (1998) 891-908.
    """
    linear = (2 * n - gained + lost) * difference - gained - lost
    constant = -lost * difference * (1 - difference)
    lost_share = (math.sqrt(max(linear * linear - 8 * n * constant, 0.0)) - linear) / (4 * n)
    variance = n * (2 * lost_share + difference * (1 - difference))
    excess = gained - lost - n * difference
    if variance <= 0:
        return math.copysign(math.inf, excess) if excess else 0.0
    return excess / math.sqrt(variance)


def tango_low(gained: float, lost: float, n: float, alpha: float) -> float:
    """Return the lower bound of the paired difference (gained - lost) / n: where the score equals the quantile."""
    z = normal_quantile(1 - alpha)
    low, high = -1.0, (gained - lost) / n
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if tango_score(gained, lost, n, middle) > z else (low, middle)
    return low


def tango_high(gained: float, lost: float, n: float, alpha: float) -> float:
    """Return the upper bound of the paired difference (gained - lost) / n; see `tango_low`."""
    return -tango_low(lost, gained, n, alpha)
