"""When to ask again, and when not before. Pure but for the clock it is given.

Waiting doubles from try to try and is drawn from the whole range up to that ("full jitter"), so that many callers that
were turned away together do not come back together: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture
Blog, 2015. A server that says how long to wait (Retry-After: RFC 9110, section 10.2.3) is obeyed by all callers.
"""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 60.0
LONGEST_OBEYED: Final = 600.0
"""seconds; a server that asks for more is given up on no earlier than this"""
AGAIN: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Answers that may be different next time."""


def backoff(attempt: int, jitter: Callable[[float, float], float] = random.uniform) -> float:
    """Return the seconds to wait after the failed try number `attempt`, counted from 0."""
    return jitter(0.0, min(FIRST_WAIT * 2**attempt, LONGEST_WAIT))


def asked_to_wait(header: str | None, now: datetime) -> float:
    """Return the seconds a Retry-After header asks for (a number or an HTTP date); 0 without one that can be read."""
    if header is None:
        return 0.0
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_OBEYED)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_OBEYED)


class GivenUp(Exception):
    """Nothing more is to be asked: somebody else's request failed for good."""


class Pace:
    """Lets requests through one by one: not faster than `per_minute`, and none before a time the server named."""

    def __init__(self, per_minute: int | None) -> None:
        self._gap = 60.0 / per_minute if per_minute is not None else 0.0
        self._next = 0.0
        self._closed_until = 0.0
        self._over = asyncio.Event()

    def give_up(self) -> None:
        """Let nobody through any more; whoever waits is told at once."""
        self._over.set()

    def close_for(self, seconds: float) -> None:
        """Let nobody through for `seconds`."""
        self._closed_until = max(self._closed_until, time.monotonic() + seconds)

    async def turn(self) -> None:
        """Wait for one's turn, or raise GivenUp."""
        while not self._over.is_set():
            now = time.monotonic()
            due = max(self._next, self._closed_until)
            if now >= due:
                self._next = now + self._gap
                return
            await self.rest(due - now)
        raise GivenUp

    async def rest(self, seconds: float) -> None:
        """Wait so many seconds, or raise GivenUp."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)
            raise GivenUp
