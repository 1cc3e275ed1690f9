"""Lengths of time, chances and sums as an assessment of retirement risk says them."""

from collections.abc import Mapping
from typing import Any, Final

BANDS: Final = ("red", "amber", "unknown", "green")
"""From the worst to the best, as people read them."""
LABELS: Final[Mapping[str, str]] = {
    "": "",
    "estimate": "by estimate",
    "earliest": "that day or later",
    "tentative": "may move",
    "weak": "weak",
    "upper bound": "at most",
    "at least": "at least",
    "unbounded": "longer than anything observed",
    "held": "no end: the weights are held here",
    "unknown": "not known",
}


def took(line: Mapping[str, Any], share: str) -> str:
    """Return how long a stage takes in words; without a basis nobody knows, else None is longer than any observed."""
    return "not known" if line["basis"] == "none" else days(line[share])


def chance(value: float, *, simulated: bool = False) -> str:
    """Return a probability in words: only what is certain is said to be 0% or 100%, and no simulation makes it so."""
    if value < 0.01 and (value > 0 or simulated):
        return "under 1%"
    if round(value, 2) == 1 and (value < 1 or simulated):
        return "over 99%"
    return f"{value:.0%}"


def days(text: str | None) -> str:
    """Return a number of days in words; None is longer than anything observed."""
    if text is None:
        return "not bounded"
    value = round(float(text), 1)
    return f"{value:g} day{'' if value == 1 else 's'}"


def summed(found: Mapping[str, Any], unit: str) -> str:
    """Return a sum with its unit, and what must be known before relying on it."""
    label = LABELS.get(found["label"], found["label"])
    if found["value"] is None:
        return label or "not known"
    said = days(found["value"]) if unit == "days" else f"{found['value']} {unit}"
    return f"{said} ({label})" if label else said
