"""The distribution of a length of time, in steps: what a survival curve and a three-point estimate have in common."""

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from random import Random

ROUNDING = 1e-12
"""How far a sum of shares may miss a share that it reaches; shares themselves are multiples of far larger steps."""


@dataclass(frozen=True)
class Lengths:
    """A share `reached[i]` lasts at most `days[i]`; both ascend. What is left after the last is unbounded: nobody has
    seen how long it lasts, only that some lasted `longest` days, so it lasts at least that.

    Raises:
        ValueError: the steps are not as described.
    """

    days: tuple[float, ...]
    reached: tuple[float, ...]
    longest: float

    def __post_init__(self) -> None:
        ascending = all(a <= b for steps in (self.days, self.reached) for a, b in pairwise(steps))
        within = all(0 < share <= 1 + ROUNDING for share in self.reached)
        if (
            len(self.days) != len(self.reached)
            or not (ascending and within)
            or self.longest < max(self.days, default=0)
        ):
            raise ValueError("found steps out of order, expected ascending days and shares, none above `longest` and 1")

    @property
    def bounded(self) -> bool:
        """Whether everything was seen to end."""
        return bool(self.reached) and self.reached[-1] >= 1 - ROUNDING

    def quantile(self, share: float) -> float:
        """Return the least days within which that share ends; infinite where so many were never seen to end."""
        step = bisect_left(self.reached, share - ROUNDING)
        return self.days[step] if step < len(self.days) else math.inf

    @cached_property
    def _even(self) -> bool:
        """Whether every step is as likely as any other."""
        steps = len(self.days)
        return self.bounded and all(
            abs(share - place / steps) < ROUNDING for place, share in enumerate(self.reached, start=1)
        )

    def draw(self, random: Random, runs: int) -> list[float]:
        """Return `runs` draws, infinite ones included; each takes one number of `random`, whatever the steps are.

        So two distributions drawn from equal generators give draws that are ordered as their quantiles are.
        """
        if self._even:
            return random.choices(self.days, k=runs)  # the same draws, in a third of the time
        if self.bounded:
            return random.choices(self.days, cum_weights=(*self.reached[:-1], 1.0), k=runs)
        return random.choices((*self.days, math.inf), cum_weights=(*self.reached, 1.0), k=runs)


def longer(first: Lengths, second: Lengths) -> Lengths:
    """Return the lengths whose every quantile is the greater of both; where `second` is unbounded, its longest counts.

    Raises:
        ValueError: `first` is unbounded.
    """
    if not first.bounded:
        raise ValueError("found an unbounded distribution, expected a bounded one")
    shares = sorted({*first.reached, *second.reached})
    days = []
    for share in shares:
        other = second.quantile(share)
        days.append(max(first.quantile(share), second.longest if math.isinf(other) else other))
    return Lengths(tuple(days), tuple(shares), max(first.longest, second.longest))


def quantile(ascending: list[float], share: float) -> float:
    """Return the least of `ascending` values that a `share` of them does not exceed.

    Raises:
        IndexError: there is none.
    """
    return ascending[max(0, math.ceil(share * len(ascending) - ROUNDING * len(ascending)) - 1)]
