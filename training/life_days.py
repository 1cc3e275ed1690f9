"""The days that can stand in the life of a model. Pure."""

from datetime import date
from typing import Final

FIRST: Final = date(2000, 1, 1)
LAST: Final = date(2059, 12, 31)
"""No model ended before or has an end after: such a day stands for "not known" in somebody's table."""
WORDS: Final = f"one from {FIRST} to {LAST}, or none"


def possible(day: date) -> bool:
    """Return whether a model can have been announced, withdrawn or retired on that day."""
    return FIRST <= day <= LAST
