"""Names and numbers of evaluation as reports print them."""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any

from evals.engine.comparisons import Difference
from evals.engine.metric_names import in_words
from evals.engine.words import Demand, required
from governance.proof.charts.intervals import MINUS
from governance.proof.charts.results import interval
from governance.proof.words.printed import bounds, figure, plain, rounded
from governance.proof.words.vocabulary import counted_in

__all__ = ["asked", "bounds", "difference", "examples", "figure", "interval", "metric", "said"]


def metric(name: str) -> str:
    """A metric's name in words."""
    return in_words(name)


def difference(name: str, one: Difference) -> tuple[str, str]:
    """How far a metric moved, and between which one-sided bounds, such as "+71.7 points" and "+66.9 to +75.9 points".

    Bounds are rounded outwards; a ratio has no unit.
    """
    value, unit = _moved(name, one, one.value, ROUND_HALF_EVEN)
    moved = f"{value} {unit}".strip()
    if one.low is None or one.high is None:
        return moved, "no bounds"
    low, _ = _moved(name, one, one.low, ROUND_FLOOR)
    high, _ = _moved(name, one, one.high, ROUND_CEILING)
    return moved, f"{low} to {high} {unit}".strip()


def _moved(name: str, one: Difference, value: str, rounding: str) -> tuple[str, str]:
    """Return a figure with its sign, and what it is counted in."""
    shown = rounded(Decimal(value), rounding)
    if one.how == "ratio":
        return plain(shown), ""
    figure, _, unit = counted_in(name, shown, "gap").partition(" ")
    return (f"+{figure}" if shown > 0 else figure.replace("-", MINUS)), unit


def asked(threshold: Mapping[str, Any]) -> str:
    """What a threshold asks for, in words."""
    return required(Demand.of(threshold))


def examples(names: list[str]) -> str:
    """The first three of several names, and how many more there are."""
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def said(value: object) -> str:
    """A value of a criterion's parameters as people say it."""
    return "no" if value is False else "yes" if value is True else str(value)
