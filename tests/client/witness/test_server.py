"""add-checkpoint over HTTP: what is cosigned, and every way of asking for what must not be (C2SP tlog-witness)."""

import base64
import hashlib
import socket

import httpx
import pytest

from governance.proof.formats import merkle
from governance.proof.formats.add_checkpoint import MAX_BODY, PATH, AddCheckpoint
from governance.proof.formats.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint, trusted
from governance.proof.formats.cosignature import verify_cosignature
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.note import Note, SignatureLine
from tests.governance.proof.world import make_key
from tests.support.witnesses import Log, Running, submit


def cosigned(answer: httpx.Response, log: Log, witness: Running, size: int | None = None) -> None:
    """Fail unless the answer is a cosignature of the log's checkpoint of that size."""
    assert answer.status_code == 200, answer.text
    lines = [SignatureLine.from_text(line) for line in answer.text.splitlines()]
    head = Checkpoint.from_text(Note.parse(log.note(size)).text)
    for line, key in zip(lines, witness.keys, strict=True):
        assert verify_cosignature(line, key, head) > 0


def refused(answer: httpx.Response, status: int, words: str) -> None:
    assert (answer.status_code, words in answer.text) == (status, True), (answer.status_code, answer.text)
    assert "\u2014" not in answer.text


def test_a_log_that_only_grows_is_cosigned(log: Log, witness: Running) -> None:
    cosigned(witness.submit(log.request(0)), log, witness)
    for size in (6, 7, 8, 20):
        old = log.tree.size
        log.grow(size - old)
        cosigned(witness.submit(log.request(old)), log, witness)


def test_both_keys_of_a_quantum_safe_witness_cosign(log: Log, tmp_path) -> None:
    witness = Running(tmp_path / "safe", log.vkey, quantum_safe=True)
    try:
        assert [key.kind for key in witness.keys] == [0x04, 0x06]
        cosigned(witness.submit(log.request(0)), log, witness)
    finally:
        witness.stop()


def test_the_same_checkpoint_again_is_cosigned_again(log: Log, witness: Running) -> None:
    """The log may have missed the answer."""
    cosigned(witness.submit(log.request(0)), log, witness)
    cosigned(witness.submit(log.request(5)), log, witness)


def test_another_old_size_is_told_the_witnesss(log: Log, witness: Running) -> None:
    witness.submit(log.request(0))
    log.grow(4)
    for old in (0, 4, 6, 9):
        answer = witness.submit(log.request(old))
        assert (answer.status_code, answer.text) == (409, "5\n")
        assert answer.headers["Content-Type"] == "text/x.tlog.size"
    cosigned(witness.submit(log.request(5)), log, witness)


def test_a_rollback_is_refused(log: Log, witness: Running) -> None:
    """The ledger came back from a backup: what the witness saw afterwards is missing."""
    log.grow(4)
    witness.submit(log.request(0))
    for old in (0, 5, 7):
        answer = witness.submit(log.request(old, size=7))
        assert (answer.status_code, answer.text) == (409, "9\n")
    refused(witness.submit(log.request(9, size=7)), 400, "at most")


def test_a_fork_with_the_stolen_log_key_is_refused(log: Log, witness: Running) -> None:
    witness.submit(log.request(0))
    honest, fork = log.forked(4, "event"), Log(key=log.key).grow(9, "another history")
    refused(witness.submit(fork.request(5)), 422, "history was changed")
    refused(witness.submit(fork.request(5, size=5)), 422, "do not agree")
    cosigned(witness.submit(honest.request(5)), honest, witness)
    # A second fork, this time after what both histories share.
    refused(witness.submit(log.forked(4).request(9, size=9)), 422, "do not agree")


def test_two_histories_of_one_size_are_kept_as_proof(log: Log, witness: Running) -> None:
    witness.submit(log.request(0))
    fork = Log(key=log.key).grow(5, "another history")
    refused(witness.submit(fork.request(0)), 409, "5")
    [kept] = witness.store.refused(log.origin)
    assert kept.checkpoint.root == fork.tree.root()
    opened = open_checkpoint(kept.note, log.origin, trusted([log.vkey]))
    assert opened.root != log.tree.root()
    # Anybody could send the log's own checkpoint with a broken proof: no accusation comes of that.
    log.grow(3)
    garbled = AddCheckpoint(5, (bytes(32), bytes(32)), log.note())
    refused(witness.submit(garbled), 422, "")
    assert witness.store.refused(log.origin) == [kept]


def test_wrong_proofs_are_refused(log: Log, witness: Running) -> None:
    refused(witness.submit(AddCheckpoint(0, (bytes(32),), log.note())), 422, "found a proof")
    witness.submit(log.request(0))
    log.grow(3)
    right = log.request(5)
    for proof in (right.proof[::-1], right.proof[:-1], (*right.proof, bytes(32)), ()):
        refused(witness.submit(AddCheckpoint(5, proof, right.note)), 422, "")
    cosigned(witness.submit(right), log, witness)


def test_an_empty_tree_has_one_root(log: Log, witness: Running) -> None:
    note = sign_checkpoint(Checkpoint(log.origin, 0, bytes(32)), log.origin, log.key.signer)
    refused(witness.submit(AddCheckpoint(0, (), note)), 422, "")
    cosigned(witness.submit(log.request(0, size=0)), log, witness, size=0)
    cosigned(witness.submit(log.request(0)), log, witness)


def test_who_is_not_the_log(log: Log, witness: Running) -> None:
    refused(witness.submit(Log("other.test/log", 5).request(0)), 404, "no log of that origin")
    refused(witness.submit(Log(log.origin, 5).request(0)), 403, "found no signature")
    wrong = log.request(0)
    tampered = Note.parse(wrong.note)
    [line] = tampered.signatures
    bad = SignatureLine(line.name, line.key_id, bytes(64))
    refused(witness.submit(AddCheckpoint(0, (), Note(tampered.text, (line, bad)).to_text())), 403, "")
    assert witness.store.newest(log.origin) is None


def test_another_key_of_the_log_is_trusted_once_it_is_told(log: Log, witness: Running) -> None:
    """Rotation of the log key, as the operator of the witness sees it."""
    witness.submit(log.request(0))
    rotated = log.forked(2, "event")
    rotated.key = make_key()
    refused(witness.submit(rotated.request(5)), 403, "found no signature")
    witness.store.trust(rotated.vkey)
    cosigned(witness.submit(rotated.request(5)), rotated, witness)


@pytest.mark.parametrize("body", [b"", b"\xff", b"old 0\n\n", b"old 0\n\nnote\n", b"old 00\n\n", b"\0" * 100])
def test_malformed_requests(witness: Running, body: bytes) -> None:
    answer = httpx.post(witness.url + PATH, content=body)
    refused(answer, 400, "found")


def test_bodies_are_limited_and_their_length_is_stated(witness: Running) -> None:
    refused(httpx.post(witness.url + PATH, content=b"x" * (MAX_BODY + 1)), 400, "at most")
    refused(httpx.post(witness.url + PATH, content=iter([b"chunked"])), 400, "found a body")
    refused(httpx.post(witness.url + "/other", content=b"x"), 404, "expected /add-checkpoint")
    assert httpx.put(witness.url + PATH).status_code == 501


def test_somebody_silent_holds_nobody_up(log: Log, witness: Running) -> None:
    with socket.create_connection(("127.0.0.1", witness.port)) as idle:
        idle.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 100\r\n\r\n")
        cosigned(witness.submit(log.request(0)), log, witness)


def test_monitors_get_the_newest_cosigned_checkpoint(log: Log, witness: Running) -> None:
    address = f"{witness.url}/{hashlib.sha256(log.origin.encode()).hexdigest()}/checkpoint"
    assert httpx.get(address).status_code == 404
    stranger = SignatureLine("stranger.test", b"1234", b"whatever")
    request = log.request(0)
    witness.submit(AddCheckpoint(0, (), Note.parse(request.note).with_lines([stranger]).to_text()))
    note = httpx.get(address).text
    head = open_checkpoint(note, log.origin, trusted([log.vkey]))
    assert head.size == 5
    lines = Note.parse(note).signatures
    assert [line.name for line in lines] == [log.origin, witness.key.name]
    assert verify_cosignature(lines[1], witness.key, head)
    assert httpx.get(f"{witness.url}/{'0' * 64}/checkpoint").status_code == 404
    assert httpx.get(witness.url).status_code == 404


def test_a_cosignature_cannot_be_had_for_another_text(log: Log, witness: Running) -> None:
    """Extension lines are signed by nobody here: a note with one is refused, not cosigned without it."""
    text = log.note().split("\n\n")[0] + "\nextension\n"
    signature = bytes.fromhex(log.key.signer.sign(text.encode()).signature)
    line = SignatureLine(log.origin, log.vkey.key_id, signature)
    refused(witness.submit(AddCheckpoint(0, (), Note(text, (line,)).to_text())), 400, "three lines")


def test_the_answer_is_over_what_was_asked(log: Log, witness: Running) -> None:
    line = SignatureLine.from_text(submit(witness.url, log.request(0)).text.strip())
    other = Checkpoint(log.origin, 5, hashlib.sha256(b"").digest())
    with pytest.raises(SignatureError):
        verify_cosignature(line, witness.key, other)
    assert base64.b64encode(merkle.root(5, log.tree.read)).decode() in (witness.store.newest(log.origin) or "")
