"""What a quality check is asked to do, and the production samples that evaluation cases are held against.

Imported by the control plane and by the checks; pydantic only.
"""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from evals.engine.fields import Body, Line, Text
from governance.proof.formats.manifest import FileEntry


def _day(value: str) -> str:
    try:
        known = date.fromisoformat(value).isoformat() == value
    except ValueError:
        known = False
    if not known:
        raise ValueError(f"found {value[:40]!r}, expected a day such as '2026-05-31'")
    return value


Day = Annotated[str, AfterValidator(_day)]


class QualitySpecBody(Body):
    """A quality check that is asked for; its references say of which datasets, against which cases."""

    title: Line


class ProductionSampleBody(Body):
    """Prompts as they came in production, unlabelled; in its files a row is a case without a target.

    `source` says where they were recorded, `drawn` how they were drawn from all there were, `first_day` and
    `last_day` when they came in. Rows that name slices were put into them by whoever brought the sample.
    """

    title: Line
    description: Text | None = None
    source: Line
    drawn: Line
    first_day: Day
    last_day: Day
    rows: Annotated[int, Field(ge=1)]
    files: Annotated[list[FileEntry], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> "ProductionSampleBody":
        if self.last_day < self.first_day:
            raise ValueError(f"found the last day {self.last_day} before the first, {self.first_day}")
        return self
