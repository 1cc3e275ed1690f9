"""Presets: what fills the calculation of a threshold, agreed once, and where a plan is looser than its preset says."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from evals.engine.fields import Body, Line, Share
from evals.engine.thresholds import MOST_ALPHA, ThresholdsBody
from governance.proof.sections import presets


class PresetBody(Body):
    """What each threshold of a plan gets where it says nothing of its own.

    `subgroups` asks a plan for a gap between groups of people, or for the reason why none applies.
    """

    title: Line
    preset: Literal["standard", "strict"]
    alpha: Share
    power: Share
    n_min: Annotated[int, Field(ge=1, le=10_000_000)]
    cluster_key: Literal["cluster", "none"] = "cluster"
    missing_policy: Literal["failure", "excluded_with_bound"] = "failure"
    subgroups: bool = False

    @model_validator(mode="after")
    def _possible(self) -> "PresetBody":
        if not 0 < Decimal(self.alpha) <= MOST_ALPHA:
            raise ValueError(f"found alpha {self.alpha!r}, expected more than '0' and at most '{MOST_ALPHA}'")
        if not Decimal("0.5") <= Decimal(self.power) < 1:
            raise ValueError(f"found the power {self.power!r}, expected at least '0.5' and below '1'")
        return self

    @property
    def words(self) -> str:
        """What it fills in, in a line."""
        groups = "; subgroups compared or a reason why not" if self.subgroups else ""
        return f"α {self.alpha}, power {self.power}, {self.n_min} cases{groups}"

    @property
    def fills(self) -> Mapping[str, Any]:
        """The members of a threshold that it fills where they are left empty."""
        return {"alpha": self.alpha, "power": self.power, "n_min": self.n_min}


BUILT_IN: Final[Mapping[str, PresetBody]] = {
    name: PresetBody.model_validate(body) for name, body in presets.BUILT_IN.items()
}
"""The presets that come with the program: templates of documents to sign, and what fills a form where none is."""


def departures(plan: ThresholdsBody, preset: PresetBody) -> list[str]:
    """Return where a plan is looser than its preset, in words; stricter is no departure."""
    return presets.departures(plan.model_dump(mode="json"), preset.model_dump(mode="json"))
