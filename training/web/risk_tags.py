"""Template filters for retirement risk."""

from collections.abc import Mapping
from typing import Any

from django import template

from training import risk_words
from training.risk_bodies import Counts

register = template.Library()


@register.filter
def figure_words(figure: Mapping[str, Any]) -> str:
    """A figure with its unit, and what must be known before relying on it."""
    return risk_words.figure(figure)


@register.filter
def days_words(text: str | None) -> str:
    """A number of days in words."""
    return risk_words.days(text)


@register.filter
def day_words(day: str | None) -> str:
    """A day that is written down, as people write it; "" where there is none."""
    if not day:
        return ""
    found = risk_words.on(day)
    return f"{found.day} {found:%b %Y}"


@register.filter
def phase_words(phase: str) -> str:
    """What a lifecycle phase ends, in words."""
    return risk_words.PHASES.get(phase, phase)


@register.filter
def in_all(counts: Counts) -> int:
    """How many services there are in all bands."""
    return sum(getattr(counts, band) for band in risk_words.BANDS)
