"""What a service ran, by the documents that tell of it: its versions in the register, and what happened to it. Pure.

Server and verifier share this. What is said is turned into claims, of which `running` makes the answer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from governance.proof.answers.running import NOTHING, Answer, Claim, Span
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.fields import moment
from governance.proof.words.printed import second

DEPLOYMENT: Final = "training.deployment"
EVENT: Final = "training.deployment_event"
MARK: Final = "training.incident_mark"
"""the kinds of documents that tell of it: the register of services, what happened to one, and what is unsafe to run"""
ORIGINS: Final = ("release", "run_record", "base_model")
"""the roles in which a deployment may name what it serves: one of them, or none when nothing proves it"""
STATED: Final = "stated: "
INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Version:
    """What one version of the register says: that `what` serves since a day, and until another if it has ended.

    `seq` and `at` are of the ledger entry that tells of it. One that was registered `with_event` claims nothing beside
    that event.
    """

    digest: str
    seq: int
    at: datetime
    what: str
    since: str
    until: str | None
    with_event: bool


@dataclass(frozen=True)
class Happened:
    """What happened to a service at a moment: `now` took the place of `before`. `seq`, `known_at`: of its entry."""

    digest: str
    seq: int
    what: str
    at: datetime
    known_at: datetime
    now: str
    before: str
    reason: str


def version(digest: str, document: Envelope, seq: int, at: datetime, registered: Iterable[str]) -> Version:
    """Return what a deployment says; `registered` are those that events were registered with."""
    body, links = document.body, _links(document)
    what = next((links[role] for role in ORIGINS if role in links), stated(body.get("stated_base")))
    return Version(digest, seq, at, what, str(body["since"]), body.get("until"), digest in registered)


def event(digest: str, document: Envelope, seq: int, at: datetime) -> Happened:
    """Return what an event says."""
    body, links = document.body, _links(document)
    now = links.get("now") or stated(body.get("stated"))
    before = links.get("before") or stated(body.get("stated_before"))
    return Happened(digest, seq, str(body["what"]), moment(str(body["at"])), at, now, before, str(body["reason"]))


def claims(versions: Sequence[Version], events: Iterable[Happened]) -> Iterator[Claim]:
    """Yield what the versions of one deployment claim, the first first, and what its events do.

    Versions in a row that name the same tell of one stretch, of which the last knows best when it began and ended,
    unless an event tells that something else ran in between. A version that names something else, and not since when,
    tells that it changed some time after the one before was registered.
    """
    happened, stretches = list(events), list[list[Version]]()
    counts = counting(happened)
    for one in versions:
        last = stretches[-1][-1] if stretches else None
        if last is not None and last.what == one.what and not _again(last, one) and not _between(last, one, counts):
            stretches[-1].append(one)
        else:
            stretches.append([one])
    for number, stretch in enumerate(stretches):
        before = stretches[number - 1][-1] if number else None
        after = stretches[number + 1][0] if number + 1 < len(stretches) else None
        yield from _stretch(stretch, before, after)
    for each in happened:
        yield Claim(each.now, each.at, each.at, each.seq, each.before, each.digest)


def plain(name: str) -> str:
    """Return a name as it is compared."""
    return " ".join(name.casefold().split())


def stated(name: str | None) -> str:
    """Return how a claim names what is only said to run."""
    return f"{STATED}{plain(name)}" if name else NOTHING


def named(what: str, called: Mapping[str, str]) -> str:
    """Return what a claim's name stands for, in words; `called` has the titles of documents."""
    if what == NOTHING:
        return "nothing"
    return called.get(what) or f"“{what.removeprefix(STATED)}” (unproven origin)"


def headline(service: str, time: datetime, ran: Answer, names: Sequence[str]) -> str:
    """Return the answer to what ran in a service at a time, in one sentence; `names` are those of its candidates."""
    when = f"{time:%Y-%m-%d %H:%M:%S} UTC"
    if ran.state == "before":
        return f"Nothing on record ran in {service} at {when} yet."
    if ran.state == "nothing":
        return f"Nothing ran in {service} at {when}: it had stopped."
    if ran.state == "unclear":
        return f"It is not clear which of {' and '.join(names)} ran in {service} at {when}."
    return f"{names[0]} ran in {service} at {when}."


def title(body: Mapping[str, object]) -> str:
    """Return what a service is called, by what the register says of it."""
    return f"{body['service']} ({body['environment']})"


def key(body: Mapping[str, object]) -> tuple[str, str]:
    """Return which service of a project it is, however its name and environment are spaced and cased."""
    return plain(str(body["service"])), plain(str(body["environment"]))


def counting(events: Sequence[Happened]) -> list[Happened]:
    """Return the events of one deployment without those that were recorded again about the same moment."""
    newest = {each.at: each for each in sorted(events, key=lambda each: each.seq)}
    return [each for each in events if newest[each.at] is each]


def span_rows(spans: Sequence[Span], called: Mapping[str, str]) -> list[tuple[str, str, str, str]]:
    """Return what ran, the last first, as tables tell it."""
    rows = []
    for span in reversed(spans):
        answer = span.answer
        opened = "contradiction" if answer.overlap else "not known when" if answer.state == "unclear" else ""
        names = " or ".join(named(what, called) for what in answer.candidates) or "nothing"
        rows.append((second(span.begins), second(span.ends) if span.ends else "still so", names, opened))
    return rows


def _links(document: Envelope) -> dict[str, str]:
    return {link.role: link.digest for link in document.references}


def _again(earlier: Version, later: Version) -> bool:
    """Return whether it had ended and began anew."""
    return earlier.until is not None and later.since >= earlier.until


def _between(earlier: Version, later: Version, events: Iterable[Happened]) -> bool:
    """Return whether something else ran, by an event, between the days since which two versions name one thing."""
    return any(
        _midnight(earlier.since) <= each.at < _midnight(later.since) and each.now != later.what for each in events
    )


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def _stretch(stretch: Sequence[Version], before: Version | None, after: Version | None) -> Iterator[Claim]:
    first = stretch[0]
    restated = next((one for one in reversed(stretch) if one.since != first.since), None)
    if restated is not None and not restated.with_event:
        yield _on_day(restated, restated.since, restated.what)
    elif not first.with_event:
        if before is None or first.since > before.since:
            yield _on_day(first, first.since, first.what)
        else:
            ends = max(first.at, before.at + INSTANT)
            yield Claim(first.what, before.at, ends, first.seq, source=first.digest)
    ended = stretch[-1]
    over = after is None or _again(ended, after)
    if over and ended.until is not None and not ended.with_event:
        yield _on_day(ended, ended.until, NOTHING)


def _on_day(one: Version, day: str, what: str) -> Claim:
    """Return a claim about some moment of a day; what serves when it is registered had begun by then."""
    begins = _midnight(day)
    # The last day there is stands for "no end" in many a table, and no day follows it.
    ends = begins + timedelta(days=1) if begins.date() < date.max else datetime.max.replace(tzinfo=UTC)
    if what != NOTHING and begins < one.at < ends:
        ends = one.at
    return Claim(what, begins, ends, one.seq, source=one.digest)
