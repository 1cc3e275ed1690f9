"""The body of an assessment of retirement risk: its headline and one row a base model; the rest is in its file."""

from typing import Annotated, Final, Literal

from pydantic import Field

from evals.engine.fields import Body, DecimalText, Digest, Line, Text
from governance.proof.formats.fields import Time
from governance.proof.formats.manifest import FileEntry
from training.bodies.days import Date

ASSESSMENT: Final = "training.risk_assessment"
Band = Literal["green", "unknown", "amber", "red"]
Days = Annotated[DecimalText | None, Field(description="none: longer than anything observed, or not known")]


class Counts(Body):
    """How many services are in each band."""

    red: Annotated[int, Field(ge=0)]
    amber: Annotated[int, Field(ge=0)]
    unknown: Annotated[int, Field(ge=0)]
    green: Annotated[int, Field(ge=0)]

    @property
    def total(self) -> int:
        """How many services there are in all bands."""
        return self.red + self.amber + self.unknown + self.green


class StageLine(Body):
    """How long a stage of requalifying takes, in days; `stage` "all" is the whole."""

    stage: Line
    basis: Literal["observed", "estimate", "none", "mixed"]
    complete: Annotated[int, Field(ge=0)]
    open: Annotated[int, Field(ge=0)]
    p50: Days
    p80: Days
    p95: Days


class Moved(Body):
    """A date that a source moved, gave for the first time, or gives no longer, since the assessment before."""

    base: Digest
    channel: Line
    phase: Line
    source: Line
    before: Date | None
    now: Date | None
    first: Annotated[bool, Field(description="the source had named no day for it before")]
    document: Digest


class BaseRow(Body):
    """What is said of one base model at a glance. `begins` and `length` are where its line lies in the file."""

    digest: Digest
    title: Line
    vendor: Line
    hosted: bool
    band: Band
    because: list[Text]
    announced: Annotated[Date | None, Field(description="when the end that counts was announced")] = None
    loss: Date | None
    loss_label: str
    latest_start: Date | None
    freeze_begins: Date | None
    freeze_ends: Date | None
    services: Counts
    p50: Days
    p95: Days
    fallback: Annotated[Digest | None, Field(description="the fallback plan that covers it, if one is in force")]
    drilled_on: Date | None
    stale: Annotated[list[Line], Field(description="sources read too long ago that its date rests on")] = []
    begins: Annotated[int, Field(ge=0)]
    length: Annotated[int, Field(ge=1)]


class VendorRow(Body):
    """What hangs on one vendor; `share` of all services, from 0 to 1."""

    vendor: Line
    bases: Annotated[int, Field(ge=0)]
    services: Annotated[int, Field(ge=0)]
    share: DecimalText
    worst: Band


class Sum(Body):
    """A sum over services, and what to know before relying on it: at least that much, or by estimate."""

    value: Days
    label: str


class Late(Body):
    """A service whose latest start is over. `latest_start` None: on no day that is known, but before today."""

    service: Digest
    title: Line
    base: Line
    latest_start: Date | None
    criticality: Line


class Simulated(Body):
    """What the simulation was given. `seed` follows from the ledger's root, so nobody chooses it."""

    seed: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
    runs: Annotated[int, Field(ge=1)]
    signers: Annotated[int, Field(ge=1)]
    gpus: Annotated[int, Field(ge=1)]
    data: Annotated[int, Field(ge=1)]


class RiskAssessmentBody(Body):
    """Retirement risk of all base models and of all that depends on them, as it was known at one ledger size.

    `rests_on` names the documents of projects that it was computed from; those on the shelf are references. `stray`
    is where the line of services without a known base model lies in the file, as (begin, length), `whole` that of what
    is said of all together.
    """

    title: Line
    as_of: Time
    ledger_size: Annotated[int, Field(ge=1)]
    next_review: Date
    stale_days: Annotated[int, Field(ge=0)]
    simulated: Simulated
    services: Counts
    late: list[Late]
    unproven: list[Digest]
    uncovered_days: Sum
    impact: dict[str, Sum]
    requalification: list[StageLine]
    bases: list[BaseRow]
    vendors: list[VendorRow]
    moved: list[Moved]
    decisions: list[Text]
    stray: Annotated[list[int], Field(min_length=2, max_length=2)] | None
    whole: Annotated[list[int], Field(min_length=2, max_length=2)] | None = None
    rests_on: list[Digest]
    files: Annotated[list[FileEntry], Field(min_length=1, max_length=1)]
