"""How pages and reports say what an assessment found."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from governance.proof.sections import lengths
from governance.proof.sections.lengths import BANDS, LABELS, chance, days
from training.bodies.risk import StageLine, Sum

__all__ = ["BANDS", "LABELS", "chance", "days", "figure", "on", "summed", "took"]


def took(line: StageLine, share: str) -> str:
    """Return how long a stage takes in words; without a basis nobody knows, else None is longer than any observed."""
    return lengths.took(line.model_dump(mode="json"), share)


def summed(found: Sum, unit: str) -> str:
    """Return a sum with its unit, and what must be known before relying on it."""
    return lengths.summed(found.model_dump(mode="json"), unit)


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
