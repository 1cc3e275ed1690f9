"""Thresholds and verdicts in words that need no statistics: what is asked, what was shown, with which confidence.

No numerical library, so that pages and reports say the same as the verdict does.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from evals.engine.fields import ALL, Verdict
from governance.proof.sections.amounts import Demand, amount, check, required, subject
from governance.proof.words.printed import plain
from governance.proof.words.vocabulary import between, in_unit

if TYPE_CHECKING:
    from evals.engine.statistics import Estimate

__all__ = [
    "Demand",
    "amount",
    "between",
    "check",
    "confident",
    "difference",
    "in_unit",
    "required",
    "sentence",
    "subject",
    "sure",
]

SHOWN: dict[Verdict, str] = {"PASS": "shown", "FAIL": "missed", "INCONCLUSIVE": "not shown"}


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


def difference(name: str, before: str, after: str) -> str:
    """How far a figure moved, such as "+1.2 points" of a share or "-0.25 s"; "none" where it did not."""
    moved = Decimal(after) - Decimal(before)
    if not moved:
        return "none"
    said = amount(Demand(name, ALL, "gap", "0"), moved)
    return f"+{said}" if moved > 0 else said


def confident(name: str, low: str | None, high: str | None) -> str:
    """What two one-sided bounds say, such as "at least 88.3 % and at most 93.1 %"; "" where there is none."""
    at_least = f"at least {amount(Demand.alone(name), Decimal(low), ROUND_FLOOR)}" if low is not None else ""
    at_most = f"at most {amount(Demand.alone(name), Decimal(high), ROUND_CEILING)}" if high is not None else ""
    return " and ".join(part for part in (at_least, at_most) if part)


def _compared(demand: Demand) -> str:
    if demand.kind == "zero_tolerance":
        return ", share of failures"
    if not demand.compares:
        return ""
    return f" minus {demand.other}" if demand.kind == "non_inferiority" else f" divided by {demand.other}"
