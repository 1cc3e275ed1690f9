"""Names and numbers of evaluation as reports print them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from evals.engine.metric_names import in_words
from evals.engine.words import Demand, required
from governance.proof.printed import bounds, figure
from governance.reports.intervals import Interval

__all__ = ["asked", "bounds", "examples", "figure", "interval", "metric", "said"]


def metric(name: str) -> str:
    """A metric's name in words."""
    return in_words(name)


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


def interval(measure: Mapping[str, Any] | None) -> Interval | None:
    """What a chart draws of a measure; None where it was not measured or has no bounds."""
    if measure is None or measure["low"] is None or measure["high"] is None:
        return None
    return Interval(Decimal(measure["value"]), Decimal(measure["low"]), Decimal(measure["high"]))
