"""The bodies of what depends on base models: deployments, estimates of requalification, fallback plans and drills."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from evals.engine.fields import Amount, Body, Line, Text
from governance.proof.answers import served
from training.bodies.days import Date

DEPLOYMENT: Final = served.DEPLOYMENT
ESTIMATE: Final = "training.requalification_estimate"
FALLBACK: Final = "training.fallback_plan"
DRILL: Final = "training.fallback_drill"

ORIGINS: Final = served.ORIGINS
NEEDING_A_SUCCESSOR: Final = ("successor", "retrain")

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="code of ISO 4217, such as EUR")]
Criticality = Literal["low", "standard", "high"]
Stage = Literal["data", "plan", "baseline", "run", "verdict", "release"]
"""What is done until a model may serve, each named for what ends it: data ready, plan signed, baseline measured, run
done, verdict given, release signed."""


class DeploymentBody(Body):
    """A service that a model stands behind, as far as continuity needs to know it.

    What it serves is a reference: a release, a run record or a base model. Without one its origin is unproven, and
    `stated_base` says what it is said to run on. `max_outage_hours`: how long it may be without. `until`: the day it
    ended, or will. `daily_impact`: what a day without it costs, in `currency`.
    """

    service: Line
    environment: Annotated[Line, Field(description="such as production or staging")]
    criticality: Criticality
    max_outage_hours: Annotated[int, Field(ge=0, le=87_600)]
    since: Date
    until: Date | None = None
    owner: Annotated[Line, Field(description="a role or a team")]
    need_until: Annotated[Date | None, Field(description="none: as long as the use case needs it")] = None
    daily_impact: Amount | None = None
    currency: Currency | None = None
    stated_base: Annotated[Line | None, Field(description="the base model, as far as anybody says")] = None

    @model_validator(mode="after")
    def _sensible(self) -> "DeploymentBody":
        since = date.fromisoformat(self.since)
        for name in ("until", "need_until"):
            day = getattr(self, name)
            if day is not None and date.fromisoformat(day) < since:
                raise ValueError(f"found {name} {day}, expected no day before {self.since}, since when it serves")
        if (self.daily_impact is None) != (self.currency is None):
            raise ValueError("found one of daily_impact and currency, expected both or neither")
        return self


class StageDays(Body):
    """How long one stage takes, in days: at best, most likely, at worst (three points, Malcolm et al. 1959)."""

    stage: Stage
    low: Amount
    likely: Amount
    high: Amount

    @model_validator(mode="after")
    def _ordered(self) -> "StageDays":
        if not Decimal(self.low) <= Decimal(self.likely) <= Decimal(self.high) <= 3650:
            found = f"{self.low}, {self.likely}, {self.high}"
            raise ValueError(f"{self.stage}: found {found}, expected ascending days, 3650 at most")
        if Decimal(self.high) == 0:
            raise ValueError(f"{self.stage}: found 0 days at worst, expected some time")
        return self


class EstimateBody(Body):
    """How long requalification takes, estimated by people while too little of it was observed."""

    title: Line
    basis: Annotated[Text, Field(description="what the figures rest on, and who was asked")]
    stages: Annotated[list[StageDays], Field(min_length=1, max_length=6)]

    @model_validator(mode="after")
    def _each_once(self) -> "EstimateBody":
        names = [one.stage for one in self.stages]
        if len(set(names)) != len(names):
            raise ValueError(f"found the stages {', '.join(names)}, expected each once")
        return self


class FallbackPlanBody(Body):
    """What is done when a base model goes away: how, by whom, begun when, and how often that is practised.

    Its references name the base model it is for, a successor, and the acceptance thresholds (with their evaluation
    set) by which the successor is measured.
    """

    title: Line
    route: Literal["successor", "retrain", "own_weights", "by_hand", "withdraw"]
    steps: Annotated[Text, Field(description="what is done, in order")]
    owner: Annotated[Line, Field(description="a role or a team")]
    trigger_date: Annotated[Date, Field(description="it begins on this day at the latest")]
    drill_days: Annotated[int, Field(ge=1, le=1095, description="it is practised at least every so many days")]


class FallbackDrillBody(Body):
    """That a fallback plan was practised, and what came of it."""

    date: Date
    outcome: Literal["passed", "failed"]
    finding: Text
