"""The ledger's time: never earlier than the entry before, with a word on the clock where it misbehaved."""

import time
from datetime import datetime, timedelta

from django.utils import timezone

# Several machines may write: their clocks are never quite alike.
BEHIND = timedelta(seconds=1)
AHEAD = timedelta(seconds=60)
# Counts on while the machine sleeps, where the system has such a clock.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_MICROSECOND = timedelta(microseconds=1)

_last: tuple[datetime, float] | None = None


def now_after(previous: datetime | None) -> tuple[datetime, int | None]:
    """Return the time of a mutation, max(previous, now), and what its leaves say of the clock (None: nothing).

    That is in microseconds: negative, the clock was behind `previous` by more than BEHIND; positive, since this process
    last saw it behave the clock went ahead of the machine's steady clock by more than AHEAD.
    """
    global _last  # replaced whole: threads see one pair or another
    now, steady = timezone.now(), time.clock_gettime(_STEADY)
    if previous is not None and now < previous - BEHIND:
        return previous, (now - previous) // _MICROSECOND
    before, _last = _last, (now, steady)
    if before is not None:
        ahead = (now - before[0]) - timedelta(seconds=steady - before[1])
        if ahead > AHEAD:
            return now, ahead // _MICROSECOND
    return (now if previous is None or now > previous else previous), None
