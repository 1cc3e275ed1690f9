"""Recording what others say about the lives of base models: whole feeds, and single words that somebody read.

A feed is read in a process of its own, with limits. What is not understood refuses all of it; what is understood is
held against that source's last words, and what is new, moved or gone is frozen with the very bytes that were read.
"""

import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from governance import access, store
from governance.errors import Denied, Finding, Invalid
from governance.models import Document, User
from governance.proof.formats.fields import rfc3339
from governance.proof.formats.manifest import FileEntry, safe_path
from governance.registry import KINDS
from governance.services.documents import check_body, check_files, freeze
from governance.services.ledger import Mutation, mutation, refusals_recorded
from training.kinds import observations as kinds
from training.lifecycle.feeds.channels import canonical
from training.lifecycle.feeds.reading import MOST_BYTES, Said, Unreadable, checked
from training.lifecycle.feeds.registry import FORM, FORMATS, RANKS, Format
from training.lifecycle.model import Seen
from training.selectors import observations as select
from training.selectors.observations import Reading, Thing

log = logging.getLogger(__name__)
ACTION = "document.freeze"
SECONDS = 120
REFUSED = 2
GONE = "not listed any more"


class Known(Invalid):
    """These very bytes, as of that moment, are on record already."""


@dataclass(frozen=True)
class Brought:
    """What became of a feed: the document, and how many things it says that are new, moved, gone, or as before."""

    document: Document
    new: int
    moved: int
    gone: int
    same: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """What a source is called, where it is, how much its word weighs, and when it said so.

    `now`: that is the moment at which it is recorded. `complete`: everything that the source says was read.
    """

    name: str
    url: str
    rank: int
    format: str
    retrieved_at: datetime
    complete: bool
    now: bool = False


@dataclass(frozen=True)
class _Understood:
    said: tuple[Said, ...]
    collected_on: date | None
    notes: tuple[str, ...]
    snapshot: FileEntry


def bring(
    *,
    actor: User | None,
    form: str,
    chunks: Iterable[bytes],
    name: str,
    source: str = "",
    url: str = "",
    rank: int | None = None,
    retrieved_at: datetime | None = None,
    complete: bool | None = None,
) -> Brought:
    """Read a feed and record what it says that its source did not say before. `actor` None: the installation itself.

    `name` is what the file is called, `retrieved_at` when it came from its source (default: now). Where the feed says
    on which day it was collected, it is no younger than that. `source`, `rank` and `complete` are the format's own
    unless given; a person may lower the weight of a source and not raise it.

    Raises:
        Denied: the person may not write observations; asked before anything is read.
        Invalid: something was not understood (the reason names the place), or it is older than what is on record of
            this source. Nothing was recorded.
    """
    _require(actor)
    known = _format(form)
    understood = _read(known, chunks, name)
    now = retrieved_at is None and understood.collected_on is None
    at = timezone.now() if retrieved_at is None else retrieved_at
    if understood.collected_on is not None:
        at = min(at, datetime.combine(understood.collected_on, time(), UTC))
    asked = Asked(
        name=(source.strip() or known.source),
        url=url.strip(),
        rank=max(known.rank, rank or known.rank),
        format=known.name,
        retrieved_at=at,
        complete=bool(complete) if known.complete is None else known.complete,
        now=now,
    )
    return _record(actor, asked, understood.said, understood.snapshot, understood.notes, known)


def observe(
    *,
    actor: User,
    source: str,
    rank: int,
    retrieved_at: datetime | None,
    model: str,
    channel: str,
    phase: str,
    words: str,
    date: date | None = None,
    precision: str = "exact",
    announced_on: date | None = None,
    url: str = "",
    idle_days: int | None = None,
) -> Brought:
    """Record one thing that somebody read at a source (`retrieved_at` None: now), in the source's words.

    `date` None: the source names none.

    Raises:
        Denied: the person may not write observations.
        Invalid: a field is wrong, or it is older than what is on record of this source.
    """
    _require(actor)
    if rank not in RANKS or rank == 1:
        raise Invalid("rank", f"found {rank}, expected 2 to 5: the vendor’s own interface is read as a feed")
    said = Said(
        "what was typed", model.strip(), canonical(channel), phase, date, precision, announced_on, words.strip(), url,
        idle_days,
    )  # fmt: skip
    try:
        checked([said])
    except Unreadable as problem:
        raise Invalid("observation", f"found {problem.found}, expected {problem.expected}") from None
    at = retrieved_at or timezone.now()
    asked = Asked(source.strip(), url, rank, FORM, at, complete=False, now=retrieved_at is None)
    return _record(actor, asked, (said,), None, (), None)


def moment_of(day: date) -> datetime | None:
    """Return when something that is dated by a day in UTC was said: as the day began, or None (now) if it is today."""
    return None if day == timezone.now().astimezone(UTC).date() else datetime.combine(day, time(), UTC)


def _require(actor: User | None) -> None:
    """Ask the access table before anything is read."""
    if actor is None:
        return
    with refusals_recorded(actor=actor, action=ACTION, project=None):
        access.require(actor, ACTION, None)
        authors, held = KINDS[kinds.OBSERVATIONS].authors, access.roles_of(actor, None)
        if not authors & held:
            expected = f"one of: {access.words(authors)}, to record what was observed of base models"
            found, who = f"your roles in the organisation: {access.words(held)}", access.ROLES[access.OWNER]
            raise Denied(Finding("access", found, expected, "Ask somebody who holds the role.", who))


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise Invalid("format", f"found {name[:40]!r}, expected one of {', '.join(sorted(FORMATS))}")
    return FORMATS[name]


def _read(known: Format, chunks: Iterable[bytes], name: str) -> _Understood:
    """Have a process of its own read a feed, and keep its bytes once it is understood."""
    try:
        path = safe_path(name)
    except ValueError as problem:
        raise Invalid("feed", str(problem)) from None
    with tempfile.TemporaryDirectory(prefix="countersign-feed-") as folder:
        kept = Path(folder) / "feed"
        size = 0
        with kept.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > MOST_BYTES:
                    raise Invalid("feed", f"found more than {MOST_BYTES:,} bytes, expected a smaller feed")
                file.write(chunk)
        told = _ask(known.name, kept)
        entry = store.put_file(kept).model_copy(update={"path": path})
    said = tuple(
        Said(**one | {day: date.fromisoformat(one[day]) if one[day] else None for day in ("date", "announced_on")})
        for one in told["said"]
    )
    collected = date.fromisoformat(told["collected_on"]) if told["collected_on"] else None
    return _Understood(said, collected, tuple(told["notes"]), entry)


def _ask(form: str, path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as feed:
            done = subprocess.run(
                [sys.executable, "-m", "training.lifecycle.feeds", form],
                stdin=feed,
                capture_output=True,
                cwd=settings.BASE_DIR,
                timeout=SECONDS,
                check=False,
            )
    except subprocess.TimeoutExpired:
        raise Invalid("feed", f"reading it took more than {SECONDS} seconds") from None
    problem = done.stderr.decode(errors="replace").strip()[-2000:]
    if done.returncode == REFUSED:
        raise Invalid("feed", problem)
    if done.returncode:
        log.error("a reader of feeds exited with %s: %s", done.returncode, problem)
        raise Invalid("feed", "reading it was stopped, as if it took more memory or time than it may")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _record(
    actor: User | None,
    asked: Asked,
    said: tuple[Said, ...],
    snapshot: FileEntry | None,
    notes: tuple[str, ...],
    known: Format | None,
) -> Brought:
    if not asked.name:
        raise Invalid("source", "found no name, expected what the source is called")
    select.of_source(asked.name)  # read once before the ledger is locked, so that it is quick within
    kind = KINDS[kinds.OBSERVATIONS]
    # Hashed and checked before the lock: the bytes, and the shape of all that could be recorded.
    check_files(kind, check_body(kind, _body(asked, snapshot, [_entry(one, None) for one in said], [])))
    with mutation(actor=actor, action=ACTION) as m:
        asked = replace(asked, retrieved_at=m.time) if asked.now else asked
        last, before = select.of_source(asked.name)
        _next(asked, last, snapshot, m.time)
        fresh = [one for one in said if one.thing not in before]
        moved = [one for one in said if one.thing in before and not _same(one, before[one.thing])]
        same = [one for one in said if one.thing in before and _same(one, before[one.thing])]
        gone = _gone(asked, known, said, before)
        entries = [_entry(one, before.get(one.thing)) for one in (*fresh, *moved, *gone)]
        still = [] if asked.complete else [_place(before[one.thing]) for one in same]
        body = check_body(kind, _body(asked, snapshot, entries, still))
        document = _frozen(m, actor, last, body)
    return Brought(document, len(fresh), len(moved), len(gone), len(same), notes)


def _next(asked: Asked, last: Reading | None, snapshot: FileEntry | None, now: datetime) -> None:
    """Return if this can follow the last reading of its source."""
    if asked.retrieved_at > now:
        raise Invalid("retrieved_at", f"found {rfc3339(asked.retrieved_at)}, expected a moment that has been")
    if last is None:
        return
    if last.source.format != asked.format:
        found = f"{asked.name} is on record as read by {last.source.format}"
        raise Invalid("source", f"{found}; call this one otherwise, so that neither speaks for the other")
    if asked.retrieved_at < last.at:
        raise Invalid(
            "retrieved_at",
            f"found {rfc3339(asked.retrieved_at)}, expected {last.source.retrieved_at} or later: "
            f"that is when {asked.name} was last read; what it said before is on record",
        )
    kept = last.source.snapshot
    if snapshot is not None and kept is not None and (snapshot.sha256, asked.retrieved_at) == (kept.sha256, last.at):
        raise Known("feed", f"these very bytes of {asked.name} are on record, as of {last.source.retrieved_at}")


def _frozen(m: Mutation, actor: User | None, last: Reading | None, body: Mapping[str, Any]) -> Document:
    """Freeze the next version of the source's series; its first document begins one."""
    series = Document.objects.get(pk=last.document).series_id if last is not None else None
    return freeze(
        m,
        kind=KINDS[kinds.OBSERVATIONS],
        body=body,
        references=[],
        contributors=[actor.actor] if actor is not None else [],
        series=series,
        by=actor,
    )


def _gone(asked: Asked, known: Format | None, said: tuple[Said, ...], before: Mapping[Thing, Seen]) -> list[Said]:
    """Return what a complete source said and does not list any more, as what that means."""
    if not asked.complete:
        return []
    listed = {one.thing for one in said}
    no_model = known is not None and known.gone == "no model"
    day = asked.retrieved_at.astimezone(UTC).date()
    found = []
    for thing, last in before.items():
        # Of what said that it names no date, or was gone already, nothing is gone.
        bare = last.date is None and last.idle_days is None and not no_model
        said_so = bare or (last.words.startswith(GONE) and (no_model or last.date is None))
        if thing not in listed and not said_so:
            words = f"{GONE}; before: {last.words}"[:2000]
            found.append(
                Said(
                    place=GONE,
                    model=last.model,
                    channel=last.channel,
                    phase=last.phase,
                    # A list of what can be had: what is not on it cannot, since some day before this one.
                    date=day if no_model else None,
                    precision="tentative",
                    announced_on=None,
                    words=words,
                    idle_days=last.idle_days,
                )
            )
    return found


def _same(one: Said, last: Seen) -> bool:
    said = (one.date, one.precision, one.announced_on, one.words, one.idle_days)
    return said == (last.date, last.precision, last.announced_on, last.words, last.idle_days)


def _entry(one: Said, last: Seen | None) -> dict[str, Any]:
    return {
        "model": one.model,
        "channel": one.channel,
        "phase": one.phase,
        "date": one.date.isoformat() if one.date else None,
        "precision": one.precision,
        "announced_on": one.announced_on.isoformat() if one.announced_on else None,
        "words": one.words,
        "url": one.url,
        "idle_days": one.idle_days,
        "supersedes": _place(last) if last is not None else None,
    }


def _place(last: Seen) -> dict[str, Any]:
    return {"document": last.document, "place": last.place}


def _body(
    asked: Asked, snapshot: FileEntry | None, entries: list[dict[str, Any]], still: list[dict[str, Any]]
) -> dict[str, Any]:
    at = asked.retrieved_at.astimezone(UTC)
    return {
        "title": f"{asked.name}, {at:%Y-%m-%d}"[:300],
        "source": {
            "name": asked.name,
            "url": asked.url,
            "rank": asked.rank,
            "format": asked.format,
            "retrieved_at": rfc3339(at),
            "complete": asked.complete,
            "snapshot": snapshot.model_dump(mode="json") if snapshot is not None else None,
        },
        "observations": entries,
        "still": still,
    }
