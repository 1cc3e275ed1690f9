"""Presets: what fills the calculation of a threshold, agreed once, and where a plan is looser than its preset says."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from evals.engine.fields import Body, Line, Share
from evals.engine.thresholds import MOST_ALPHA, USUAL_POWER, Threshold, ThresholdsBody


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
    "standard": PresetBody(title="Standard preset", preset="standard", alpha="0.05", power="0.8", n_min=50),
    "strict": PresetBody(
        title="Strict preset", preset="strict", alpha="0.01", power="0.9", n_min=100, subgroups=True
    ),
}  # fmt: skip
"""The presets that come with the program: templates of documents to sign, and what fills a form where none is."""


def departures(plan: ThresholdsBody, preset: PresetBody) -> list[str]:
    """Return where a plan is looser than its preset, in words; stricter is no departure."""
    found = [f"{one.id}: {', '.join(looser)}" for one in plan.thresholds if (looser := _looser(one, preset))]
    if preset.subgroups and plan.subgroups is None and all(one.kind != "gap" for one in plan.thresholds):
        found.append("no groups of people are compared, and no reason is given")
    return found


def _looser(one: Threshold, preset: PresetBody) -> list[str]:
    named = one.power or f"not named, so {USUAL_POWER}"
    asked = (
        (Decimal(one.alpha) > Decimal(preset.alpha), f"α {one.alpha} instead of {preset.alpha}"),
        (one.counted_power < Decimal(preset.power), f"power {named} instead of {preset.power}"),
        (one.n_min < preset.n_min, f"{one.n_min} cases instead of {preset.n_min}"),
        (one.cluster_key == "none" and preset.cluster_key == "cluster", "cases of one cluster count as independent"),
        (
            one.missing_policy != "failure" and preset.missing_policy == "failure",
            "missing answers are left out instead of being failures",
        ),
    )
    return [words for looser, words in asked if looser]
