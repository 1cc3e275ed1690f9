"""Witnesses, as the control plane meets them: honest, away, slow, lying, and holding another history."""

import fcntl
import logging
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from governance import anchors, events, keyfiles, witnesses
from governance.errors import Refused
from governance.jobs.courier import FIRST_WAIT, LONGEST_WAIT, Courier
from governance.models import Checkpoint, Contradiction, Cosignature, Delivery, LedgerEvent
from governance.proof.formats.add_checkpoint import AddCheckpoint
from governance.proof.formats.checkpoint import Checkpoint as TreeHead
from governance.proof.formats.checkpoint import sign_checkpoint
from governance.proof.formats.cosignature import Cosigner, generate_key
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.merkle import MemoryTree
from governance.proof.formats.note import Note, SignatureLine, VerifierKey
from governance.selectors import ledger, verification
from governance.selectors.keys import keyring, log_vkey
from governance.selectors.witnesses import head_of, note_of, standing, witnessed_from
from governance.services import checkpoints
from governance.services import witnesses as asking
from governance.witnesses import Witness
from tests.governance import tampering
from tests.governance.proof.world import make_key
from tests.support.stage import rolled_back
from tests.support.witnesses import Running

Start = Callable[..., Running]


class Liar:
    """A witness that answers whatever a test wants."""

    def __init__(self, name: str = "liar.test/w") -> None:
        self.cosigner = Cosigner.from_pem(name, generate_key())
        self.posted: list[bytes] = []
        self.status, self.body, self.shown = 200, b"", b""
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                liar.posted.append(self.rfile.read(int(self.headers["Content-Length"])))
                self._answer(liar.status, liar.body)

            def do_GET(self) -> None:
                self._answer(200 if liar.shown else 404, liar.shown)

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def witness(self) -> Witness:
        return Witness(self.cosigner.key, f"http://127.0.0.1:{self._server.server_port}")

    def says(self, line: SignatureLine) -> None:
        self.status, self.body = 200, f"{line.text()}\n".encode()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


@pytest.fixture
def start(world, tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a witness which follows this ledger."""
    running: list[Running] = []

    def make(name: str = "witness.test/w1") -> Running:
        made = Running(tmp_path / f"witness-{len(running)}", VerifierKey.from_text(log_vkey()), name=name)
        running.append(made)
        return made

    yield make
    for witness in running:
        witness.stop()


@pytest.fixture
def liar() -> Iterator[Liar]:
    made = Liar()
    yield made
    made.stop()


def configure(settings, *chosen: Running | Liar | Witness, quorum: int = 0) -> None:
    named = [c.witness if isinstance(c, Liar) else Witness(c.key, c.url) for c in chosen]
    settings.COUNTERSIGN_WITNESSES = [f"{one.key.text()} {one.url}" for one in named]
    settings.COUNTERSIGN_WITNESS_QUORUM = quorum


def troubles() -> list[str]:
    found = standing()
    assert found is not None
    return [witness.trouble for witness in found.witnesses]


def cosigned(checkpoint: Checkpoint) -> list[str]:
    return [line.name for line in Note.parse(note_of(checkpoint)).signatures[1:]]


def test_new_checkpoints_are_cosigned_and_the_note_carries_it(world, start: Start, settings) -> None:
    witness, courier = start(), Courier()
    configure(settings, witness)
    first = checkpoints.checkpoint_make()
    courier.step()
    assert cosigned(first) == ["witness.test/w1"]
    world.note()
    second = checkpoints.checkpoint_make()
    courier.step()
    assert cosigned(second) == ["witness.test/w1"]
    found = standing()
    assert found is not None
    assert (found.size, found.quorum, troubles()) == (second.size, 1, [""])
    assert Note.parse(witness.store.newest(keyring().origin) or "").text == head_of(second).text()
    size = ledger.size()
    courier.step()
    assert (ledger.size(), Cosignature.objects.count()) == (size, 2)


def test_nothing_is_asked_of_nobody(world, settings) -> None:
    checkpoints.checkpoint_make()
    Courier().step()
    assert standing() is None
    assert not Cosignature.objects.exists()


@pytest.mark.attack(
    name="as a witness, send a replayed, a false or a foreign cosignature",
    caught_by="the signature is checked over exactly this checkpoint before the line is kept",
    unless="as many witnesses as the quorum asks for lie together with the log",
)
def test_two_of_three_with_one_that_lies(world, start: Start, liar: Liar, settings) -> None:
    """A replay of its own old word, a word over another history, a word by another key: none is kept."""
    one, two = start("witness.test/w1"), start("witness.test/w2")
    configure(settings, one, two, liar, quorum=2)
    old = checkpoints.checkpoint_make()
    world.note()
    checkpoint = checkpoints.checkpoint_make()
    replayed = liar.cosigner.cosign(head_of(old), 1_700_000_000)
    other = TreeHead(keyring().origin, checkpoint.size, bytes(32))
    stranger = Cosigner.from_pem(liar.cosigner.key.name, generate_key())
    for line in (
        replayed,
        liar.cosigner.cosign(other, 1_700_000_000),
        stranger.cosign(head_of(checkpoint), 1_700_000_000),
    ):
        liar.says(line)
        Courier().step()
        assert cosigned(checkpoint) == ["witness.test/w1", "witness.test/w2"]
        assert troubles()[:2] == ["", ""]
        assert "cosignature" in troubles()[2]
    found = standing()
    assert found is not None
    assert (found.size, found.quorum) == (checkpoint.size, 2)
    assert not Contradiction.objects.exists()


def test_one_of_two_is_not_enough(world, start: Start, liar: Liar, settings) -> None:
    configure(settings, start(), liar, quorum=2)
    checkpoint = checkpoints.checkpoint_make()
    Courier().step()
    assert cosigned(checkpoint) == ["witness.test/w1"]
    found = standing()
    assert found is not None
    assert found.size is None
    assert witnessed_from(1) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"\xff\xfe"),
        (200, b"nonsense\n"),
        (200, b"\xe2\x80\x94 liar.test/w AAAA\n"),
        (200, b"x" * 300_000),
        (204, b""),
        (302, b""),
        (400, b"no\n"),
        (404, b"unknown\n"),
        (409, b"none\n"),
        (409, b"-1\n"),
        (409, b"9" * 40),
        (409, b"0\n"),
        (409, b"99999\n"),
        (422, b"no\n"),
        (500, b"oops"),
    ],
)
def test_whatever_it_answers_the_ledger_goes_on(world, liar: Liar, settings, status: int, body: bytes) -> None:
    configure(settings, liar)
    checkpoint = checkpoints.checkpoint_make()
    size, (liar.status, liar.body) = ledger.size(), (status, body)
    Courier().step()
    assert liar.posted
    assert cosigned(checkpoint) == []
    assert troubles() != [""]
    assert (ledger.size(), Contradiction.objects.count()) == (size, 0)
    world.note()
    assert ledger.size() > size


def test_a_dead_witness_is_told_of_once_and_followed_again(world, start: Start, settings, caplog) -> None:
    witness = start()
    configure(settings, witness)
    checkpoint = checkpoints.checkpoint_make()
    witness.stop()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            Courier().step()
    assert "cannot be reached" in troubles()[0]
    assert Delivery.objects.filter(outcome=Delivery.Outcome.FAILED).count() == 1
    assert len([r for r in caplog.records if "did not reach" in r.message]) == 1
    witness.start()
    Courier().step()
    assert (cosigned(checkpoint), troubles()) == (["witness.test/w1"], [""])


def test_a_silent_witness_is_not_waited_for(world, settings, monkeypatch) -> None:
    monkeypatch.setattr(witnesses, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        key = Cosigner.from_pem("silent.test", generate_key()).key
        configure(settings, Witness(key, f"http://127.0.0.1:{silent.getsockname()[1]}"))
        checkpoints.checkpoint_make()
        Courier().step()
        assert "cannot be reached (ReadTimeout" in troubles()[0]


def test_who_failed_is_asked_again_later_and_later(world, liar: Liar, settings) -> None:
    configure(settings, liar)
    checkpoints.checkpoint_make()
    now = 1000.0
    courier = Courier(clock=lambda: now)
    liar.status, asked, wait = 500, 0, 0.0
    waits: list[float] = []
    while len(waits) < 10:
        courier.step()
        if len(liar.posted) > asked:
            asked = len(liar.posted)
            waits.append(wait)
            wait = 0.0
        now, wait = now + 1, wait + 1
    assert waits[1:4] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT
    world.note()
    checkpoint = checkpoints.checkpoint_make()
    liar.says(liar.cosigner.cosign(head_of(checkpoint), 1_700_000_000))
    now += LONGEST_WAIT
    courier.step()
    assert cosigned(checkpoint) == ["liar.test/w"]


def test_one_courier_at_a_time(world, start: Start, settings) -> None:
    configure(settings, start())
    checkpoint = checkpoints.checkpoint_make()
    with (Path(settings.COUNTERSIGN_VAR) / "courier.lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        Courier().step()
        assert cosigned(checkpoint) == []
    Courier().step()
    assert cosigned(checkpoint) == ["witness.test/w1"]


def test_a_witness_that_is_ahead_is_left_alone(world, start: Start, settings) -> None:
    witness = start()
    configure(settings, witness)
    old = checkpoints.checkpoint_make()
    world.note()
    new = checkpoints.checkpoint_make()
    Courier().step()
    assert not asking.ask(witness=witnesses.configured()[0], checkpoint=old)
    assert (cosigned(old), cosigned(new), troubles()) == ([], ["witness.test/w1"], [""])
    assert witnessed_from(old.size) == new


# A witness holds another history


def accused() -> tuple[int, str]:
    """Return the exit code of verify_ledger and what it says of witnesses."""
    outcome = verification.verify()
    said = [str(problem) for check in outcome.checks for problem in check.problems if check.name == "witnesses"]
    return outcome.code, "\n".join(said)


@pytest.mark.attack(
    name="bring an old backup of the database back, and go on from there",
    caught_by="a witness that cosigned what came after, and `verify_ledger` by the checkpoint it shows",
    unless="no witness saw a checkpoint after the backup",
)
def test_a_backup_brought_back_is_caught(world, start: Start, settings, caplog) -> None:
    """The database is as it was before the last entries; the witness has seen them."""
    witness = start()
    configure(settings, witness)
    checkpoints.checkpoint_make()
    Courier().step()
    with rolled_back():
        world.note("Forgotten by the backup")
        lost = checkpoints.checkpoint_make()
        Courier().step()
        assert cosigned(lost)
    assert ledger.size() < lost.size
    shutil.rmtree(anchors.home())  # the folder is brought back, too, or nothing would be signed
    world.note("The history that goes on", text="other")
    later = checkpoints.checkpoint_make()
    assert later.size == lost.size
    with caplog.at_level(logging.CRITICAL):
        Courier().step()
    [found] = Contradiction.objects.all()
    assert (found.name, found.size, found.note.startswith(keyring().origin)) == ("witness.test/w1", lost.size, True)
    assert LedgerEvent.objects.filter(event=events.LOG_CONTRADICTED).count() == 1
    assert [r for r in caplog.records if "rewritten or cut off" in r.message]
    code, said = accused()
    assert (code, "that this ledger does not extend" in said) == (1, True)
    # Said once; refused for ever.
    for _ in range(3):
        checkpoints.checkpoint_make()
        Courier().step()
    assert Contradiction.objects.count() == 1
    assert "signed by the log key" in troubles()[0]


def test_a_ledger_that_got_shorter_is_caught(world, start: Start, settings) -> None:
    configure(settings, start())
    with rolled_back():
        for number in range(4):
            world.note(f"Forgotten {number}")
        lost = checkpoints.checkpoint_make()
        Courier().step()
    shutil.rmtree(anchors.home())
    checkpoints.checkpoint_make()
    Courier().step()
    [found] = Contradiction.objects.all()
    assert (found.size, found.size > ledger.size()) == (lost.size, True)
    assert accused()[0] == 1


@pytest.mark.attack(
    name="sign another history with the stolen log key and show it to a witness",
    caught_by="the witness refuses whichever history comes second and keeps its signed checkpoint as proof",
    unless="each history is shown to other witnesses, and nobody compares",
)
def test_a_fork_with_the_stolen_log_key_is_caught_from_either_side(world, start: Start, settings) -> None:
    """A thief shows the witness a history of their own; the true ledger is refused, the thief's note is the proof."""
    witness = start()
    configure(settings, witness)
    checkpoint = checkpoints.checkpoint_make()
    tree = MemoryTree()
    for number in range(checkpoint.size - 2):
        tree.append(b"forged %d" % number)
    origin = keyring().origin
    forged = sign_checkpoint(TreeHead(origin, tree.size, tree.root()), origin, keyfiles.signer("log"))
    assert witness.submit(AddCheckpoint(0, (), forged)).status_code == 200
    Courier().step()
    [found] = Contradiction.objects.all()
    assert Note.parse(found.note).text == Note.parse(forged).text
    assert accused()[0] == 1
    assert cosigned(checkpoint) == []
    # From the other side: the honest ledger was there first, the thief's is refused and kept by the witness.
    second = start("witness.test/w2")
    configure(settings, second)
    checkpoint = checkpoints.checkpoint_make()
    Courier().step()
    assert cosigned(checkpoint) == ["witness.test/w2"]
    while tree.size < checkpoint.size:
        tree.append(b"forged")
    forged = sign_checkpoint(TreeHead(origin, tree.size, tree.root()), origin, keyfiles.signer("log"))
    assert second.submit(AddCheckpoint(checkpoint.size, (), forged)).status_code == 422
    assert second.store.refused(origin)[0].checkpoint.root == tree.root()


@pytest.mark.postgres
@pytest.mark.attack(
    name="rewrite the ledger with every hash made anew, and have the log key sign its head",
    caught_by="a witness that cosigned the old head",
    unless="no witness saw the old head",
)
def test_a_rewritten_ledger_is_caught(world, start: Start, settings) -> None:
    """The database's owner makes every hash anew, and the log key signs the new head."""
    configure(settings, start())
    checkpoints.checkpoint_make()
    Courier().step()
    with tampering.owner():
        entries = [leaf.to_bytes() for leaf in tampering.leaves(3)]
        tampering.run("DELETE FROM governance_cosignature")
        tampering.run("DELETE FROM governance_delivery")
        tampering.run("DELETE FROM governance_checkpoint")
        tampering.run("DELETE FROM governance_ledgeropening WHERE entry_id >= 3")
        tampering.run("DELETE FROM governance_ledgersubject WHERE entry_id >= 3")
        tampering.run("DELETE FROM governance_ledgerevent WHERE entry_id >= 3")
        tampering.rewrite([b"{}", *entries[1:]], 3)
    with pytest.raises(Refused, match="it was rewritten"):
        checkpoints.checkpoint_make()
    shutil.rmtree(anchors.home())  # whoever rewrites it takes the folder along
    checkpoints.checkpoint_make()
    Courier().step()
    assert Contradiction.objects.count() == 1


@pytest.mark.attack(
    name="as a witness, accuse an honest ledger of a fork",
    caught_by="only a checkpoint signed by the log key counts as proof",
    unless="the witness has the log key",
)
def test_a_liar_accuses_nobody(world, liar: Liar, settings) -> None:
    """It says 422, or claims to know more, and shows nothing, another key's note, or a note this ledger does extend."""
    configure(settings, liar)
    checkpoint = checkpoints.checkpoint_make()
    origin = keyring().origin
    other = sign_checkpoint(TreeHead(origin, 5, bytes(32)), origin, make_key().signer)
    elsewhere = sign_checkpoint(TreeHead("elsewhere", 5, bytes(32)), origin, keyfiles.signer("log"))
    for shown in (b"", b"nonsense", other.encode(), checkpoint.note.encode(), elsewhere.encode()):
        for status, body in ((422, b"no\n"), (409, b"99999\n")):
            liar.status, liar.body, liar.shown = status, body, shown
            Courier().step()
            assert "refused" in troubles()[0]
    assert not Contradiction.objects.exists()
    outcome = verification.verify()
    [check] = [check for check in outcome.checks if check.name == "witnesses"]
    assert (outcome.code, "liar.test/w refused" in check.note) == (0, True)


# Rows alone count for nothing


@pytest.mark.postgres
@pytest.mark.attack(
    name="insert a cosignature as the database's owner",
    caught_by="each line is checked when it is read, and by `verify_ledger`",
    unless="the owner has the witness's key",
)
def test_a_forged_cosignature_row_is_left_out_and_found(world, liar: Liar, settings) -> None:
    configure(settings, liar)
    checkpoint = checkpoints.checkpoint_make()
    key = liar.cosigner.key
    wrong = liar.cosigner.cosign(TreeHead("other", 1, bytes(32)), 1)
    with pytest.raises(SignatureError):
        asking.cosignature_keep(witness=liar.witness, checkpoint=checkpoint, line=wrong)
    Cosignature(
        checkpoint=checkpoint, name=key.name, key=key.digest, vkey=key.text(), line=wrong.text(), at=timezone.now()
    ).save()
    assert cosigned(checkpoint) == []
    found = standing()
    assert found is not None
    assert found.size is None
    assert accused()[0] == 1
    assert "does not hold now" in accused()[1]


def test_a_row_under_another_witnesss_name_does_not_count(world, start: Start, liar: Liar, settings) -> None:
    """A key of the owner's own, filed under the digest of a configured witness."""
    witness = start()
    configure(settings, witness)
    checkpoint = checkpoints.checkpoint_make()
    own = Cosigner.from_pem(witness.key.name, generate_key())
    line = own.cosign(head_of(checkpoint), 1)
    Cosignature(
        checkpoint=checkpoint, name=witness.key.name, key=witness.key.digest, vkey=own.key.text(), line=line.text(),
        at=timezone.now(),
    ).save()  # fmt: skip
    found = standing()
    assert found is not None
    assert (found.size, cosigned(checkpoint)) == (None, [])
    assert accused()[0] == 1


def test_a_contradiction_that_was_taken_away_or_invented_is_found(world, liar: Liar) -> None:
    checkpoint = checkpoints.checkpoint_make()
    origin = keyring().origin
    head = TreeHead(origin, 3, bytes(32))
    note = sign_checkpoint(head, origin, keyfiles.signer("log"))
    asking.contradiction_record(witness=liar.witness, head=head, note=note)
    assert "does not extend" in accused()[1]
    with tampering.owner():
        tampering.run("DELETE FROM governance_contradiction")
    assert "deleted?" in accused()[1]
    Contradiction(
        name="w", key=checkpoint.root, size=3, root=checkpoint.root, note=note, at=timezone.now(), seq=1
    ).save()
    assert "forged?" in accused()[1]


# Configuration


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "nonsense http://127.0.0.1",
        "{key}",
        "{key} ftp://127.0.0.1",
        "{key},http://127.0.0.1",
        "{log} http://127.0.0.1",
    ],
)
def test_witnesses_that_make_no_sense_stop_the_start(world, liar: Liar, settings, entry: str) -> None:
    entry = entry.format(key=liar.cosigner.key.text(), log=log_vkey())
    settings.COUNTERSIGN_WITNESSES = [entry]
    with pytest.raises(ImproperlyConfigured, match="COUNTERSIGN_WITNESSES"):
        witnesses.policy()


def test_a_quorum_that_cannot_be_reached_stops_the_start(world, liar: Liar, settings) -> None:
    configure(settings, liar, quorum=2)
    with pytest.raises(ImproperlyConfigured, match="COUNTERSIGN_WITNESS_QUORUM"):
        witnesses.policy()


def test_the_log_key_as_witnesses_are_told_it(world) -> None:
    key = VerifierKey.from_text(log_vkey())
    [public] = keyring().for_purpose("log").values()
    assert (key.name, key.kind, key.raw) == (keyring().origin, 0x01, public.raw)
