"""The bodies of what was observed about the lives of base models."""

from typing import Annotated

from pydantic import Field, model_validator

from evals.engine.fields import Body, Digest, Line, Text
from governance.proof.formats.fields import Time
from governance.proof.formats.manifest import FileEntry
from training.bodies.base_models import Phase, Precision
from training.bodies.days import LifeDate

MOST_OBSERVATIONS = 20_000
Url = Annotated[str, Field(pattern=r"^(https?://[^\s<>\"]{1,1990})?$", description="http(s), or empty")]


class Place(Body):
    """An observation that another refers to: the document it stands in, and its place there, from 0."""

    document: Digest
    place: Annotated[int, Field(ge=0)]


class Source(Body):
    """Who says so, and when they were asked. `complete`: they were asked for everything they say, so that what is not
    listed any more is gone; otherwise only what is named here was looked at.
    """

    name: Line
    url: Url
    rank: Annotated[int, Field(ge=1, le=5, description="1 the vendor's own interface … 5 word of mouth")]
    format: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", description="how it was read; form: by a person")]
    retrieved_at: Annotated[Time, Field(description="when the source said so; what it says is not older")]
    complete: bool
    snapshot: Annotated[FileEntry | None, Field(description="what was read, byte for byte")]


class Observed(Body):
    """One thing a source says about a model's life, in its own words. `date` None: it names none (any more).

    `idle_days`: who has not used the model for so long loses it before the date. `supersedes`: what the same source
    said of the same thing before.
    """

    model: Line
    channel: Line
    phase: Phase
    date: LifeDate | None
    precision: Precision
    announced_on: LifeDate | None
    words: Text
    url: Url
    idle_days: Annotated[int, Field(ge=1, le=3650)] | None
    supersedes: Place | None

    @model_validator(mode="after")
    def _announced_first(self) -> "Observed":
        if self.date is not None and self.announced_on is not None and self.date < self.announced_on:
            raise ValueError(f"found the date {self.date} before its announcement on {self.announced_on}")
        return self


class ObservationsBody(Body):
    """What one source says that is new, moved or gone since it was last asked; `still` is what it said again.

    Of a complete source everything it said before and that is not superseded here still holds.
    """

    title: Line
    source: Source
    observations: Annotated[list[Observed], Field(max_length=MOST_OBSERVATIONS)]
    still: Annotated[list[Place], Field(max_length=MOST_OBSERVATIONS)] = []

    @model_validator(mode="after")
    def _each_once(self) -> "ObservationsBody":
        seen = {(one.channel, one.model, one.phase, one.idle_days is not None) for one in self.observations}
        if len(seen) != len(self.observations):
            raise ValueError("found a channel, model and phase twice, expected each once (with and without idle days)")
        if not self.observations and not self.still and not self.source.complete:
            raise ValueError("found nothing observed, expected at least one observation")
        if self.source.complete and self.source.snapshot is None:
            raise ValueError("found a complete reading without what was read, expected its snapshot")
        return self
