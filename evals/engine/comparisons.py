"""How arms differ from one of them, as it is told: pydantic only, so that the control plane can read it."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from evals.engine.fields import Body, DecimalText, Line, Name

Said = Literal["better", "worse", "not told apart"]


class Difference(Body):
    """One metric of an arm minus (or divided by) that of the arm it is compared with, over the same cases.

    `low` and `high` are each a one-sided 95 % bound. `better` says whether more of the metric is better.
    """

    how: Literal["difference", "ratio"]
    value: DecimalText
    low: DecimalText | None
    high: DecimalText | None
    n: Annotated[int, Field(ge=0)]
    method: Line
    better: bool

    @property
    def said(self) -> Said:
        """What the bounds tell: better or worse when both lie on one side of no difference."""
        none = Decimal(1) if self.how == "ratio" else Decimal(0)
        if self.low is not None and Decimal(self.low) > none:
            return "better" if self.better else "worse"
        if self.high is not None and Decimal(self.high) < none:
            return "worse" if self.better else "better"
        return "not told apart"


class Comparison(Body):
    """Arms by name → slice → metric → how it differs from the arm `reference`."""

    reference: str
    arms: dict[str, dict[Name, dict[str, Difference]]]
