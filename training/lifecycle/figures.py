"""How figures are made: each with its formula, inputs, sources, and the moment that it speaks of."""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass

from training.lifecycle.formulas import FORMULAS
from training.lifecycle.model import Figure, Label, Spread, Value

DAYS = "days"
DATE = "date"
PROBABILITY = "probability"
_WEAKER: tuple[Label, ...] = (
    "", "held", "estimate", "earliest", "tentative", "upper bound", "at least", "weak", "unbounded", "unknown",
)  # fmt: skip


def weakest(*labels: Label) -> Label:
    """Return the label that a figure made from figures with these labels carries: the one that warns most."""
    return max(labels, key=_WEAKER.index, default="")


@dataclass(frozen=True)
class Figures:
    """Makes the figures of one assessment."""

    as_of: dt.datetime

    def figure(
        self,
        value: Value,
        unit: str,
        formula: str,
        sources: Iterable[str] = (),
        label: Label = "",
        **inputs: object,
    ) -> Figure:
        """Return the figure; an infinite value is None and labelled unbounded, None without a label unknown.

        Raises:
            KeyError: there is no such formula.
        """
        if isinstance(value, float) and math.isinf(value):
            value, label = None, "unbounded"
        if value is None and not label:
            label = "unknown"
        given = tuple((name.replace("_", " "), str(what)) for name, what in inputs.items())
        return Figure(value, unit, FORMULAS[formula].name, tuple(sources), label, given, self.as_of)

    def spread(
        self, values: tuple[float | None, float | None, float | None], formula: str, sources: Iterable[str] = (),
        label: Label = "", **inputs: object,
    ) -> Spread:  # fmt: skip
        """Return the three figures in days."""
        sources = tuple(sources)
        p50, p80, p95 = (self.figure(value, DAYS, formula, sources, label, **inputs) for value in values)
        return Spread(p50, p80, p95)
