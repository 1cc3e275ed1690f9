"""Recorded sessions with a model, as far as the ledger's entries tell of them: exchanges and how people graded them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from governance.proof.formats.leaf import EXCHANGE_GRADED, MESSAGE_SENT, Leaf

PURPOSE: Final = "converse"
"""the purpose of the job of a session"""
CRITICAL: Final = "critical"
SEVERITIES: Final = ("none", "low", "medium", "high", CRITICAL)
"""how severe an answer can be graded, the gravest last"""
ROW_GONE, ROW_ALTERED, ANSWER_ALTERED, GRADE_ALTERED = FAULTS = (
    "its row is gone",
    "its row is not what the ledger tells",
    "the row of its answer is gone or is not what the ledger tells",
    "the row of a grade is gone or is not what the ledger tells",
)
"""what can be wrong with what the tables hold of an exchange"""


@dataclass(frozen=True)
class Graded:
    """An exchange by its number, with the severest among the newest grades of each grader; "": nobody graded it."""

    number: int
    worst: str


def exchanges(story: Iterable[Leaf]) -> list[Graded]:
    """Return the exchanges of a session by number, of the entries about its job in ledger order."""
    numbers: dict[str, int] = {}
    grades: dict[str, dict[str, str]] = {}
    for leaf in story:
        which = str(leaf.data.get("exchange", ""))
        if leaf.event == MESSAGE_SENT:
            numbers[which] = int(leaf.data["number"])
        elif leaf.event == EXCHANGE_GRADED:
            grades.setdefault(which, {})[leaf.actor] = str(leaf.data["severity"])
    found = [Graded(number, worst(grades.get(which, {}).values())) for which, number in numbers.items()]
    return sorted(found, key=lambda one: one.number)


def worst(given: Iterable[str]) -> str:
    """Return the gravest of some grades, "" of none. ValueError: one is none that there is."""
    return max(given, key=SEVERITIES.index, default="")
