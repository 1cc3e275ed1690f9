"""How many cases a claim needs."""

import math

from evals.engine.bounds import normal_quantile


def cases_needed_absolute(limit: float, expected: float, alpha: float, power: float) -> int:
    """Return how many cases show a share above `limit` with `power`, if the true share is `expected`.

    Normal approximation of the score test; J. L. Fleiss, B. Levin and M. C. Paik, "Statistical Methods for Rates and
    Proportions", 3rd ed. (2003), section 2.4.

    Raises:
        ValueError: `expected` is not above `limit`; no number of cases would do.
    """
    if not 0 <= limit < expected <= 1:
        raise ValueError(f"expected share {expected} is not above the limit {limit}; no number of cases can show it")
    spread = normal_quantile(1 - alpha) * math.sqrt(limit * (1 - limit)) + normal_quantile(power) * math.sqrt(
        expected * (1 - expected)
    )
    return max(1, math.ceil((spread / (expected - limit)) ** 2))


def cases_needed_non_inferiority(margin: float, discordant: float, alpha: float, power: float) -> int:
    """Return how many pairs show "no worse than minus `margin`" with `power`, if both are equally good in truth.

    `discordant` is the share of cases that exactly one of the two gets right. Normal approximation; J. Nam,
    "Establishing equivalence of two treatments and sample size requirements in matched-pairs design", Biometrics 53
    (1997) 1422-1430.

    Raises:
        ValueError: `margin` or `discordant` is not above 0.
    """
    if margin <= 0 or discordant <= 0:
        raise ValueError(f"found margin {margin} and discordant share {discordant}, expected both above 0")
    spread = normal_quantile(1 - alpha) + normal_quantile(power)
    return max(1, math.ceil(spread**2 * discordant / margin**2))


def cases_needed_zero_tolerance(limit: float, alpha: float) -> int:
    """Return how many cases without a failure show that at most `limit` of all would fail: ln alpha / ln(1 - limit).

    The exact bound for no failure among n is 1 - alpha^(1/n); see `evals.engine.bounds.exact_high`.

    Raises:
        ValueError: `limit` is not within (0, 1).
    """
    if not 0 < limit < 1:
        raise ValueError(f"found the limit {limit}, expected a share above 0 and below 1; 0 itself cannot be shown")
    return math.ceil(math.log(alpha) / math.log1p(-limit) - 1e-9)


def cases_needed_quantile(q: float, alpha: float) -> int:
    """Return how many values the `q` quantile needs for an upper bound: the largest is one once q^n <= alpha."""
    return math.ceil(math.log(alpha) / math.log(q) - 1e-9)
