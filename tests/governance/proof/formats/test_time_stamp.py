"""Time stamps as a reader checks them: over these bytes, by an authority whose certificate they got elsewhere."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.x509 import Certificate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.outcome import Verification
from governance.proof.checks.verify import verify_evidence
from governance.proof.formats import merkle, time_stamp
from governance.proof.formats.checkpoint import Checkpoint, sign_checkpoint
from governance.proof.formats.merkle import MemoryTree
from governance.proof.formats.time_stamp import TimeStampError
from tests.governance.proof.world import ORIGIN, World
from tests.support.authority import Authority

Change = Callable[[World, dict[str, Any]], None]
CONTENT = b"what was there"


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Iterator[Authority]:
    made = Authority(tmp_path_factory.mktemp("authority") / "tsa")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory) -> Iterator[Authority]:
    made = Authority(tmp_path_factory.mktemp("stranger") / "tsa")
    yield made
    made.stop()


def roots(authority: Authority) -> tuple[Certificate, ...]:
    return time_stamp.roots_of(authority.root.read_bytes())


def stamped(authority: Authority, content: bytes) -> tuple[bytes, int]:
    """A reply, and the number of the query that it answers."""
    query = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA512).nonce(nonce=True)
    asked = query.cert_request(cert_request=True).build()
    assert asked.nonce is not None
    return authority.reply(asked.as_bytes()), asked.nonce


@pytest.fixture(scope="module")
def reply(authority: Authority) -> bytes:
    return stamped(authority, CONTENT)[0]


def test_a_stamp_says_who_and_when(authority: Authority, reply: bytes) -> None:
    said = time_stamp.verify(reply, CONTENT, roots(authority))
    assert said.authority == "Test time stamps"
    assert said.time.tzinfo is not None
    assert time_stamp.read(reply, CONTENT) == said
    fresh, nonce = stamped(authority, CONTENT)
    assert time_stamp.verify(fresh, CONTENT, roots(authority), nonce=nonce).authority == said.authority
    with pytest.raises(TimeStampError, match="Nonce"):
        time_stamp.verify(reply, CONTENT, roots(authority), nonce=nonce)


def test_other_bytes_or_another_authority(authority: Authority, stranger: Authority, reply: bytes) -> None:
    for content, told, words in ((reply, CONTENT + b" ", "over other bytes"), (b"nonsense", CONTENT, "can be read")):
        with pytest.raises(TimeStampError, match=words):
            time_stamp.read(content, told)
        with pytest.raises(TimeStampError, match=words):
            time_stamp.verify(content, told, roots(authority))
    with pytest.raises(TimeStampError, match="does not hold"):
        time_stamp.verify(reply, CONTENT, roots(stranger))
    with pytest.raises(ValueError, match="PEM"):
        time_stamp.roots_of(b"no certificate")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
def test_damage_never_ends_in_anything_but_a_refusal(authority: Authority, reply: bytes, data: st.DataObject) -> None:
    """The file that carries a stamp is hostile: whatever its bytes are, there is an answer in words."""
    damaged = bytearray(reply)
    for place in data.draw(st.lists(st.integers(0, len(reply) - 1), min_size=1, max_size=4)):
        damaged[place] ^= data.draw(st.integers(1, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(reply)))])
    for content in (bytes(damaged), cut):
        try:
            assert time_stamp.verify(content, CONTENT, roots(authority)) == time_stamp.read(reply, CONTENT)
        except TimeStampError:
            continue


def lines(change: Change, known: tuple[Certificate, ...]) -> tuple[list[tuple[bool | None, str]], int]:
    """Return what is said of time stamps in evidence changed so, and the exit code of the whole."""
    world = World()
    found = verify_evidence(world.evidence(change), world.fingerprint, Elsewhere(authorities=known))
    return [(line.ok, line.detail) for line in found if line.name == "time stamp"], Verification.of(found).code


def carrying(authority: Authority, *, size: int = 0, fork: bool = False, other_note: bool = False) -> Change:
    """Put a time stamp on a checkpoint of `size` entries (default: the report's own) into evidence."""

    def change(world: World, fields: dict[str, Any]) -> None:
        own, tree = world.tree.size, MemoryTree()
        for leaf in world.leaves:
            tree.append(b"another" if fork else leaf)
        while tree.size < size:
            tree.append(b"later %d" % tree.size)
        at = size or own
        note = sign_checkpoint(Checkpoint(ORIGIN, at, tree.root(at)), ORIGIN, world.keys["log"].signer)
        small, large = sorted((at, own))
        proof = [node.hex() for node in merkle.consistency_proof(small, large, tree.read)]
        answer, _ = stamped(authority, (note + "x" if other_note else note).encode())
        fields["time_stamps"] = [{"checkpoint": note, "reply": base64.b64encode(answer).decode(), "proof": proof}]

    return change


def test_a_report_carries_stamps_that_its_reader_checks(authority: Authority, stranger: Authority) -> None:
    known = roots(authority)
    ((ok, said),), code = lines(carrying(authority), known)
    assert (ok, "by Test time stamps at 20" in said, "holds, all 6 entries" in said, code) == (True, True, True, 0)
    ((ok, said),), code = lines(carrying(authority, size=7), known)
    assert (ok, "holds, all 6 entries" in said, code) == (True, True, 0)
    ((ok, said),), code = lines(carrying(authority, size=2), known)
    assert (ok, "for the first 2 of the 6 entries" in said, code) == (True, True, 0)
    ((ok, said),), code = lines(carrying(authority), ())
    assert (ok, "not checked because no certificate was given" in said, code) == (None, True, 0)
    ((ok, said),), code = lines(carrying(authority), roots(stranger))
    assert (ok, "does not hold" in said, code) == (False, True, 1)
    ((ok, said),), code = lines(carrying(authority), (*roots(stranger), *known))
    assert (ok, code) == (True, 0)


@pytest.mark.attack(
    name="put a time stamp on another history, or on other bytes, into a report",
    caught_by="the stamped checkpoint must be by the log key, extend or precede the report's, and be what was stamped",
    unless="the authority lies, or nobody gives its certificate",
)
def test_stamps_that_prove_nothing_of_this_report(authority: Authority) -> None:
    known = roots(authority)
    for change, words in (
        (carrying(authority, size=7, fork=True), "does not extend"),
        (carrying(authority, fork=True), "do not agree"),
        (carrying(authority, other_note=True), "over other bytes"),
    ):
        for certificates in (known, ()):
            ((ok, said),), code = lines(change, certificates)
            assert (ok, words in said, code) == (False, True, 1), said
    found, code = lines(lambda world, fields: None, known)
    assert (found, code) == ([(False, "there is none, and a certificate was given to check one with")], 1)
    assert lines(lambda world, fields: None, ()) == ([], 0)
