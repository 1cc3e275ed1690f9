"""The body of a base model, held here or hosted by its vendor: what it is, and what is said of its life."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from evals.engine.fields import Amount, Body, Line, Text
from governance.proof.formats.canonical import Digest
from governance.proof.formats.manifest import FileEntry
from training.bodies.days import Date, LifeDate

Phase = Literal["train-new", "train-existing", "serve-new", "serve-existing", "extended", "retired"]
Precision = Literal["exact", "earliest", "tentative"]


class Licence(Body):
    """A model's licence as it was read. `regions`: where alone it may be used; empty: nothing is said of regions."""

    id: Line
    name: Line
    text_sha256: Digest | None
    commercial_use: bool
    derivatives: bool
    gated: Annotated[bool, Field(description="its vendor hands it out only to those who accept terms")] = False
    regions: list[Line] = []


class Observation(Body):
    """One date somebody published about the model, in their words. `date` None: they named none."""

    channel: Line
    phase: Phase
    date: LifeDate | None
    precision: Precision
    words: Text
    source: Line
    retrieved_at: Date


class Identity(Body):
    """What a feed of lifecycle dates calls this model: its name on a channel, such as gpt-4o-2024-08-06 on azure."""

    channel: Line
    name: Line


class Channel(Body):
    """A way the model can be had: which region, which stock-keeping unit and which customers, where that matters."""

    name: Line
    kind: Literal["local weights", "hosted API", "cloud"]
    region: Line | None = None
    sku: Line | None = None
    customers: Line | None = None


class Price(Body):
    """What a channel asks for, as it was read on a day."""

    channel: Line
    unit: Annotated[Line, Field(description="such as 1M input tokens")]
    amount: Amount
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
    observed_on: Date
    source: Line


class Hosted(Body):
    """Whose model it is when its weights stay with the provider; known by what the provider says it is."""

    provider: Line
    snapshot: Annotated[Line, Field(description="the provider's name of this very version")]
    region: Line | None = None
    observed_on: Date


class BaseModelBody(Body):
    """One version of a base model: every file of its weights with its hash, or (`hosted`) whose it is; licence, and
    what is known of its life. No observation means the lifecycle is unknown, which is never good news.

    Of a hosted one nobody here holds files or knows for certain what answers, so custody does not apply.
    """

    title: Line
    name: Line
    version: Line
    source: Line
    source_sha256: Digest | None
    parameters: Annotated[int, Field(ge=1)] | None
    context_window: Annotated[int, Field(ge=1)]
    licence: Licence
    files: list[FileEntry]
    lifecycle: list[Observation]
    custody: Text | None
    identities: Annotated[list[Identity], Field(max_length=100)] = []
    channels: Annotated[list[Channel], Field(max_length=100)] = []
    prices: Annotated[list[Price], Field(max_length=200)] = []
    hosted: Hosted | None = None
    released_on: Annotated[Date | None, Field(description="the day it was first offered, as far as known")] = None

    @model_validator(mode="after")
    def _held_or_hosted(self) -> "BaseModelBody":
        if self.hosted is None:
            if not self.files:
                raise ValueError("found no file and no provider, expected the files of the weights, or hosted")
            if self.custody is None or self.parameters is None:
                raise ValueError("found weights without custody or number of parameters, expected both")
        elif self.files or self.custody is not None:
            raise ValueError("found files or custody of a hosted model, expected neither: its weights are not here")
        if len({(one.channel, one.name) for one in self.identities}) != len(self.identities):
            raise ValueError("found an identity twice, expected each once")
        return self

    @property
    def called(self) -> tuple[tuple[str, str], ...]:
        """What feeds call it: (channel, name); of a hosted one what its provider calls it is among them."""
        own = ((self.hosted.provider, self.hosted.snapshot),) if self.hosted else ()
        return (*own, *((one.channel, one.name) for one in self.identities))
