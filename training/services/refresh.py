"""Reading the operator's feeds by the clock: what is new is recorded, what fails is told and changes nothing."""

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

from django.conf import settings

from governance import events
from governance.errors import CountersignError
from governance.services.ledger import Unchanged, mutation
from training import feed_list
from training.feed_list import PACKAGE, Listed
from training.lifecycle.feeds.fetch import REFUSED
from training.selectors import feeds as select
from training.services.observations import Brought, Known, bring

log = logging.getLogger(__name__)
ACTION = "document.freeze"
SECONDS = 20
"""how long a feed may take to come; it is fetched between other things that the worker watches"""
AGAIN = timedelta(hours=1)
"""when a feed that failed is tried again"""
CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Outcome:
    """What became of one feed: what was recorded, or (neither recorded nor failed) that it had nothing new to tell."""

    feed: Listed
    brought: Brought | None = None
    failure: str = ""


class Unfetched(Exception):
    """A feed could not be had: why, in words."""


_tried: dict[str, datetime] = {}
"""when this process tried a feed last, whatever came of it"""


def by_the_clock(at: datetime) -> int:
    """Read one of the operator's feeds that is due, if any is, and return how many were.

    One at a time: the worker has other things to watch in between.
    """
    if not (feeds := feed_list.listed()):
        return 0
    every = timedelta(hours=settings.COUNTERSIGN_FEED_HOURS)
    known = {state.name: state for state in select.states(at=at)}
    for feed in feeds:
        state, tried = known[feed.source], _tried.get(feed.source)
        wait = AGAIN if state.failure is not None else every
        recorded = state.reading.recorded_at if state.reading is not None else None
        if (recorded is None or recorded + every <= at) and (tried is None or tried + wait <= at):
            _tried[feed.source] = at
            read(feed, at=at)
            return 1
    return 0


def read(feed: Listed, *, at: datetime) -> Outcome:
    """Read one feed now. What fails is on the ledger, once for each reason; what is on record stays and grows stale."""
    try:
        with _opened(feed, at) as (chunks, said_at):
            brought = bring(
                actor=None,
                form=feed.format.name,
                chunks=chunks,
                name=feed.file_name,
                source=feed.source,
                url=feed.url,
                retrieved_at=said_at,
                complete=True,
            )
    except Known:
        return Outcome(feed)
    except (CountersignError, Unfetched, OSError) as problem:
        reason = str(problem)[:2000]
        log.warning("the feed %s was not read: %s", feed.source, reason)
        _failed(feed, reason)
        return Outcome(feed, failure=reason)
    log.info("read the feed %s: %s new, %s moved, %s gone", feed.source, brought.new, brought.moved, brought.gone)
    return Outcome(feed, brought)


def _failed(feed: Listed, reason: str) -> None:
    """Put a failure on the ledger, unless the last thing known of the feed is that it failed for this very reason."""
    subject = select.subject(feed.source)
    try:
        with mutation(actor=None, action=ACTION, subjects=[subject]) as m:
            state = next(state for state in select.states() if state.name == feed.source)
            if state.failure is not None and state.failure.reason == reason:
                raise Unchanged
            m.append(
                events.FEED_FAILED,
                subjects=[subject],
                data={"feed": subject.removeprefix("feed:"), "format": feed.format.name},
                private={"source": feed.source, "reason": reason},
            )
    except Unchanged:
        pass


@contextmanager
def _opened(feed: Listed, at: datetime) -> Iterator[tuple[Iterable[bytes], datetime]]:
    """Yield a feed's bytes and the moment they are from: of a file, when it came to this machine at the latest."""
    if feed.fetched:
        yield _fetched(feed), at
        return
    path = _path(feed)
    with path.open("rb") as file:
        said_at = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
        yield iter(lambda: file.read(CHUNK), b""), min(said_at, at)


def _path(feed: Listed) -> Path:
    if not feed.place.startswith(PACKAGE):
        return Path(feed.place)
    package, _, inner = feed.place.removeprefix(PACKAGE).partition("/")
    try:
        return Path(str(files(package) / inner))
    except ModuleNotFoundError:
        raise Unfetched(f"the package {package} is not installed") from None


def _fetched(feed: Listed) -> Iterator[bytes]:
    """Yield what is at a feed's address, got by a process that is ended when it takes too long."""
    if feed.variable and not os.environ.get(feed.variable):
        raise Unfetched(f"the variable {feed.variable} is not set")
    key = (feed.variable, feed.format.name) if feed.variable else ()
    with tempfile.TemporaryFile() as kept:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "training.lifecycle.feeds.fetch", feed.place, *key],
                stdin=subprocess.DEVNULL,
                stdout=kept,
                stderr=subprocess.PIPE,
                cwd=settings.BASE_DIR,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unfetched(f"it took more than {SECONDS} seconds") from None
        if done.returncode:
            reason = done.stderr.decode(errors="replace").strip()[-2000:]
            if done.returncode != REFUSED:
                log.error("what fetches feeds exited with %s: %s", done.returncode, reason)
                reason = "fetching it was stopped"
            raise Unfetched(reason)
        kept.seek(0)
        yield from iter(lambda: kept.read(CHUNK), b"")
