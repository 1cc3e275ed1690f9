"""The bodies of use cases, decision records, data contracts, datasets, base models and releases."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from evals.engine.fields import Amount, Body, DecimalText, Line, Share, Text
from governance.proof.canonical import Digest
from governance.proof.fields import Time, Uuid
from governance.proof.manifest import FileEntry
from training import life_days


def _date(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError(f"found {text!r}, expected a date such as 2027-03-31")
    return text


def _of_a_life(text: str) -> str:
    if not life_days.possible(date.fromisoformat(_date(text))):
        raise ValueError(f"found the day {text}, expected {life_days.WORDS}")
    return text


Date = Annotated[str, AfterValidator(_date)]
LifeDate = Annotated[str, AfterValidator(_of_a_life)]
"""A day in the life of a model; others stand for "not known" in somebody's table."""
Need = Literal["behavioural", "informational", "both"]


class Goal(Body):
    """What must improve and how that is measured."""

    statement: Text
    metric: Annotated[str, Field(max_length=300, description="how it is measured")]
    target: DecimalText

    @model_validator(mode="after")
    def _measurable(self) -> "Goal":
        if not self.metric.strip():
            raise ValueError("too vague to measure: name the metric that shows whether the goal was reached")
        return self


class Constraints(Body):
    """The limits any solution must keep, in words."""

    privacy: Text
    latency: Text
    cost: Text
    auditability: Text


class UseCaseBody(Body):
    """What is to be improved, for whom, and at which risk; `risk_tier` selects the policy."""

    title: Line
    description: Text
    goal: Goal
    need: Need
    constraints: Constraints
    risk_tier: Literal["low", "standard", "high"]
    owner: Line
    need_until: Date


class Rung(Body):
    """One step of the decision hierarchy: what was tried there and how it scored."""

    technique: Literal["prompt", "retrieval", "fine-tune", "distil"]
    tried: bool
    score: DecimalText | None
    finding: Text


class DecisionRecordBody(Body):
    """Which lightest technique is justified, and why (prompt, then retrieval, then fine-tuning, then distilling)."""

    title: Line
    need: Need
    rungs: Annotated[list[Rung], Field(min_length=1)]
    chosen: Literal["prompt", "retrieval", "fine-tune", "distil"]
    reason: Text
    method: Literal["full", "lora", "qlora"]
    method_reason: Text


class ContractField(Body):
    """One field of a dataset's rows."""

    name: Line
    type: Line
    description: Text


class Synthetic(Body):
    """The share of rows that no person or process of the real world wrote, and how they were made."""

    share: Share
    how: Text


class DataContractBody(Body):
    """What the data owner answers for."""

    title: Line
    fields: Annotated[list[ContractField], Field(min_length=1)]
    collection: Text
    labelling: Text
    redaction: Text
    licence: Line
    retention: Text
    personal_data: Literal["none", "pseudonymous", "personal"]
    synthetic: Synthetic


class DatasetBody(Body):
    """One version of a dataset in a DVC repository: DVC's identity for DVC users, SHA-256 for approval.

    `dvc_md5` is the digest in the pointer file `path`.dvc at git `commit` ("….dir" for a folder); `files` lists every
    file below `path` with both hashes.
    """

    title: Line
    description: Text
    storage: Literal["managed"]
    repository: Line
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    path: Line
    dvc_md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}(\.dir)?$")]
    files: Annotated[list[FileEntry], Field(min_length=1)]
    size: Annotated[int, Field(ge=1, description="bytes in all")]
    rows: Annotated[int, Field(ge=1)]
    source: Text


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
