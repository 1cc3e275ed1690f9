"""The proof of one entry as a file, verified with the log's key alone."""

import pytest

from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.proof_file import is_proof, verify_proof
from governance.proof.checks.witnesses import WitnessPolicy
from governance.proof.formats import merkle
from governance.proof.formats.checkpoint import Checkpoint, log_key, sign_checkpoint
from governance.proof.formats.cosignature import Cosigner, generate_key
from governance.proof.formats.note import Note
from governance.proof.formats.tlog_proof import TlogProof
from tests.governance.proof.world import ORIGIN, World, make_key

WITNESS = Cosigner.from_pem("witness.test/w1", generate_key())


@pytest.fixture
def world() -> World:
    made = World()
    for _ in range(7):
        made.append("document:version:frozen")
    return made


def proof(world: World, index: int = 3) -> bytes:
    path = tuple(merkle.inclusion_proof(index, world.tree.size, world.tree.read))
    return TlogProof(index, path, world.note(), world.leaves[index]).to_text().encode()


def vkey(world: World) -> str:
    return log_key(ORIGIN, world.keys["log"].public).text()


def failed(data: bytes, key: str | None) -> int:
    outcome = verify_proof(data, key)
    assert [check for check in outcome.checks if check.ok is not True]
    return outcome.code


def test_it_holds_with_the_logs_key(world: World) -> None:
    data = proof(world)
    assert is_proof(data)
    outcome = verify_proof(data, vkey(world))
    assert outcome.code == 0
    assert any("entry 3, document:version:frozen" in check.detail for check in outcome.checks)


def test_every_flipped_byte_is_found(world: World) -> None:
    data, key = proof(world), vkey(world)
    for at in range(len(data)):
        bad = bytearray(data)
        bad[at] ^= 1
        assert failed(bytes(bad), key) == 1, at


def test_other_keys_and_logs(world: World) -> None:
    data = proof(world)
    assert failed(data, log_key(ORIGIN, make_key().public).text()) == 1
    assert failed(data, log_key("other.test", world.keys["log"].public).text()) == 1
    for key in (None, "", "nonsense", WITNESS.key.text()):
        assert failed(data, key) == 2
    text = Checkpoint("elsewhere.test", world.tree.size, world.tree.root())
    note = sign_checkpoint(text, ORIGIN, world.keys["log"].signer)
    moved = TlogProof.from_text(data.decode())
    assert failed(TlogProof(moved.index, moved.path, note, moved.leaf).to_text().encode(), vkey(world)) == 1


def test_a_leaf_that_says_it_is_another_entry(world: World) -> None:
    """Such as one that an owner of the log put there to be mistaken for entry 3."""
    copy = world.leaves[3]
    world.leaves.append(copy)
    world.tree.append(copy)
    assert failed(proof(world, 7), vkey(world)) == 1


def test_witnesses(world: World) -> None:
    policy = WitnessPolicy.of([WITNESS.key.text()])
    data = proof(world)
    assert verify_proof(data, vkey(world), Elsewhere(witnesses=policy)).code == 1
    found = TlogProof.from_text(data.decode())
    line = WITNESS.cosign(Checkpoint.from_text(Note.parse(found.checkpoint).text), 1_700_000_000)
    note = Note.parse(found.checkpoint).with_lines([line]).to_text()
    cosigned = TlogProof(found.index, found.path, note, found.leaf).to_text().encode()
    assert verify_proof(cosigned, vkey(world), Elsewhere(witnesses=policy)).code == 0
    [said] = [check for check in verify_proof(cosigned, vkey(world)).checks if check.name == "witnesses"]
    assert (said.ok, "nobody vouched" in said.detail) == (None, True)
