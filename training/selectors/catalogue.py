"""The organisation's base models as a list: where they are, what they may be used for, and when they end as known."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from governance.models import Document
from governance.selectors import documents as docs
from training.bodies.base_models import BaseModelBody
from training.lifecycle.model import PHASES, SERVING_ENDS, Seen
from training.lifecycle.words import current, earliest, is_stale
from training.selectors import base_models, observations


@dataclass(frozen=True)
class Entry:
    """A base model: its document, and what sources say now.

    `ends` is the earliest date on which any source says that it cannot be used any more, None when none names one.
    `current` are the last words of all sources, `moved` counts dates that were moved, `conflicts` the things on which
    sources disagree. `read_at` is when the word in `ends`, or without one the newest, was last read; `stale` says that
    this is longer ago than the policy allows.
    """

    document: Document
    body: BaseModelBody
    current: tuple[Seen, ...]
    ends: Seen | None
    moved: int
    conflicts: int
    read_at: datetime | None
    stale: bool


def entries(size: int | None = None, at: datetime | None = None, stale_days: int | None = None) -> list[Entry]:
    """Return the newest version of every base model, those that end first before, then those without a date.

    `stale_days` is the policy's, for callers that have asked already. The number of queries is constant.
    """
    now = timezone.now() if at is None else at
    models = base_models.newest(size)
    days = observations.stale_days(size) if stale_days is None else stale_days
    words = observations.seen(models, size, at)
    found = [_entry(model, words[model.digest], now, days) for model in models]
    return sorted(found, key=lambda one: (one.ends is None, one.ends and one.ends.date, one.document.title))


def last_read(word: Seen) -> datetime:
    """Return when a source was last found to say so."""
    return max((word.retrieved_at, *word.read_again))


def _entry(model: Document, words: Iterable[Seen], now: datetime, stale_days: int) -> Entry:
    said = tuple(words)
    holding = current(said, PHASES, now)
    ends = earliest(one for one in holding if one.phase in SERVING_ENDS)
    newest = ends or max(holding, key=last_read, default=None)
    body: BaseModelBody = docs.frozen_body(model, BaseModelBody)
    return Entry(
        document=model,
        body=body,
        current=holding,
        ends=ends,
        moved=sum(len(track.moves) for track in observations.tracks(said)),
        conflicts=len(observations.conflicts(holding)),
        read_at=last_read(newest) if newest is not None else None,
        stale=newest is None or is_stale(newest, now, stale_days),
    )
