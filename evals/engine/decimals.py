"""Figures as decimal text: the one place where a float becomes what is signed and compared."""

from decimal import Decimal

_PLACES = Decimal("0.000001")


def text(value: float, rounding: str) -> str:
    """Return `value` with six decimals, rounded as the `decimal` module's `rounding` says; never "-0.000000"."""
    # Ten decimals first: the noise of binary fractions must not push an exact bound over to the next millionth.
    return f"{Decimal(f'{value:.10f}').quantize(_PLACES, rounding=rounding) + 0:f}"
