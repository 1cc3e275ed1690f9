"""What each source says at a moment: its last word on a model, channel and phase."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from training.lifecycle.model import Phase, Seen


def current(seen: Iterable[Seen], phases: tuple[Phase, ...], as_of: dt.datetime) -> tuple[Seen, ...]:
    """Return the last words on these phases that were known at `as_of`, in the order in which they were recorded.

    A source's last word on a model, channel and phase is what the newest document retrieved from it says; where that
    says several things, all of them. Conditions on use ("15 idle days") are words of their own beside dates.
    """
    known = [one for one in seen if one.phase in phases and one.retrieved_at <= as_of]
    by_subject = defaultdict(list)
    for one in known:
        by_subject[one.source, one.model, one.channel, one.phase, one.idle_days is None].append(one)
    last: list[Seen] = []
    for words in by_subject.values():
        newest = max((one.retrieved_at, one.seq) for one in words)
        last += (one for one in words if (one.retrieved_at, one.seq) == newest)
    return tuple(sorted(last, key=lambda one: (one.seq, one.place)))


def is_stale(word: Seen, as_of: dt.datetime, days: int) -> bool:
    """Return whether the source was last read more than `days` before `as_of`; what was read later does not count."""
    readings = (word.retrieved_at, *(moment for moment in word.read_again if moment <= as_of))
    return as_of - max(readings) > dt.timedelta(days=days)


def took_back(word: Seen, seen: Iterable[Seen]) -> bool:
    """Return whether a source's word gives no date where among `seen` the same source gave one before."""
    if word.date is not None or is_rule(word):
        return False
    thing, at = (word.source, word.model, word.channel, word.phase), (word.retrieved_at, word.seq)
    return any(
        one.date is not None
        and (one.source, one.model, one.channel, one.phase) == thing
        and (one.retrieved_at, one.seq) < at
        for one in seen
    )


def earliest(words: Iterable[Seen]) -> Seen | None:
    """Return the word with the earliest date: among equals the most exact, then of the best source; None without."""
    dated = [(one.date, one.precision != "exact", one.rank, one.seq, one.place, one) for one in words if one.date]
    return min(dated, key=lambda entry: entry[:5])[5] if dated else None


def is_rule(word: Seen) -> bool:
    """Return whether it only says on which condition access is lost, not when."""
    return word.date is None and word.idle_days is not None
