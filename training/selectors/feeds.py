"""How each source of lifecycle dates stands: when it was last read, whether that is too long ago, what failed since."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from governance import events
from governance.proof.formats.fields import moment
from governance.selectors import ledger
from governance.selectors.reasons import ERASED
from training import feed_list
from training.selectors import observations
from training.selectors.observations import Reading

_NAMES = uuid.UUID("5a1f6f0e-6f6b-4d0b-9a55-2d8f0c0e7b1a")


@dataclass(frozen=True)
class Failure:
    """The last time a feed could not be read: when, and why."""

    at: datetime
    seq: int
    reason: str


@dataclass(frozen=True)
class State:
    """One source. `failure` is what went wrong since it was last read; `listed`: the worker reads it by itself."""

    name: str
    reading: Reading | None
    failure: Failure | None
    listed: bool
    stale: bool


def subject(source: str) -> str:
    """Return how the ledger names a feed: by an identifier that stands for the name of its source."""
    return f"feed:{uuid.uuid5(_NAMES, source)}"


def states(size: int | None = None, at: datetime | None = None, stale_days: int | None = None) -> list[State]:
    """Return every source that was ever read or is listed, by name. The number of queries is constant.

    `stale_days` is the policy's, for callers that have asked already.
    """
    now = timezone.now() if at is None else at
    oldest = now - timedelta(days=observations.stale_days(size) if stale_days is None else stale_days)
    read = {one.source.name: one for one in observations.readings(size)}
    listed = {one.source for one in feed_list.listed()} if size is None else set()
    failed = _failures(read.keys() | listed, size)
    return [
        State(
            name=name,
            reading=(reading := read.get(name)),
            failure=found if (found := failed.get(name)) and (reading is None or found.seq > reading.seq) else None,
            listed=name in listed,
            stale=reading is None or reading.at < oldest,
        )
        for name in sorted(read.keys() | listed)
    ]


def _failures(names: set[str], size: int | None) -> dict[str, Failure]:
    by_subject = {subject(name): name for name in names}
    last = {}
    for leaf in ledger.leaves_of([events.FEED_FAILED]):
        if size is None or leaf.seq < size:
            last.update({by_subject[one]: leaf for one in leaf.subjects if one in by_subject})
    openings = ledger.openings(leaf.seq for leaf in last.values())
    return {
        name: Failure(moment(leaf.time), leaf.seq, str(openings.get(leaf.seq, {}).get("reason", ERASED)))
        for name, leaf in last.items()
    }
