"""The bodies of releases, and of standing approvals: bounds within which runs need no signatures of their own."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from evals.engine.fields import Body, DecimalText, Line, Text
from governance.proof.formats.fields import Time, Uuid


class ReleaseBody(Body):
    """A tuned model put forward for release on the strength of one evaluation result."""

    title: Line
    note: Text


NUMBERS = ("learning_rate", "warmup_steps", "steps", "batch_size", "max_length", "weight_decay", "max_grad_norm", "r",
           "alpha", "dropout")  # fmt: skip
"""The hyperparameters that a standing approval can bound."""


class Between(Body):
    """A number's bounds, both included."""

    low: DecimalText
    high: DecimalText

    @model_validator(mode="after")
    def _ordered(self) -> "Between":
        if Decimal(self.low) > Decimal(self.high):
            raise ValueError(f"found {self.low} to {self.high}, expected the lower bound first")
        return self


class StandingApprovalBody(Body):
    """Bounds within which dataset versions and runs need no signatures of their own. Lengths of time are in seconds.

    What it is for stands in its references: the contract, the base model and the plan (thresholds), each one version.
    """

    title: Line
    reason: Annotated[Text, Field(description="why each version need not be signed")]
    series: Annotated[list[Uuid], Field(min_length=1, max_length=50, description="series of datasets it is for")]
    fields: Annotated[list[Line], Field(min_length=1, max_length=50, description="the fields of a row, all of them")]
    min_rows: Annotated[int, Field(ge=1, description="rows of a run, in all its datasets")]
    max_rows: Annotated[int, Field(ge=1)]
    quality: Annotated[list[Literal["ok", "warn"]], Field(min_length=1, description="what a quality report may say")]
    methods: Annotated[list[Literal["full", "lora", "qlora"]], Field(min_length=1)]
    hyperparameters: Annotated[dict[str, Between], Field(description="bounds by name; others are free")]
    max_seconds: Annotated[int, Field(ge=1, description="budget of one run")]
    max_seconds_in_all: Annotated[int, Field(ge=1, description="budgets of all runs together")]
    max_runs: Annotated[int, Field(ge=1, le=1000)]
    expires_at: Annotated[Time, Field(description="RFC 3339 in UTC; from then on it admits nothing new")]

    @model_validator(mode="after")
    def _sensible(self) -> "StandingApprovalBody":
        if self.min_rows > self.max_rows:
            raise ValueError(f"found {self.min_rows} to {self.max_rows} rows, expected the lower bound first")
        for name in ("series", "fields", "quality", "methods"):
            values = getattr(self, name)
            if len(set(values)) != len(values):
                raise ValueError(f"found one of the {name} twice, expected each once")
        if unknown := set(self.hyperparameters) - set(NUMBERS):
            raise ValueError(f"found bounds of {', '.join(sorted(unknown))}; those of {', '.join(NUMBERS)} can be set")
        return self
