"""What retirement risk is computed from, and what comes out: plain frozen data that all of lifecycle shares.

Times are UTC with their zone, dates are days in UTC, lengths of time are days unless a name says otherwise. Documents
are named by their digest.
"""

import datetime as dt
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

Phase = Literal["train-new", "train-existing", "serve-new", "serve-existing", "extended", "retired"]
"""What ends (or, for `extended`, begins at a price) on the day: training or serving, for new or for existing users."""
Precision = Literal["exact", "earliest", "tentative"]
"""How a date is meant: that day; that day or later; a day that may move either way."""
Stage = Literal["data", "plan", "baseline", "run", "verdict", "release"]
"""A part of requalifying. Each ends with: data ready, plan signed, baseline measured, run done, verdict, release
signed."""
Basis = Literal["observed", "estimate", "none"]
"""What the length of a stage rests on."""
Criticality = Literal["low", "standard", "high"]
Band = Literal["green", "unknown", "amber", "red"]
Label = Literal[
    "", "estimate", "earliest", "tentative", "weak", "upper bound", "at least", "unbounded", "held", "unknown"
]
"""What to know before relying on a figure:

    ""           computed from what was observed
    estimate     rests on a signed estimate for at least one stage
    earliest     the date it rests on is that day or later
    tentative    the date it rests on may move
    weak         from what the vendor did with other models
    upper bound  the true value is at most this, with 95 % confidence
    at least     the true value is this or more
    unbounded    longer than anything observed so far; no value
    held         no end is known because the weights are held here
    unknown      cannot be computed from what is known; no value
"""
Value = int | float | Decimal | dt.date | None

PHASES: tuple[Phase, ...] = get_args(Phase)
STAGES: tuple[Stage, ...] = get_args(Stage)
BANDS: tuple[Band, ...] = get_args(Band)
"""From the best to the worst."""
SERVING_ENDS: tuple[Phase, ...] = ("serve-existing", "retired")
"""The phases whose date takes the model away from those who use it: T counts to the earliest."""
TRAINING_ENDS: tuple[Phase, ...] = ("train-new", "train-existing")
"""The phases whose date takes training away: the freeze window begins at the earliest."""


@dataclass(frozen=True)
class Seen:
    """One date that a source gave for a model, in its words; `date` None: the source gives none (any more).

    `channel` is where the model is offered, as the source names it; `rank` is the source's, 1 (the vendor) to 5;
    `idle_days` is how long it may lie unused before access is lost. `document` recorded it as its observation number
    `place`, at ledger entry `seq`; `snapshot` is the SHA-256 of what was read. `retrieved_at` is when the source first
    said so, `read_again` every later time at which it was read and still did.

    Raises:
        ValueError: a time has no zone.
    """

    model: str
    channel: str
    phase: Phase
    date: dt.date | None
    precision: Precision
    announced_on: dt.date | None
    words: str
    url: str
    source: str
    rank: int
    retrieved_at: dt.datetime
    snapshot: str | None
    idle_days: int | None
    document: str
    seq: int
    place: int
    read_again: tuple[dt.datetime, ...] = ()

    def __post_init__(self) -> None:
        for moment in (self.retrieved_at, *self.read_again):
            _zoned("retrieved_at", moment)


@dataclass(frozen=True)
class Base:
    """A base model and all that sources ever said about it.

    `hosted` is true where somebody else runs it and no weights are held. `licence_ok`: its terms permit what is done
    with it. `custody_ok`: the files held have the hashes that were signed. `drilled_on`: the day of the last passed
    restore drill. `successor` is a title or digest. `released_on` is the day it was first offered, if known. `agreed`:
    its document, which says what its licence permits, is in force. `fault` is what the newest restore drill found
    wrong.
    """

    digest: str
    title: str
    vendor: str
    hosted: bool
    seen: tuple[Seen, ...]
    licence_ok: bool
    custody_ok: bool
    drilled_on: dt.date | None
    successor: str = ""
    released_on: dt.date | None = None
    agreed: bool = True
    fault: str = ""


@dataclass(frozen=True)
class Past:
    """How long one stage of one requalification took, or (`done` false) how long it has been open; in days.

    Raises:
        ValueError: `stage` is none, or `days` is no length of time.
    """

    subject: str
    stage: str
    days: float
    done: bool

    def __post_init__(self) -> None:
        _stage(self.stage)
        _lengths("days", self.days)


@dataclass(frozen=True)
class Estimate:
    """A three-point estimate of one stage in days; it counts only if `document` is `signed`.

    Raises:
        ValueError: `stage` is none, or the points are no lengths of time in order.
    """

    stage: str
    low: float
    likely: float
    high: float
    document: str
    signed: bool

    def __post_init__(self) -> None:
        _stage(self.stage)
        _lengths("low, likely, high", self.low, self.likely, self.high)
        if not self.low <= self.likely <= self.high:
            raise ValueError(f"found {self.low}, {self.likely}, {self.high}, expected low <= likely <= high")


@dataclass(frozen=True)
class Capacity:
    """How many requalifications can be in a stage at once, by what the stage takes: people who sign, GPUs, people who
    prepare data.

    Raises:
        ValueError: there is none of something.
    """

    signers: int
    gpus: int
    data: int

    def __post_init__(self) -> None:
        for name, count in (("signers", self.signers), ("gpus", self.gpus), ("data", self.data)):
            if count < 1:
                raise ValueError(f"found {count} {name}, expected at least 1")


@dataclass(frozen=True)
class Dependant:
    """A service in use that needs a base model.

    `base` None: none is known; `proven` false: what it serves cannot be traced. `max_outage_hours` is the longest
    outage it tolerates, `daily_impact` what a day without it costs in `currency`. It was retrained `retrains` times in
    `observed_days`. `fallback` is the digest of its fallback plan.

    Raises:
        ValueError: a count or length of time is negative.
    """

    digest: str
    title: str
    project: str
    base: str | None
    criticality: Criticality
    max_outage_hours: float
    since: dt.date
    need_until: dt.date | None
    daily_impact: Decimal | None
    currency: str
    proven: bool
    retrains: int
    observed_days: float
    fallback: str | None

    def __post_init__(self) -> None:
        _lengths("max_outage_hours, retrains, observed_days", self.max_outage_hours, self.retrains, self.observed_days)


@dataclass(frozen=True)
class Inputs:
    """All that an assessment rests on. The same inputs give the same assessment.

    `as_of` is the moment it speaks of: only what was known then counts. A source read more than `stale_days` before is
    stale. `seed` and `runs` are the simulation's. `others` are models of the same vendors that nothing here rests on:
    they have no risk of their own, and count for what a vendor usually does.

    Raises:
        ValueError: `as_of` has no zone, `runs` is below 1 or `stale_days` below 0, or a digest is named twice.
    """

    as_of: dt.datetime
    next_review: dt.date
    stale_days: int
    seed: int
    runs: int
    bases: tuple[Base, ...]
    dependants: tuple[Dependant, ...]
    past: tuple[Past, ...]
    estimates: tuple[Estimate, ...]
    capacity: Capacity
    others: tuple[Base, ...] = ()

    def __post_init__(self) -> None:
        _zoned("as_of", self.as_of)
        if self.runs < 1 or self.stale_days < 0:
            raise ValueError(f"found {self.runs} runs and {self.stale_days} stale days, expected at least 1 and 0")
        for named in (self.bases, self.dependants):
            if len({one.digest for one in named}) < len(named):
                raise ValueError("found a digest twice among bases or dependants, expected each once")

    @classmethod
    def at(cls, as_of: dt.datetime, stale_days: int = 0) -> "Inputs":
        """Return a moment without anything else: enough to ask what is known of one model."""
        return cls(as_of, as_of.date(), stale_days, 0, 1, (), (), (), (), Capacity(1, 1, 1))

    @property
    def today(self) -> dt.date:
        """The day of `as_of` in UTC."""
        return self.as_of.astimezone(dt.UTC).date()


@dataclass(frozen=True)
class Figure:
    """A computed value that can be opened: what it is, by which formula, from which documents, as of when.

    `formula` is a name in `training.lifecycle.formulas`; `sources` are digests of documents; `inputs` are what the
    formula was given, by name, in words. A value of None says why by its `label`.
    """

    value: Value
    unit: str
    formula: str
    sources: tuple[str, ...]
    label: Label
    inputs: tuple[tuple[str, str], ...] = ()
    as_of: dt.datetime | None = None


@dataclass(frozen=True)
class Spread:
    """One length of time as it is in 50, 80 and 95 of 100 cases: at most this for work, at least this for time left."""

    p50: Figure
    p80: Figure
    p95: Figure


@dataclass(frozen=True)
class Notice:
    """What the vendor did with its models so far: days from announcement to end, and from release to end, at least.

    `notices` and `lifetimes` count the models that the quantiles rest on; those still offered count as unfinished
    lifetimes. Always weak: it says what was usual, not what will be.
    """

    notice: Spread
    lifetime: Spread
    notices: int
    lifetimes: int


@dataclass(frozen=True)
class Loss:
    """When serving ends, by the current word of every source.

    `days` is T, counted to the earliest current date, whose word is `counted`. `words` are all current words on the end
    of serving, `conflicts` those whose dates differ on the same channel and phase, `stale` those not read in time,
    `withdrawn` those whose source gave a date and gives none any more, `rules` the conditions on use ("15 idle days").
    `fresh` is true where every channel has a date from a source that is not stale. `usual` is what an undated model has
    instead.
    """

    date: dt.date | None
    days: Figure
    counted: Seen | None
    words: tuple[Seen, ...]
    conflicts: tuple[Seen, ...]
    stale: tuple[Seen, ...]
    withdrawn: tuple[Seen, ...]
    rules: tuple[Seen, ...]
    fresh: bool
    usual: Notice | None


@dataclass(frozen=True)
class Freeze:
    """The window in which the model still serves but can no longer be trained; `ahead` are the days of it still to
    come. A side that is not known is None.
    """

    begins: dt.date | None
    ends: dt.date | None
    days: Figure
    ahead: Figure


@dataclass(frozen=True)
class Step:
    """One step of a survival curve: of `at_risk` that had lasted until `days`, `done` ended there; afterwards a share
    `survival` goes on, with that `variance` (Greenwood's; None where nothing goes on).
    """

    days: float
    at_risk: int
    done: int
    survival: float
    variance: float | None


@dataclass(frozen=True)
class StageTime:
    """How long one stage takes and what that rests on: `complete` and `open` observed ones, or `estimate`."""

    stage: Stage
    basis: Basis
    complete: int
    open: int
    estimate: Estimate | None
    curve: tuple[Step, ...]
    spread: Spread


@dataclass(frozen=True)
class Requalification:
    """How long requalifying one dependant takes when nobody waits for anybody: each stage, and all together."""

    stages: tuple[StageTime, ...]
    total: Spread
    known: bool


@dataclass(frozen=True)
class BaseRisk:
    """One base model's risk. `because` says in words what decided the band; `latest_start` is the earliest of its
    dependants', or without any that of requalifying alone.
    """

    base: Base
    band: Band
    because: tuple[str, ...]
    loss: Loss
    freeze: Freeze
    latest_start: Figure
    dependants: tuple[str, ...]


@dataclass(frozen=True)
class DependantRisk:
    """One dependant's risk.

    `alone` is R without the queue, `queued` with it; `place` is its place in the queue from 1, None outside it.
    `too_late` is P(R > T), `beyond_outage` P(R > T + what it tolerates), `uncovered` E[max(0, R - T)] and `impact` that
    times the daily impact: all with the queue. `latest_start` is T - Q80(R) with the queue, `latest_start_alone`
    without. `retrain` is the chance that it needs a retrain in the rest of the freeze window. `life_covers_need`: the
    model serves as long as it is needed, None where one of both is not known.
    """

    dependant: Dependant
    band: Band
    because: tuple[str, ...]
    place: int | None
    alone: Spread
    queued: Spread
    too_late: Figure
    beyond_outage: Figure
    latest_start: Figure
    latest_start_alone: Figure
    uncovered: Figure
    impact: Figure
    retrain: Figure
    life_covers_need: bool | None


@dataclass(frozen=True)
class VendorRisk:
    """What hangs on one vendor: bases, dependants, their share of all dependants, and the worst band among them."""

    vendor: str
    bases: tuple[str, ...]
    dependants: tuple[str, ...]
    share: Figure
    worst: Band


@dataclass(frozen=True)
class Headline:
    """The few figures of page one: dependants by band, those past their latest start (digests), unproven ones, expected
    uncovered days in all, and the expected impact by currency.
    """

    by_band: tuple[tuple[Band, Figure], ...]
    past_latest_start: tuple[str, ...]
    unproven: tuple[str, ...]
    uncovered: Figure
    impact: tuple[tuple[str, Figure], ...]


@dataclass(frozen=True)
class Assessment:
    """Retirement risk as of one moment. Bases and dependants come in the order of the inputs, vendors by name."""

    as_of: dt.datetime
    bases: tuple[BaseRisk, ...]
    dependants: tuple[DependantRisk, ...]
    requalification: Requalification
    vendors: tuple[VendorRisk, ...]
    headline: Headline


def worst(bands: tuple[Band, ...]) -> Band:
    """Return the worst of `bands`; unknown where there is none."""
    return max(bands, key=BANDS.index, default="unknown")


def _zoned(name: str, moment: dt.datetime) -> None:
    if moment.tzinfo is None:
        raise ValueError(f"{name}: found {moment} without a time zone, expected UTC")


def _stage(name: str) -> None:
    if name not in STAGES:
        raise ValueError(f"found stage {name!r}, expected one of {', '.join(STAGES)}")


def _lengths(names: str, *values: float) -> None:
    for value in values:
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"{names}: found {value}, expected a finite number of 0 or more")
