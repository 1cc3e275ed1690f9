"""The bodies of use cases, and of records of how one decided to serve them."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from evals.engine.fields import Body, DecimalText, Line, Text
from training.bodies.days import Date

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
