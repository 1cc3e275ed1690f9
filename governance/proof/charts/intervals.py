"""A measure with its bounds, and how shares and their differences read."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Interval:
    """What was measured, with the bounds of its confidence interval."""

    value: Decimal
    low: Decimal
    high: Decimal

    def told(self) -> "Interval":
        """Return it as it is told in words, to a tenth of a per cent; see `charts.said`."""
        return Interval(told(self.value), told(self.low), told(self.high))


def told(share: Decimal) -> Decimal:
    """Return a proportion or a difference as it is told in words."""
    return Decimal(f"{share * 100:.1f}") / 100


def percent(share: Decimal) -> str:
    """A proportion as per cent with one decimal: ``58.3 %``."""
    return f"{share * 100:.1f} %"


def points(difference: Decimal) -> str:
    """A difference of proportions in points with its sign: ``+54.0 points``."""
    return f"{signed(difference)} points"


def signed(difference: Decimal) -> str:
    """The same without its unit. A real minus, which a reader cannot take for a dash: ``−3.1``."""
    shown = f"{difference * 100:+.1f}"
    return shown.replace("-", "\N{MINUS SIGN}") if shown not in ("+0.0", "-0.0") else "0.0"
