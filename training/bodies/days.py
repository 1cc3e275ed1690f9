"""Days in documents, and those that can stand in the life of a model."""

from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator

FIRST: Final = date(2000, 1, 1)
LAST: Final = date(2059, 12, 31)
"""No model ended before or has an end after: such a day stands for "not known" in somebody's table."""
WORDS: Final = f"one from {FIRST} to {LAST}, or none"


def possible(day: date) -> bool:
    """Return whether a model can have been announced, withdrawn or retired on that day."""
    return FIRST <= day <= LAST


def _date(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError(f"found {text!r}, expected a date such as 2027-03-31")
    return text


def _of_a_life(text: str) -> str:
    if not possible(date.fromisoformat(_date(text))):
        raise ValueError(f"found the day {text}, expected {WORDS}")
    return text


Date = Annotated[str, AfterValidator(_date)]
LifeDate = Annotated[str, AfterValidator(_of_a_life)]
"""A day in the life of a model; others stand for "not known" in somebody's table."""
