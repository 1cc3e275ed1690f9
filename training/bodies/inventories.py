"""The body of an inventory: what another system said that ran, when, and how its columns are to be read."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from evals.engine.fields import Body, Line
from governance.proof.formats.manifest import FileEntry
from training.bodies.days import Date

INVENTORY: Final = "training.inventory"
Source = Literal["serving", "cloud", "scheduler"]
Format = Literal["csv", "json"]


class InventoryBody(Body):
    """A list that another system gave. It is kept byte for byte; what it is worth nobody signs.

    `covers_from` and `covers_until` are the days it tells of, both included; `environments` those it tells of, all if
    empty. `columns` says which of its columns is which of ours. `rows` is how many were read.
    """

    title: Line
    source: Source
    system: Annotated[Line, Field(description="which system gave it, such as a cluster's name")]
    covers_from: Date
    covers_until: Date
    environments: list[Line] = Field(default_factory=list)
    columns: dict[str, Line]
    format: Format
    rows: Annotated[int, Field(ge=0)]
    file: FileEntry

    @model_validator(mode="after")
    def _sensible(self) -> "InventoryBody":
        if date.fromisoformat(self.covers_until) < date.fromisoformat(self.covers_from):
            raise ValueError(f"found the days {self.covers_from} to {self.covers_until}, expected them in order")
        return self
