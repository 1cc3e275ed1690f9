"""Measures that come from outside: of workflow, business and risk, each with the source it was taken from."""

from typing import Annotated

from pydantic import Field, model_validator

from evals.engine.fields import ALL, Body, DecimalText, Line, Name, Share, unique
from evals.engine.thresholds import Layer
from governance.proof.formats.manifest import FileEntry


class ImportedMeasure(Body):
    """One figure measured elsewhere, as `measure:NAME` in thresholds.

    `low` and `high` are one-sided bounds at level `alpha`, where the source gives any. `complete` says that all there
    is was counted, so that nothing is uncertain. `observed` says when, in the source's words, `layer` what it tells
    of, `evidence` is a file that shows it.
    """

    name: Name
    slice: Name = ALL
    value: DecimalText
    low: DecimalText | None = None
    high: DecimalText | None = None
    alpha: Share | None = None
    complete: bool = False
    n: Annotated[int, Field(ge=1)]
    unit: Line
    source: Line
    observed: Line
    layer: Layer | None = None
    evidence: FileEntry | None = None

    @model_validator(mode="after")
    def _bounds(self) -> "ImportedMeasure":
        given = self.low is not None or self.high is not None
        if given != (self.alpha is not None):
            raise ValueError("bounds and their alpha are given together or not at all")
        if given and self.complete:
            raise ValueError("found bounds of a complete count, which has none; leave either out")
        low, high = float(self.low or self.value), float(self.high or self.value)
        if not low <= float(self.value) <= high:
            raise ValueError(f"found the value {self.value} outside its bounds {self.low} to {self.high}")
        return self


class MeasuresBody(Body):
    """Measures imported from outside, to be judged by the thresholds of a plan."""

    title: Line
    measures: Annotated[list[ImportedMeasure], Field(min_length=1)]

    @model_validator(mode="after")
    def _once(self) -> "MeasuresBody":
        unique([f"{measure.name} on {measure.slice}" for measure in self.measures], "measures")
        return self
