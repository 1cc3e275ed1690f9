"""The preset that a plan was made from, and where the plan is looser than it says: out of both bodies."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from governance.proof.sections.held import Paper

Body = Mapping[str, Any]
USUAL_POWER: Final = Decimal("0.8")
"""the power that a threshold counts on which names none"""
ROLE: Final = "signed_preset"
BUILT_IN: Final[Mapping[str, Body]] = {
    "standard": {
        "title": "Standard preset", "preset": "standard", "alpha": "0.05", "power": "0.8", "n_min": 50,
    },
    "strict": {
        "title": "Strict preset", "preset": "strict", "alpha": "0.01", "power": "0.9", "n_min": 100, "subgroups": True,
    },
}  # fmt: skip
"""The presets that come with the program: templates of documents to sign, and what fills a form where none is."""


def departures(plan: Body, preset: Body) -> list[str]:
    """Return where a plan is looser than its preset, in words; stricter is no departure."""
    found = [f"{one['id']}: {', '.join(looser)}" for one in plan["thresholds"] if (looser := _looser(one, preset))]
    if (
        preset.get("subgroups")
        and plan.get("subgroups") is None
        and all(t["kind"] != "gap" for t in plan["thresholds"])
    ):
        found.append("no groups of people are compared, and no reason is given")
    return found


def _looser(one: Body, preset: Body) -> list[str]:
    power = one.get("power")
    named = power or f"not named, so {USUAL_POWER}"
    counted = Decimal(power) if power is not None else USUAL_POWER
    apart = [each.get("cluster_key", "cluster") for each in (one, preset)] == ["none", "cluster"]
    failing = preset.get("missing_policy", "failure") == "failure"
    asked = (
        (Decimal(one["alpha"]) > Decimal(preset["alpha"]), f"α {one['alpha']} instead of {preset['alpha']}"),
        (counted < Decimal(preset["power"]), f"power {named} instead of {preset['power']}"),
        (one["n_min"] < preset["n_min"], f"{one['n_min']} cases instead of {preset['n_min']}"),
        (apart, "cases of one cluster count as independent"),
        (
            failing and one["missing_policy"] != "failure",
            "missing answers are left out instead of being failures",
        ),
    )
    return [words for looser, words in asked if looser]


def made(name: str, preset: str | None, found: list[str]) -> str:
    """Return in a sentence what a plan was made from: a preset by name, or the signed one, as it is called."""
    if preset is None and name == "own":
        return "Everything is said at each threshold."
    said = f"Made from {preset}"
    if preset is None:
        said = f"Filled by the preset “{name}” as it is built in; no signed preset is named"
    if found:
        return f"{said}. Looser than it says: {'; '.join(found)}."
    return f"{said}." if preset is None else f"{said}, throughout."


def called(title: str, number: int, digest: str) -> str:
    """Return how a signed preset is named there."""
    return f"{title} v{number} ({digest[:19]}…)"


def looser(thresholds: Paper) -> str | None:
    """Return the sentence where a plan is looser than its preset; None where it is not."""
    plan, signed = thresholds.body, thresholds.linked(ROLE)
    said = signed.body if signed is not None else BUILT_IN.get(plan["preset"])
    found = departures(plan, said) if said is not None else []
    named = called(signed.title, signed.number, signed.digest) if signed is not None else None
    return made(plan["preset"], named, found) if found else None
