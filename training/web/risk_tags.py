"""Template filters for retirement risk."""

from collections.abc import Mapping
from typing import Any

from django import template

from training.bodies.risk import StageLine, Sum
from training.lifecycle import phrases

register = template.Library()


@register.filter
def figure_words(figure: Mapping[str, Any]) -> str:
    """A figure with its unit, and what must be known before relying on it."""
    return phrases.figure(figure)


@register.filter
def summed(found: Sum, unit: str) -> str:
    """A sum over services with its unit, and what must be known before relying on it."""
    return phrases.summed(found, unit)


@register.filter
def share_words(share: str) -> str:
    """A share of all services."""
    return phrases.chance(float(share))


@register.filter
def took_words(line: StageLine, share: str) -> str:
    """How long a stage takes in so many of 100 cases: p50, p80 or p95."""
    return phrases.took(line, share)


@register.filter
def day_words(day: str | None) -> str:
    """A day that is written down, as people write it; "" where there is none."""
    if not day:
        return ""
    found = phrases.on(day)
    return f"{found.day} {found:%b %Y}"
