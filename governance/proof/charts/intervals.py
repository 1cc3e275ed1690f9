"""A measure with its bounds, and how shares and their differences read."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from governance.proof.words.printed import plain

MINUS = "\N{MINUS SIGN}"
_TENTH = Decimal("0.001")  # of a per cent, as a share


@dataclass(frozen=True, slots=True)
class Interval:
    """What was measured, with the bounds of its confidence interval."""

    value: Decimal
    low: Decimal
    high: Decimal

    def told(self) -> "Interval":
        """Return it as it is told in words, to a tenth of a per cent; see `charts.said`.

        Bounds are rounded outwards: one that misses a limit never reads as if it reached it.
        """
        return Interval(told(self.value), told(self.low, ROUND_FLOOR), told(self.high, ROUND_CEILING))


def told(share: Decimal, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """Return a proportion or a difference as it is told in words."""
    return share.quantize(_TENTH, rounding=rounding)


def percent(share: Decimal) -> str:
    """A proportion as per cent with one decimal: ``58.3 %``."""
    return f"{share * 100:.1f} %"


def percent_exactly(share: Decimal) -> str:
    """A proportion as per cent with all its decimals, one at least: ``89.96 %``. Limits are told so."""
    return f"{_exactly(share)} %"


def points_exactly(difference: Decimal) -> str:
    """A difference of proportions in points with its sign and all its decimals, one at least: ``+1.25 points``."""
    shown = _exactly(difference)
    return f"{shown.replace('-', MINUS) if difference <= 0 else f'+{shown}'} points"


def points(difference: Decimal) -> str:
    """A difference of proportions in points with its sign: ``+54.0 points``."""
    return f"{signed(difference)} points"


def signed(difference: Decimal) -> str:
    """The same without its unit. A real minus, which a reader cannot take for a dash: ``−3.1``."""
    shown = f"{difference * 100:+.1f}"
    return shown.replace("-", MINUS) if shown not in ("+0.0", "-0.0") else "0.0"


def _exactly(share: Decimal) -> str:
    shown = plain(share * 100)
    return shown if "." in shown else f"{shown}.0"
