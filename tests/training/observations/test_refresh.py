"""The operator's feeds read by the clock: when they are due, what a failure leaves, and the command that does it."""

import http.server
import json
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.utils import timezone

from governance import events
from governance.models import Document, LedgerEvent
from governance.registry import ROUTINES
from governance.selectors import documents as docs
from governance.selectors import ledger
from tests.support.cast import Cast
from tests.training.observations import feeds
from training import feed_list
from training.bodies.observations import ObservationsBody
from training.kinds import observations as kinds
from training.selectors import feeds as select
from training.services import refresh


class Feed(http.server.BaseHTTPRequestHandler):
    """Answers with what the test says, and remembers what it was asked with."""

    answer: ClassVar[tuple[int, bytes]] = (200, b"")
    asked: ClassVar[list[dict[str, str]]] = []
    slowly: ClassVar[bool] = False

    def do_GET(self) -> None:
        Feed.asked.append(dict(self.headers.items()))
        status, content = Feed.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if status == 302:
            self.send_header("Location", "http://elsewhere.example/")
        self.end_headers()
        for place in range(len(content)) if Feed.slowly else ():
            try:
                self.wfile.write(content[place : place + 1])
                time.sleep(0.1)
            except OSError:
                return
        if not Feed.slowly:
            self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    Feed.asked, Feed.slowly = [], False
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/table.json"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture(autouse=True)
def nothing_tried() -> Iterator[None]:
    refresh._tried.clear()
    yield
    refresh._tried.clear()


def recorded() -> list[ObservationsBody]:
    rows = Document.objects.filter(kind=kinds.OBSERVATIONS).order_by("seq")
    return [docs.model_body(row, ObservationsBody) for row in rows]


def serve(*entries: dict[str, Any]) -> None:
    Feed.answer = (200, feeds.table(*entries))


def test_a_feed_is_read_when_it_is_due_and_not_before(cast: Cast, settings: Any, address: str) -> None:
    settings.COUNTERSIGN_FEEDS = [f"litellm {address}"]
    serve({"name": "m", "date": "2027-10-01"})
    now = timezone.now()
    assert refresh.by_the_clock in ROUTINES
    assert [refresh.by_the_clock(now + timedelta(hours=h)) for h in (0, 1, 23)] == [1, 0, 0]
    refresh._tried.clear()  # another worker, which tried nothing yet, knows it from the record
    assert refresh.by_the_clock(now + timedelta(hours=1)) == 0
    (body,) = recorded()
    assert (body.source.url, body.source.complete, body.source.rank) == (address, True, 4)
    assert Document.objects.get(kind=kinds.OBSERVATIONS).created_by is None


def test_what_fails_is_on_the_ledger_once_and_the_last_good_state_is_kept(
    cast: Cast, settings: Any, address: str
) -> None:
    settings.COUNTERSIGN_FEEDS = [f"litellm {address}"]
    serve({"name": "m", "date": "2027-10-01"})
    (feed,) = feed_list.listed()
    assert refresh.read(feed, at=timezone.now()).brought is not None
    for answer in ((500, b""), (500, b""), (302, b""), (200, b'{"m": 3}')):
        Feed.answer = answer
        assert refresh.read(feed, at=timezone.now()).failure
    assert LedgerEvent.objects.filter(event=events.FEED_FAILED).count() == 3  # the second 500 said nothing new
    (state,) = select.states(at=timezone.now() + timedelta(days=31))
    assert state.reading is not None
    assert (state.stale, state.reading.holding) == (True, 1)
    assert state.failure is not None
    assert state.failure.reason == "feed: record 1 (m): found a number, expected an object"
    leaf = ledger.leaf(state.failure.seq)
    assert "record 1" not in json.dumps(leaf.data)  # what a feed holds may be anything
    serve({"name": "m", "date": "2027-10-01"})
    assert refresh.read(feed, at=timezone.now()).brought is not None
    (state,) = select.states()
    assert (state.failure, state.stale) == (None, False)


def test_a_feed_that_failed_is_tried_again_after_an_hour(cast: Cast, settings: Any, address: str) -> None:
    settings.COUNTERSIGN_FEEDS = [f"litellm {address}"]
    Feed.answer = (503, b"")
    now = timezone.now()
    assert [refresh.by_the_clock(now + timedelta(minutes=m)) for m in (0, 10, 61)] == [1, 0, 1]


def test_keys_go_where_the_operator_listed_them(cast: Cast, settings: Any, address: str, monkeypatch: Any) -> None:
    settings.COUNTERSIGN_FEEDS = [f"openai {address} FEED_KEY as Our account"]
    (feed,) = feed_list.listed()
    monkeypatch.delenv("FEED_KEY", raising=False)
    assert refresh.read(feed, at=timezone.now()).failure == "the variable FEED_KEY is not set"
    assert Feed.asked == []
    monkeypatch.setenv("FEED_KEY", "secret-of-the-test")
    Feed.answer = (200, b'{"object": "list", "data": [{"id": "m"}]}')
    assert refresh.read(feed, at=timezone.now()).brought is not None
    assert Feed.asked[0]["Authorization"] == "Bearer secret-of-the-test"
    assert recorded()[0].source.name == "Our account"
    assert "secret-of-the-test" not in bytes(Document.objects.get(kind=kinds.OBSERVATIONS).content).decode()


@pytest.mark.attack(
    name="hold the worker up by a feed that sends a byte now and then",
    caught_by="a feed is fetched by a process of its own, which is ended when its time is over",
    unless="nobody waits for the worker",
)
def test_a_feed_that_trickles_is_given_up(cast: Cast, settings: Any, address: str, monkeypatch: Any) -> None:
    settings.COUNTERSIGN_FEEDS = [f"litellm {address}"]
    serve({"name": "m", "date": "2027-10-01"})
    Feed.slowly = True
    monkeypatch.setattr(refresh, "SECONDS", 2)
    (feed,) = feed_list.listed()
    assert refresh.read(feed, at=timezone.now()).failure == "it took more than 2 seconds"


def test_a_package_is_as_old_as_it_says_and_read_once(cast: Cast, settings: Any) -> None:
    settings.COUNTERSIGN_FEEDS = ["bydtech package:model_retire/models.json"]
    (feed,) = feed_list.listed()
    first = refresh.read(feed, at=timezone.now())
    assert first.brought is not None
    assert first.brought.new > 300
    again = refresh.read(feed, at=timezone.now())
    assert (again.brought, again.failure) == (None, "")
    (body,) = recorded()
    assert body.source.retrieved_at == "2026-10-16T00:00:00.000000Z"


def test_a_file_is_no_younger_than_its_last_change(cast: Cast, settings: Any, tmp_path: Path) -> None:
    kept = tmp_path / "dates.csv"
    kept.write_bytes(b"model,channel,phase,words,date\nm,openai,retired,w,2027-10-01\n")
    os.utime(kept, (1_790_000_000, 1_790_000_000))
    settings.COUNTERSIGN_FEEDS = [f"csv {kept}"]
    (feed,) = feed_list.listed()
    assert refresh.read(feed, at=timezone.now()).brought is not None
    (body,) = recorded()
    assert body.source.name == "dates.csv"
    assert body.source.retrieved_at.startswith(f"{datetime.fromtimestamp(1_790_000_000, UTC):%Y-%m-%d}")
    kept.unlink()
    assert "No such file" in refresh.read(feed, at=timezone.now()).failure


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        (["litellm"], "expected FORMAT PLACE"),
        (["nonsense /x.json"], "expected FORMAT PLACE"),
        (["litellm package:../x"], "expected FORMAT PLACE"),
        (["litellm package:a/../../x"], "expected FORMAT PLACE"),
        (["litellm relative.json"], "expected FORMAT PLACE"),
        (["litellm https://[example.com/x"], "expected FORMAT PLACE"),
        (["litellm https://example.com:99999/x"], "expected FORMAT PLACE"),
        (["litellm /x.json KEY"], "one for an address only"),
        (["litellm /x.json", "litellm /y.json"], "two feeds of one source"),
    ],
)
def test_what_is_no_list_of_feeds_is_refused(settings: Any, entries: list[str], why: str) -> None:
    settings.COUNTERSIGN_FEEDS = entries
    with pytest.raises(ImproperlyConfigured, match=why):
        feed_list.listed()
    with pytest.raises(SystemCheckError, match=why):  # no process starts with it
        call_command("check")


def run(*arguments: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("lifecycle", *arguments, stdout=out, stderr=err)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_the_command_imports_refreshes_and_lists(cast: Cast, settings: Any, address: str, tmp_path: Path) -> None:
    kept = tmp_path / "old.json"
    kept.write_bytes(feeds.litellm("1.105.2"))
    code, out, _ = run("import", str(kept), "--format", "litellm", "--user", "olga", "--retrieved", "2026-10-20")
    assert (code, "40 new, 0 moved" in out, "entries name no date" in out) == (0, True, True)
    settings.COUNTERSIGN_FEEDS = [f"litellm {address}"]
    Feed.answer = (200, feeds.litellm("1.110.2"))
    code, out, _ = run("refresh")
    assert (code, "8 new, 32 moved, 8 gone, 0 as before" in out) == (0, True)
    Feed.answer = (404, b"")
    code, _, err = run("refresh", "litellm")
    assert (code, "litellm: it answered 404 Not Found" in err) == (1, True)
    code, out, _ = run("sources")
    assert (code, "(by itself)" in out, "not read at" in out) == (0, True, True)
    assert run("refresh", "nobody")[0] == 2
    assert run("import", str(tmp_path / "none.json"), "--format", "litellm", "--user", "olga")[0] == 2
    assert run("import", str(kept), "--format", "litellm", "--user", "erik")[0] == 2
    for day in ("2026-02-30", "soon"):
        assert run("import", str(kept), "--format", "litellm", "--user", "olga", "--retrieved", day)[0] == 2
