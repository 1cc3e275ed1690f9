"""How pages and reports say what an assessment found."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from training.bodies.risk import StageLine, Sum

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


def took(line: StageLine, share: str) -> str:
    """Return how long a stage takes in words; without a basis nobody knows, else None is longer than any observed."""
    return "not known" if line.basis == "none" else days(getattr(line, share))


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


def summed(found: Sum, unit: str) -> str:
    """Return a sum with its unit, and what must be known before relying on it."""
    label = LABELS.get(found.label, found.label)
    if found.value is None:
        return label or "not known"
    said = days(found.value) if unit == "days" else f"{found.value} {unit}"
    return f"{said} ({label})" if label else said


def on(text: str) -> date:
    """Return the day that ISO text names."""
    return date.fromisoformat(text)


def figure(found: Mapping[str, Any]) -> str:
    """Return a figure with its unit, and what must be known before relying on it."""
    value, unit, label = found["value"], found["unit"], LABELS.get(found["label"], found["label"])
    if value is None:
        endless = found["label"] == "unbounded" and found["formula"].startswith("freeze")
        return "without a known end" if endless else label or "not known"
    if unit == "days":
        said = days(str(value))
    elif unit in ("share", "probability"):
        said = chance(float(value), simulated=any(name == "runs" for name, _ in found["inputs"]))
    elif unit == "date":
        day = on(value)
        said = f"{day.day} {day:%b %Y}"
    else:
        said = f"{value} {unit}".strip() if unit not in ("date", "day", "count", "") else str(value)
    return f"{said} ({label})" if label else said
