"""`manage.py lifecycle`: what sources say of the lives of base models, for those who administer the server.

    import FILE --format FORMAT --user USERNAME   record a feed that lies here, as a person who may
    refresh [SOURCE]                              read the feeds of COUNTERSIGN_FEEDS now, due or not
    sources                                       every source, when it was last read, and whether that is too long ago

Exit: 0 done, 1 a feed could not be read or a source is stale, 2 wrong input.
"""

import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from governance.errors import CountersignError, Invalid
from governance.management.actors import named
from training import feed_list
from training.lifecycle.feeds.registry import FORMATS
from training.selectors import feeds
from training.services import observations, refresh

DONE, FAILED, WRONG = 0, 1, 2
CHUNK = 1024 * 1024


class Command(BaseCommand):
    help = "Record and list what sources say of the lives of base models."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        bring = acts.add_parser("import", help="record a feed that lies here")
        bring.add_argument("file", type=Path)
        bring.add_argument("--format", required=True, choices=sorted(FORMATS), dest="form")
        bring.add_argument("--user", required=True, metavar="USERNAME", help="who records it")
        bring.add_argument("--source", default="", help="what its source is called (default: the format's own name)")
        bring.add_argument("--url", default="", help="where it was got")
        bring.add_argument("--rank", type=int, choices=range(1, 6), help="a lower weight than the format has by itself")
        bring.add_argument("--retrieved", metavar="DAY", help="the day it was got (default: now)")
        bring.add_argument("--complete", action="store_true", help="a table or JSON says all that its source says")
        again = acts.add_parser("refresh", help="read the operator's feeds now")
        again.add_argument("source", nargs="?", help="only this one")
        acts.add_parser("sources", help="how every source stands")

    def handle(self, *args: Any, **options: Any) -> None:
        acts: dict[str, Callable[[dict[str, Any]], int]] = {
            "import": self._import,
            "refresh": self._refresh,
            "sources": self._sources,
        }
        try:
            code = acts[options["act"]](options)
        except CountersignError as problem:
            self.stderr.write(str(problem))
            code = WRONG
        if code:
            sys.exit(code)

    def _import(self, options: dict[str, Any]) -> int:
        retrieved: datetime | None = None
        if options["retrieved"]:
            retrieved = observations.moment_of(_day(options["retrieved"]))
        try:
            with options["file"].open("rb") as file:
                brought = observations.bring(
                    actor=named(options["user"]),
                    form=options["form"],
                    chunks=iter(lambda: file.read(CHUNK), b""),
                    name=options["file"].name,
                    source=options["source"],
                    url=options["url"],
                    rank=options["rank"],
                    retrieved_at=retrieved,
                    complete=options["complete"],
                )
        except OSError as problem:
            raise Invalid("file", f"{options['file']} cannot be read ({problem.strerror})") from None
        self._tell(brought)
        return DONE

    def _refresh(self, options: dict[str, Any]) -> int:
        listed = [one for one in feed_list.listed() if options["source"] in (None, one.source)]
        if not listed:
            raise Invalid("source", "COUNTERSIGN_FEEDS lists no such feed")
        outcomes = [refresh.read(feed, at=timezone.now()) for feed in listed]
        for outcome in outcomes:
            if outcome.brought is not None:
                self._tell(outcome.brought)
            elif outcome.failure:
                self.stderr.write(f"{outcome.feed.source}: {outcome.failure}")
            else:
                self.stdout.write(f"{outcome.feed.source}: as it is on record")
        return FAILED if any(outcome.failure for outcome in outcomes) else DONE

    def _sources(self, options: dict[str, Any]) -> int:
        states = feeds.states()
        for state in states:
            read = f"{state.reading.at:%Y-%m-%d}  {state.reading.holding} words" if state.reading else "never read"
            marks = ", ".join(word for word, so in (("stale", state.stale), ("by itself", state.listed)) if so)
            self.stdout.write(f"{state.name}  {read}" + (f"  ({marks})" if marks else ""))
            if state.failure is not None:
                self.stdout.write(f"  not read at {state.failure.at:%Y-%m-%d %H:%M}: {state.failure.reason}")
        return FAILED if any(state.stale for state in states) else DONE

    def _tell(self, brought: observations.Brought) -> None:
        counts = f"{brought.new} new, {brought.moved} moved, {brought.gone} gone, {brought.same} as before"
        self.stdout.write(f"{brought.document.digest}  {brought.document.title}: {counts}")
        for note in brought.notes:
            self.stdout.write(f"  {note}")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("retrieved", f"found {text[:40]!r}, expected a day such as 2026-11-26") from None
