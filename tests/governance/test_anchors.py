"""Checkpoints taken to places outside: folder, S3, mail, time-stamp authority. Once, and again after a crash."""

import logging
import smtplib
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone

from governance import anchors, keyfiles
from governance.anchors import Departure, Undelivered
from governance.anchors.folder import Folder
from governance.anchors.s3 import S3
from governance.anchors.timestamp import TimeStamps
from governance.errors import Refused
from governance.jobs.courier import Courier
from governance.jobs.reconciler import Reconciler
from governance.models import Checkpoint, Cosignature, Delivery
from governance.proof.formats.checkpoint import Checkpoint as TreeHead
from governance.proof.formats.checkpoint import sign_checkpoint
from governance.selectors import ledger, verification
from governance.selectors.anchors import states, time_stamp
from governance.selectors.keys import keyring
from governance.services import anchors as sending
from governance.services import checkpoints
from tests.governance import tampering
from tests.support.authority import Authority, openssl
from tests.support.deployment import REPOSITORY


def departure(size: int = 7, root: str = "root", lines: str = "") -> Departure:
    signed = f"log.test\n{size}\n{root}\n\n— log.test AAAA\n"
    return Departure("log.test", size, signed, signed + lines)


def delivered(target: str) -> list[int]:
    rows = Delivery.objects.filter(target__startswith=target, outcome=Delivery.Outcome.DELIVERED).order_by("id")
    return [row.checkpoint_id for row in rows]


def trouble(target: str) -> str:
    [found] = [state for state in states() if state.name.startswith(target)]
    return found.trouble


# Folder


def test_a_folder_keeps_what_it_has(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "kept")
    folder.deliver(departure())
    file = tmp_path / "kept" / "000000000007.checkpoint"
    assert file.read_text() == departure().note
    folder.deliver(departure(lines="— witness.test AAAA\n"))  # the same history, cosigned since
    assert file.read_text() == departure().note
    with pytest.raises(Undelivered, match="another history of 7 entries"):
        folder.deliver(departure(root="other"))
    assert [path.name for path in (tmp_path / "kept").iterdir()] == [file.name]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Undelivered, match="cannot be written"):
        Folder(tmp_path / "file").deliver(departure())


def test_checkpoints_go_to_every_folder_and_a_full_disk_stops_nothing(world, settings, tmp_path: Path) -> None:
    other = tmp_path / "share"
    settings.COUNTERSIGN_ANCHOR_FOLDERS = [str(other)]
    first = checkpoints.checkpoint_make()
    assert (anchors.home() / f"{first.size:012d}.checkpoint").read_text() == first.note
    Courier().step()
    assert (other / f"{first.size:012d}.checkpoint").read_text() == first.note
    for path in other.iterdir():
        path.unlink()
    other.rmdir()
    other.write_text("in the way")
    world.note()
    second = checkpoints.checkpoint_make()
    Courier().step()
    assert delivered(f"folder {other}") == [first.size]
    assert "cannot be written" in trouble(f"folder {other}")
    other.unlink()
    Courier().step()
    assert delivered(f"folder {other}") == [first.size, second.size]
    assert trouble(f"folder {other}") == ""


@pytest.mark.attack(
    name="sign a second history for a size whose checkpoint lies in a folder or bucket",
    caught_by="what is there is never overwritten and is compared",
    unless="whoever signs it may also empty the folder",
)
def test_another_history_in_the_folder_is_said(world, settings) -> None:
    """The database came back from a backup; the folder remembers."""
    checkpoint = checkpoints.checkpoint_make()
    file = anchors.home() / f"{checkpoint.size:012d}.checkpoint"
    with tampering.owner():
        tampering.run("DELETE FROM governance_delivery")
    file.write_text(departure(checkpoint.size).note)
    Courier().step()
    assert "another history" in trouble(f"folder {anchors.home()}")


@pytest.mark.attack(
    name="go on from a backup of the database beside a folder or row that keeps what was published",
    caught_by="before it signs, the log holds the newest of each against the ledger and refuses",
    unless="every such folder is brought back, too; then only who copied a checkpoint, or a witness, can tell",
)
@pytest.mark.parametrize("place", ["this machine's folder", "a mounted folder", "the database", "cosigned"])
@pytest.mark.parametrize("how", ["longer", "another root"])
def test_a_log_never_signs_beside_another_history(world, settings, tmp_path: Path, place: str, how: str) -> None:
    origin, kept, own = keyring().origin, tmp_path / "mounted", ledger.size()
    size = own + 5 if how == "longer" else own
    head = TreeHead(origin, size, bytes(32))
    note = sign_checkpoint(head, origin, keyfiles.signer("log"))
    if place in ("the database", "cosigned"):
        row = Checkpoint.objects.create(size=size, root=f"sha256:{bytes(32).hex()}", note=note, at=timezone.now())
        if place == "cosigned":
            key = f"sha256:{bytes(32).hex()}"
            Cosignature.objects.create(checkpoint=row, name="w", key=key, vkey="", line="", at=timezone.now())
    else:
        folder = kept if place == "a mounted folder" else anchors.home()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{size:012d}.checkpoint").write_text(note)
        settings.COUNTERSIGN_ANCHOR_FOLDERS = [str(kept)]
    before = Checkpoint.objects.count()
    world.note("It goes on")
    for sign in (checkpoints.checkpoint_make, lambda: checkpoints.checkpoint_at(own)):
        with pytest.raises(Refused, match=r"cut off|rewritten") as refusal:
            sign()
        [finding] = refusal.value.findings
        assert (finding.check, finding.who) == ("checkpoint", "the operator")
        assert "docs/operations.md" in finding.remedy
        assert f"{size:012d}.checkpoint" in finding.found or f"of {size} entries" in finding.found
    assert Checkpoint.objects.count() == before


def test_what_a_folder_keeps_of_others_or_cannot_be_read_is_told_apart(world, settings, tmp_path: Path) -> None:
    settings.COUNTERSIGN_ANCHOR_FOLDERS = [str(tmp_path / "share"), str(tmp_path / "away")]
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "000000999999.checkpoint").write_text(departure(999999).note)  # another log's
    (tmp_path / "share" / "notes.txt").write_text("not ours")
    made = checkpoints.checkpoint_make()
    assert made.size == ledger.size()
    (tmp_path / "share" / "000000999999.checkpoint").write_text(f"{keyring().origin}\nnonsense")
    world.note()
    with pytest.raises(Refused, match="cannot be read as a checkpoint"):
        checkpoints.checkpoint_make()


def test_the_worker_says_once_that_it_signs_nothing(world, caplog) -> None:
    anchors.home().mkdir(parents=True, exist_ok=True)
    head = TreeHead(keyring().origin, ledger.size() + 5, bytes(32))
    file = anchors.home() / f"{head.size:012d}.checkpoint"
    file.write_text(sign_checkpoint(head, head.origin, keyfiles.signer("log")))
    worker = Reconciler(build_report=lambda report: None)
    with caplog.at_level(logging.CRITICAL):
        for _ in range(3):
            worker.step()
    [said] = [record.getMessage() for record in caplog.records if "no checkpoint is signed" in record.getMessage()]
    assert str(file) in said
    assert not Checkpoint.objects.exists()


# What all share


class Recorder:
    """A place that writes down what it got, and fails or dies when a test says so."""

    name, proves, every, for_reports = "recorder", "nothing", 0, False

    def __init__(self) -> None:
        self.got: list[int] = []
        self.fault: BaseException | None = None

    def deliver(self, departure: Departure) -> bytes:
        self.got.append(departure.size)
        if self.fault:
            raise self.fault
        return b"receipt"


def test_nothing_is_sent_twice_and_a_crash_sends_again(world) -> None:
    place = Recorder()
    checkpoint = checkpoints.checkpoint_make()
    place.fault = KeyboardInterrupt()  # as sudden as it gets: sent, not written down
    with pytest.raises(KeyboardInterrupt):
        sending.send(anchor=place, checkpoint=checkpoint)
    assert delivered("recorder") == []
    place.fault = None
    for _ in range(3):
        assert sending.send(anchor=place, checkpoint=checkpoint)
    assert (place.got, delivered("recorder")) == ([checkpoint.size] * 2, [checkpoint.size])
    assert bytes(Delivery.objects.get(target="recorder").receipt) == b"receipt"


def test_a_failure_is_written_down_when_it_begins(world) -> None:
    place = Recorder()
    checkpoint = checkpoints.checkpoint_make()
    place.fault = Undelivered("away")
    for _ in range(3):
        assert not sending.send(anchor=place, checkpoint=checkpoint)
    assert Delivery.objects.filter(target="recorder").count() == 1
    place.fault = Undelivered("full")
    assert not sending.send(anchor=place, checkpoint=checkpoint)
    assert Delivery.objects.filter(target="recorder").count() == 2


def test_a_place_may_be_visited_less_often(world) -> None:
    place = Recorder()
    place.every = 3600
    with time_machine.travel("2026-12-01 10:00 +0000") as clock:
        first = checkpoints.checkpoint_make()
        assert sending.send(anchor=place, checkpoint=first)
        world.note()
        second = checkpoints.checkpoint_make()
        clock.shift(1800)
        assert sending.send(anchor=place, checkpoint=second)
        assert place.got == [first.size]
        clock.shift(1801)
        assert sending.send(anchor=place, checkpoint=second)
        assert place.got == [first.size, second.size]


# E-mail


def test_a_mail_carries_the_checkpoint(world, settings) -> None:
    settings.COUNTERSIGN_ANCHOR_MAIL = ["audit@partner.example", "archive@partner.example"]
    checkpoint = checkpoints.checkpoint_make()
    Courier().step()
    Courier().step()
    [letter] = mail.outbox
    assert letter.to == ["audit@partner.example", "archive@partner.example"]
    assert f"{checkpoint.size} entries" in letter.subject
    [attached] = letter.attachments
    assert attached[0] == f"{checkpoint.size:012d}.checkpoint"
    content = attached[1]
    assert (content if isinstance(content, str) else bytes(content).decode()) == checkpoint.note
    assert delivered("e-mail") == [checkpoint.size]
    assert not Delivery.objects.filter(detail__contains="partner").exists()
    world.note()
    checkpoints.checkpoint_make()
    Courier().step()
    assert len(mail.outbox) == 1  # once a day


def test_a_mail_server_that_is_away(world, settings, monkeypatch) -> None:
    settings.COUNTERSIGN_ANCHOR_MAIL = ["audit@partner.example"]

    def away(self, messages):
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", away)
    checkpoints.checkpoint_make()
    Courier().step()
    assert (trouble("e-mail"), delivered("e-mail")) == ("the mail server did not take it: gone", [])


# S3


class Bucket:
    """As much of S3 as is needed: objects that are put once, over HTTP on loopback."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.conditions: list[str | None] = []
        self.status = 0
        bucket = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if "aws-chunked" in self.headers.get("Content-Encoding", ""):
                    body = body.split(b"\r\n", 2)[1] if b"\r\n" in body else body
                bucket.conditions.append(self.headers.get("If-None-Match"))
                if bucket.status:
                    self._answer(bucket.status, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
                elif self.path in bucket.objects:
                    self._answer(412, b"<Error><Code>PreconditionFailed</Code><Message>there</Message></Error>")
                else:
                    bucket.objects[self.path] = body
                    self._answer(200, b"")

            def do_GET(self) -> None:
                self._answer(200, bucket.objects[self.path])

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


@pytest.fixture
def bucket(monkeypatch, settings) -> Iterator[Bucket]:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_DEFAULT_REGION", "eu-central-1"),
        ("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    made = Bucket()
    settings.COUNTERSIGN_ANCHOR_S3 = "s3://audit-bucket/countersign/log"
    settings.COUNTERSIGN_ANCHOR_S3_ENDPOINT = made.url
    yield made
    made.stop()


def test_an_object_is_put_and_never_overwritten(world, bucket: Bucket) -> None:
    checkpoint = checkpoints.checkpoint_make()
    Courier().step()
    [(path, content)] = bucket.objects.items()
    assert path == f"/audit-bucket/countersign/log/{checkpoint.size:012d}.checkpoint"
    assert content.decode() == checkpoint.note
    assert bucket.conditions == ["*"]
    assert delivered("s3://audit-bucket/countersign/log") == [checkpoint.size]
    place = S3.configured()
    cosigned = Departure("o", checkpoint.size, checkpoint.note, checkpoint.note + "— w AAAA\n")
    assert place.deliver(cosigned) == b""  # there already: the same history
    with pytest.raises(Undelivered, match="another history"):
        place.deliver(departure(checkpoint.size))
    assert bucket.objects == {path: content}


def test_an_object_store_that_refuses_or_is_away(world, bucket: Bucket, settings) -> None:
    bucket.status = 403
    checkpoints.checkpoint_make()
    Courier().step()
    assert "AccessDenied" in trouble("s3://")
    settings.COUNTERSIGN_ANCHOR_S3_ENDPOINT = "http://127.0.0.1:9"
    Courier().step()
    assert "did not take it" in trouble("s3://")
    assert delivered("s3://") == []


# Time stamps


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Iterator[Authority]:
    made = Authority(tmp_path_factory.mktemp("authority") / "tsa")
    yield made
    made.stop()


@pytest.fixture
def authority(built: Authority, settings) -> Authority:
    built.asked, built.status, built.replay = 0, 200, b""
    settings.COUNTERSIGN_TIMESTAMP_URL = built.url
    settings.COUNTERSIGN_TIMESTAMP_ROOT = str(built.root)
    return built


def test_a_time_stamp_that_openssl_verifies(world, authority: Authority, tmp_path: Path, client) -> None:
    checkpoint = checkpoints.checkpoint_make()
    Courier().step()
    Courier().step()
    assert (authority.asked, delivered("time stamp by")) == (1, [checkpoint.size])
    client.force_login(world.owner, backend="django.contrib.auth.backends.ModelBackend")
    note, token = tmp_path / "note", tmp_path / "token.tsr"
    note.write_bytes(client.get(reverse("checkpoint", args=[checkpoint.size])).content)
    answer = client.get(reverse("checkpoint-timestamp", args=[checkpoint.size]))
    token.write_bytes(answer.content)
    assert answer.headers["Content-Type"] == "application/timestamp-reply"
    said = openssl("ts", "-verify", "-in", token, "-data", note, "-CAfile", authority.root)
    assert b"Verification: OK" in said
    assert reverse("checkpoint-timestamp", args=[checkpoint.size]) in client.get(reverse("ledger")).content.decode()
    note.write_bytes(note.read_bytes() + b" ")
    with pytest.raises(subprocess.CalledProcessError):
        openssl("ts", "-verify", "-in", token, "-data", note, "-CAfile", authority.root)
    assert client.get(reverse("checkpoint-timestamp", args=[1])).status_code == 404
    assert client.get(reverse("checkpoint", args=[1])).status_code == 404


@pytest.mark.attack(
    name="as a time-stamp authority, or in between, answer with a replayed, damaged or foreign time stamp",
    caught_by="request number, bytes and certificate are checked before it is kept",
    unless="the authority itself lies about the time",
)
def test_tokens_that_do_not_hold_are_not_kept(world, authority: Authority, settings, tmp_path: Path) -> None:
    checkpoint = checkpoints.checkpoint_make()
    place = TimeStamps.configured()
    good = place.deliver(Departure("o", checkpoint.size, checkpoint.note, checkpoint.note))
    assert place.time_of(good, checkpoint.note).tzinfo is not None
    damaged = bytearray(good)
    damaged[-20] ^= 1
    other = place.deliver(Departure("o", 1, "another note", "another note"))
    for replay, words in (
        (good, "Nonce"),  # replayed: right bytes, another question
        (other, ""),
        (bytes(damaged), ""),
        (b"nonsense", ""),
        (b"x" * 300_000, "more than"),
    ):
        authority.replay = replay
        Courier().step()
        assert words.lower() in trouble("time stamp by").lower(), trouble("time stamp by")
        assert trouble("time stamp by")
    authority.replay, authority.status = b"", 500
    Courier().step()
    assert "answered 500" in trouble("time stamp by")
    # Another authority's word, though it is well formed.
    stranger = Authority(tmp_path / "stranger")
    try:
        authority.status = 200
        settings.COUNTERSIGN_TIMESTAMP_ROOT = str(stranger.root)
        Courier().step()
        assert "does not hold" in trouble("time stamp by")
    finally:
        stranger.stop()
    assert time_stamp(checkpoint.size) is None
    assert delivered("time stamp by") == []


def test_kept_time_stamps_are_verified_again(world, authority: Authority, settings) -> None:
    checkpoint = checkpoints.checkpoint_make()
    Courier().step()

    def problems() -> list[str]:
        return [str(problem) for check in verification.verify().checks for problem in check.problems]

    def said() -> str:
        [tally] = [check for check in verification.verify().checks if check.name == "witnesses"]
        return tally.detail

    assert problems() == []
    assert f"time stamps cover {checkpoint.size} entries, the last 0 are not covered" in said()
    world.note()
    assert "the last 2 are not covered" in said()
    settings.COUNTERSIGN_TIMESTAMP_URL, kept = "", settings.COUNTERSIGN_TIMESTAMP_URL
    assert "1 time stamps of an authority that is not configured were not checked" in said()
    settings.COUNTERSIGN_TIMESTAMP_URL = kept
    token = bytearray(time_stamp(checkpoint.size) or b"")
    token[-20] ^= 1
    with tampering.owner():
        tampering.run("UPDATE governance_delivery SET receipt = %s WHERE target LIKE 'time stamp%%'", bytes(token))
    assert any("time stamp on checkpoint" in problem for problem in problems())


# Configuration, and who loads what


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COUNTERSIGN_ANCHOR_S3", "bucket"),
        ("COUNTERSIGN_ANCHOR_S3", "https://bucket/prefix"),
        ("COUNTERSIGN_TIMESTAMP_URL", "ftp://authority"),
        ("COUNTERSIGN_TIMESTAMP_URL", "http://authority"),  # without its root
    ],
)
def test_places_that_make_no_sense_stop_the_start(settings, name: str, value: str) -> None:
    setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match="COUNTERSIGN_"):
        anchors.configured()


def test_only_who_sends_loads_the_libraries() -> None:
    code = (
        "import os, sys; os.environ.update(DJANGO_SETTINGS_MODULE='config.settings',"
        "COUNTERSIGN_ANCHOR_S3='s3://b/p', COUNTERSIGN_ANCHOR_MAIL='a@b.example')\n"
        "import django; django.setup()\n"
        "from django.urls import get_resolver; get_resolver().url_patterns\n"
        "print(sorted({'boto3', 'botocore', 'rfc3161_client', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert done.stdout.strip() == "[]"


def test_the_command_sends_as_the_worker_does(world, settings, tmp_path: Path, capsys) -> None:
    from django.core.management import call_command

    settings.COUNTERSIGN_ANCHOR_FOLDERS = [str(tmp_path / "share")]
    call_command("checkpoint")
    [file] = (tmp_path / "share").iterdir()
    assert file.read_text() == Checkpoint.objects.order_by("-size")[0].note == capsys.readouterr().out
