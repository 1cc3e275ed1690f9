"""What ran before, and why something is not safe to run: the rule of the last safe version. Pure.

Server and verifier share this.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol, TypeVar

from governance.proof.answers.approval import beneath
from governance.proof.answers.inforce import FALLEN, InForce, Standing
from governance.proof.answers.running import Span
from governance.proof.formats.envelope import Envelope

UNPROVEN: Final = "of unproven origin"
NO_RELEASE: Final = "no release: nobody agreed here that it may serve"
NO_RUN: Final = "no accepted run stands behind it"
ROLLED_BACK: Final = "rolled back"
SAFE: Final = "safe"
PARTLY: Final = "safe, not all that it rests on in force"
UNSAFE: Final = "not safe"
STILL: Final = frozenset({Standing.IN_FORCE, Standing.SUPERSEDED})
"""how the sign-off of a release that can be gone back to stands"""


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


def unsigned(found: InForce, span: Span | None) -> Iterator[str]:
    """Yield why a release that stands so is not safe by its sign-off; `span`: when it ran."""
    if found.since is None:
        yield f"its release was never agreed ({found.standing.value})"
    elif span is not None and span.ends is not None and found.since >= span.ends:
        yield f"its release was agreed on {found.since:%Y-%m-%d %H:%M} UTC only, when it ran no more"
    if found.since is not None and found.standing not in STILL:
        yield f"its release is {found.standing.value}" + (f": {found.why}" if found.why else "")
    if found.unmet:
        yield f"a condition of its release is not met: {found.unmet[0].text}"


def fallen(
    release: str, documents: Mapping[str, Envelope], stands: Mapping[str, InForce], called: Mapping[str, str]
) -> Iterator[str]:
    """Yield what of all that a release rests on was taken back, by how each stands."""
    for digest in beneath(release, documents):
        if digest in stands and stands[digest].standing in FALLEN:
            yield f"it rests on {called[digest]}, which is {stands[digest].standing.value}"


def told(reasons: Sequence[str], below: Sequence[str] = ()) -> str:
    """Return how something that ran before is told of; `below`: what of that which it rests on is not in force."""
    if reasons or not below:
        return "; ".join(reasons) or SAFE
    return f"{PARTLY}: {', '.join(below)}"


def is_safe(text: str) -> bool:
    """Return whether a cell tells of something as safe, as `told` does."""
    return text == SAFE or text.startswith(f"{PARTLY}: ")
