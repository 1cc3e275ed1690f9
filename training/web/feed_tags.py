"""Template filters for what sources say of base models."""

from typing import Any

from django import template

from governance.proof.sections.tuning import PHASES
from training.lifecycle.feeds.registry import RANKS
from training.lifecycle.model import Seen

register = template.Library()


@register.filter
def ends_what(phase: str) -> str:
    """What a phase is about, in words."""
    return PHASES.get(phase, phase)


@register.filter
def rank_words(rank: int) -> str:
    """What a source's rank means."""
    return RANKS.get(rank, "")


@register.filter
def said_date(word: Any) -> str:
    """A date as it is meant, or that the source names none; takes a word, or an observation of a document."""
    date, precision = (word.date, word.precision) if isinstance(word, Seen) else (word["date"], word["precision"])
    if date is None:
        return "no date"
    return {"exact": f"{date}", "earliest": f"{date} or later", "tentative": f"{date}, may move"}[precision]


@register.simple_tag
def moved(before: Seen, after: Seen) -> str:
    """How a source's date moved between two of its words; nothing where it did not."""
    if before.date is None or after.date is None:
        return "" if before.date == after.date else "named again" if after.date else "no date any more"
    days = (after.date - before.date).days
    if days == 0:
        return ""
    unit = "day" if abs(days) == 1 else "days"
    return f"{abs(days):,} {unit} {'later' if days > 0 else 'earlier'}"
