"""How arms differ from one of them, as it is told: pydantic only, so that the control plane can read it."""

from typing import Literal

from evals.engine.fields import Body, Count, DecimalText, Line, Name
from governance.proof.sections import counts


class Difference(Body):
    """One metric of an arm minus (or divided by) that of the arm it is compared with, over the same cases.

    `low` and `high` are each a one-sided 95 % bound. `better` says whether more of the metric is better.
    """

    how: Literal["difference", "ratio"]
    value: DecimalText
    low: DecimalText | None
    high: DecimalText | None
    n: Count
    method: Line
    better: bool

    @property
    def said(self) -> str:
        """What the bounds tell: better, worse, or not told apart."""
        return counts.tells(self.model_dump())


class Comparison(Body):
    """Arms by name → slice → metric → how it differs from the arm `reference`."""

    reference: str
    arms: dict[str, dict[Name, dict[str, Difference]]]
