"""Figures, limits and what is asked of a model, in words that need no statistics: for pages, reports, verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from governance.proof.charts import results
from governance.proof.charts.results import ALL
from governance.proof.words.printed import plain, rounded
from governance.proof.words.vocabulary import called, counted_in, measures

COMPARED: Final = ("relative", "non_inferiority")
"""the kinds of limits that compare with another result"""


@dataclass(frozen=True)
class Demand:
    """What a threshold or a verdict's line asks for."""

    metric: str
    slice: str
    kind: str
    limit: str
    direction: str = ">="
    against: str | None = None
    groups: Sequence[str] = ()

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> "Demand":
        """Return the demand of a threshold or verdict line as documents hold it, with or without its later fields."""
        return cls(
            line["metric"],
            line["slice"],
            line["kind"],
            line["limit"],
            line.get("direction", ">="),
            line.get("against"),
            tuple(line.get("groups", ())),
        )

    @classmethod
    def alone(cls, name: str) -> "Demand":
        """Return the demand of a measure over all cases, for how its figures are said."""
        return cls(name, ALL, "absolute", "0")

    @property
    def compares(self) -> bool:
        """Whether it compares with another result."""
        return self.kind in COMPARED

    @property
    def other(self) -> str:
        """What it compares with."""
        return "the last release" if self.against == "last_release" else "the baseline"


def subject(demand: Demand) -> str:
    """What the threshold is about: the metric and the slice, or the groups."""
    return results.subject(demand.metric, demand.slice, demand.kind, demand.groups)


def required(demand: Demand) -> str:
    """What the threshold asks for, such as "at least 90 %" or "at most 5 points below the baseline".

    The limit stands as it was signed, with all its digits: rounded, it would ask for more or less than it does.
    """
    limit = counted_in(demand.metric, Decimal(demand.limit), demand.kind)
    bound = "at least" if demand.direction == ">=" else "at most"
    if demand.kind == "non_inferiority":
        worse = "below" if demand.direction == ">=" else "above"
        return f"at most {limit} {worse} {demand.other}"
    if demand.kind == "relative":
        return f"{bound} {plain(Decimal(demand.limit))} times {demand.other}"
    if demand.kind == "zero_tolerance":
        return f"not one failure, and at most {limit} in truth"
    return f"{bound} {limit}"


def amount(demand: Demand, value: Decimal, rounding: str = ROUND_HALF_EVEN) -> str:
    """A figure in the metric's unit: a share in percent, a difference of shares in points, seconds, tokens, dollars.

    In three decimals, or as many as it takes to tell it from nothing and from all: one failure is never "0 %".
    """
    return counted_in(demand.metric, rounded(value, rounding), demand.kind)


def check(name: str) -> str:
    """A check of data in words, such as "Leakage: exact"; looks at production stand under a heading of their own."""
    words = name.removeprefix("representative.").replace(".", ": ").replace("_", " ")
    return words[:1].upper() + words[1:]


def in_words(name: str) -> str:
    """Return a measure's name as a reader says it, such as "F1 of eye"; names of no measure stay as they are."""
    known = measures().get(name.partition(":")[0])
    return called(name, known) if known is not None else name
