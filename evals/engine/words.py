"""Thresholds and verdicts in words that need no statistics: what is asked, what was shown, with which confidence.

No numerical library, so that pages and reports say the same as the verdict does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from evals.engine.fields import ALL, Verdict
from evals.engine.metric_names import metric
from evals.engine.thresholds import COMPARED
from governance.proof.charts import results
from governance.proof.printed import counted, plain, rounded

if TYPE_CHECKING:
    from evals.engine.statistics import Estimate

SHOWN: dict[Verdict, str] = {"PASS": "shown", "FAIL": "missed", "INCONCLUSIVE": "not shown"}


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
    limit = _in_unit(demand, Decimal(demand.limit))
    bound = "at least" if demand.direction == ">=" else "at most"
    if demand.kind == "non_inferiority":
        worse = "below" if demand.direction == ">=" else "above"
        return f"at most {limit} {worse} {demand.other}"
    if demand.kind == "relative":
        return f"{bound} {plain(Decimal(demand.limit))} times {demand.other}"
    if demand.kind == "zero_tolerance":
        return f"not one failure, and at most {limit} in truth"
    return f"{bound} {limit}"


def sentence(demand: Demand, alpha: str, verdict: Verdict, found: "Estimate", low: str | None, high: str | None) -> str:
    """Return the verdict in a sentence; `low` and `high` are the bounds as they were compared."""
    value = amount(demand, Decimal(f"{found.value:.10f}"), ROUND_HALF_EVEN)
    measured = f"measured {value} on {found.n} cases"
    if low is None and high is None:
        return f"{subject(demand)}: {measured}, too few or too uniform for a bound; required {required(demand)}"
    at_least = f"at least {amount(demand, Decimal(low), ROUND_FLOOR)}" if low is not None else ""
    at_most = f"at most {amount(demand, Decimal(high), ROUND_CEILING)}" if high is not None else ""
    upward = demand.direction == ">=" and demand.kind != "zero_tolerance"
    shown = {
        "PASS": at_least if upward else at_most,
        "FAIL": at_most if upward else at_least,
        "INCONCLUSIVE": " and ".join(part for part in (at_least, at_most) if part),
    }[verdict]
    each = " each" if " and " in shown else ""
    return (
        f"{subject(demand)}{_compared(demand)}: {shown} with {sure(alpha)} confidence{each} ({measured}); "
        f"required {required(demand)}: {SHOWN[verdict]}"
    )


def sure(alpha: str) -> str:
    """The one-sided confidence 1 - alpha, such as "95 %"."""
    return f"{plain((1 - Decimal(alpha)) * 100)} %"


def amount(demand: Demand, value: Decimal, rounding: str = ROUND_HALF_EVEN) -> str:
    """A figure in the metric's unit: a share in percent, a difference of shares in points, seconds, tokens, dollars.

    In three decimals, or as many as it takes to tell it from nothing and from all: one failure is never "0 %".
    """
    return _in_unit(demand, rounded(value, rounding))


def _in_unit(demand: Demand, value: Decimal) -> str:
    known = metric(demand.metric)
    if demand.kind == "relative":
        return f"{plain(value)} times"
    points = demand.kind in ("non_inferiority", "gap")
    return counted(value, bounded=known.bounded, unit=known.unit, points=points)


def figure(name: str, value: str) -> str:
    """A measured figure in the unit of its metric, such as "91 %" or "0.25 s"."""
    return amount(_alone(name), Decimal(value))


def between(name: str, low: str | None, high: str | None) -> str:
    """Two one-sided bounds in the metric's unit, such as "76.3 % to 83.8 %", rounded outwards; "no bounds" for none."""
    if low is None or high is None:
        return "no bounds"
    alone = _alone(name)
    return f"{amount(alone, Decimal(low), ROUND_FLOOR)} to {amount(alone, Decimal(high), ROUND_CEILING)}"


def check(name: str) -> str:
    """A check of data in words, such as "Leakage: exact"; looks at production stand under a heading of their own."""
    words = name.removeprefix("representative.").replace(".", ": ").replace("_", " ")
    return words[:1].upper() + words[1:]


def confident(name: str, low: str | None, high: str | None) -> str:
    """What two one-sided bounds say, such as "at least 88.3 % and at most 93.1 %"; "" where there is none."""
    at_least = f"at least {amount(_alone(name), Decimal(low), ROUND_FLOOR)}" if low is not None else ""
    at_most = f"at most {amount(_alone(name), Decimal(high), ROUND_CEILING)}" if high is not None else ""
    return " and ".join(part for part in (at_least, at_most) if part)


def _alone(name: str) -> Demand:
    return Demand(name, ALL, "absolute", "0")


def _compared(demand: Demand) -> str:
    if demand.kind == "zero_tolerance":
        return ", share of failures"
    if not demand.compares:
        return ""
    return f" minus {demand.other}" if demand.kind == "non_inferiority" else f" divided by {demand.other}"
