"""What ran before, and why something is not safe to run: the rule of the last safe version. Pure.

Server and verifier share this.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Protocol, TypeVar

from governance.proof.running import Span

UNPROVEN: Final = "of unproven origin"
NO_RELEASE: Final = "no release: nobody agreed here that it may serve"
NO_RUN: Final = "no accepted run stands behind it"
ROLLED_BACK: Final = "rolled back"
SAFE: Final = "safe"


class Event(Protocol):
    """What happened to a service: `now` took the place of `before`."""

    @property
    def what(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def before(self) -> str: ...


E_ = TypeVar("E_", bound=Event)


def ran_before(spans: Iterable[Span], candidates: Iterable[str], time: datetime) -> dict[str, Span]:
    """Return what ran before what ran at a time (its `candidates`), the last last, with when it last did."""
    then, ran = set(candidates), dict[str, Span]()
    for span in spans:
        what = span.answer.what
        if span.begins <= time and what is not None and what not in then:
            ran.pop(what, None)
            ran[what] = span
    return ran


def rolled_back(events: Iterable[E_], spans: Sequence[Span], known: datetime) -> dict[str, E_]:
    """Return what was rolled back from in a service and surely ran there no more since, with the last such rollback.

    `events` are those that count, in the order in which they were so. What ran there again by `known`, the time as of
    which it is asked, was put back, whether an event says so or the register alone; where records leave open whether it
    ran, it was not.
    """
    last = {event.before: event for event in events if event.what == ROLLED_BACK and event.before}
    again: dict[str, datetime] = {}
    for span in spans:
        if span.answer.what is not None and span.begins <= known:
            again[span.answer.what] = span.begins
    return {what: event for what, event in last.items() if what not in again or again[what] <= event.at}


def back(at: datetime, reason: str) -> str:
    """Return that something was rolled back from."""
    return f"rolled back from on {at:%Y-%m-%d %H:%M} UTC: {reason}"


def marked(title: str) -> str:
    """Return that something was marked unsafe."""
    return f"marked unsafe because of an incident: {title}"


def rests_on(called: str, standing: str) -> str:
    """Return that something that it rests on was taken back."""
    return f"it rests on {called}, which is {standing}"


def told(reasons: Sequence[str]) -> str:
    """Return how something that ran before is told of."""
    return "; ".join(reasons) or SAFE
