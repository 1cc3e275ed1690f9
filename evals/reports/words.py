"""Names and numbers of evaluation as reports print them."""

from collections.abc import Mapping
from typing import Any

from evals.engine.comparisons import Difference
from evals.engine.metric_names import in_words
from evals.engine.words import Demand, required
from governance.proof.charts.results import interval
from governance.proof.sections.counts import less
from governance.proof.words.printed import bounds, figure

__all__ = ["asked", "bounds", "difference", "examples", "figure", "interval", "metric", "said"]


def metric(name: str) -> str:
    """A metric's name in words."""
    return in_words(name)


def difference(name: str, one: Difference) -> tuple[str, str]:
    """How far a metric moved, and between which one-sided bounds; see `sections.counts.less`."""
    return less(name, one.model_dump())


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
