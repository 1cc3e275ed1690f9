"""An independent reader of C2SP formats agrees: checkpoints, cosignatures, inclusion and consistency (aics-tlog).

None of its code is ours; it implements the specifications from their text. Both ways: it reads ours, we read its.
"""

from base64 import b64decode
from pathlib import Path

import aics_tlog as oracle
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.jobs.courier import Courier
from governance.models import LedgerEntry
from governance.proof.formats.add_checkpoint import AddCheckpoint
from governance.proof.formats.checkpoint import Checkpoint, open_checkpoint, trusted
from governance.proof.formats.cosignature import verify_cosignature
from governance.proof.formats.note import Note, SignatureLine, VerifierKey
from governance.selectors import ledger
from governance.selectors.keys import log_vkey
from governance.selectors.proofs import tlog_proof
from governance.selectors.witnesses import note_of
from governance.services import checkpoints
from tests.support.witnesses import Running


@pytest.fixture
def witnesses(world, settings, tmp_path: Path):
    made = [Running(tmp_path / f"w{n}", VerifierKey.from_text(log_vkey()), name=f"witness.test/w{n}") for n in (1, 2)]
    settings.COUNTERSIGN_WITNESSES = [f"{witness.key.text()} {witness.url}" for witness in made]
    yield made
    for witness in made:
        witness.stop()


def test_it_reads_our_checkpoints_and_their_cosignatures(world, witnesses: list[Running]) -> None:
    checkpoint = checkpoints.checkpoint_make()
    Courier().step()
    note = oracle.parse_note(note_of(checkpoint))
    log_key = oracle.parse_vkey(log_vkey())
    keys = [oracle.parse_vkey(witness.key.text()) for witness in witnesses]
    found = oracle.verify_checkpoint(note, log_key, keys, quorum=2)
    assert found.ok, found.error
    assert (found.size, found.root) == (ledger.size(), ledger.root(ledger.size()))
    assert sorted(found.witnesses) == ["witness.test/w1", "witness.test/w2"]
    stranger = oracle.cosignature_vkey("witness.test/w3", Ed25519PrivateKey.generate().public_key())
    assert not oracle.verify_checkpoint(note, log_key, [*keys, stranger], quorum=3).ok


def test_it_follows_our_proofs(world) -> None:
    checkpoints.checkpoint_make()
    size = ledger.size()
    leaves = [bytes(leaf) for leaf in LedgerEntry.objects.order_by("seq").values_list("leaf", flat=True)]
    tree = oracle.MerkleTree(leaves)
    assert tree.root() == ledger.root(size)
    for seq in range(0, size, 3):
        path = ledger.inclusion(seq, size)
        assert tree.inclusion_proof(seq) == path
        assert oracle.verify_leaf_inclusion(leaves[seq], seq, size, path, ledger.root(size))
        assert not oracle.verify_leaf_inclusion(leaves[seq] + b" ", seq, size, path, ledger.root(size))
    for old in range(1, size, 5):
        proof = ledger.consistency(old, size)
        assert tree.consistency_proof(old, size) == proof
        assert oracle.verify_consistency(old, size, ledger.root(old), ledger.root(size), proof)
        assert not oracle.verify_consistency(old, size, bytes(32), ledger.root(size), proof)


def test_it_follows_a_proof_from_its_file_alone(world) -> None:
    """C2SP tlog-proof, read line by line: nothing but the file and the log's key is used, and none of our code."""
    checkpoints.checkpoint_make()
    log_key, size = oracle.parse_vkey(log_vkey()), ledger.size()
    leaves = [bytes(leaf) for leaf in LedgerEntry.objects.order_by("seq").values_list("leaf", flat=True)]
    for seq in range(0, size, 3):
        head, _, signed = tlog_proof(seq).partition("\n\n")
        header, extra, index, *path = head.split("\n")
        assert header == "c2sp.org/tlog-proof@v1"
        leaf = b64decode(extra.removeprefix("extra "), validate=True)
        place = int(index.removeprefix("index "))
        assert (leaf, place) == (leaves[seq], seq)
        hashes = [b64decode(line, validate=True) for line in path]
        found = oracle.verify_checkpoint(oracle.parse_note(signed), log_key, [], quorum=0)
        assert found.ok, found.error
        assert found.size is not None
        assert found.root is not None
        assert oracle.verify_leaf_inclusion(leaf, place, found.size, hashes, found.root)
        assert not oracle.verify_leaf_inclusion(leaf + b" ", place, found.size, hashes, found.root)
        for wrong in (hashes[:-1], [*hashes, bytes(32)], [bytes(32), *hashes[1:]]):
            assert not oracle.verify_leaf_inclusion(leaf, place, found.size, wrong, found.root)
        assert not oracle.verify_leaf_inclusion(leaf, (place + 1) % size, found.size, hashes, found.root)


def test_we_read_its_checkpoints_and_cosign_them(tmp_path: Path) -> None:
    log_key, witness_key = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    tree = oracle.MerkleTree([b"event %d" % number for number in range(7)])
    signed = oracle.sign_checkpoint(oracle.Checkpoint("log.test", 7, tree.root()), log_key, "log.test")
    log = VerifierKey.from_text(oracle.format_vkey(oracle.vkey_from_ed25519("log.test", log_key.public_key())))
    head = open_checkpoint(signed.serialise(), "log.test", trusted([log]))
    assert head == Checkpoint("log.test", 7, tree.root())
    key = VerifierKey.from_text(
        oracle.format_vkey(oracle.cosignature_vkey("w.test", witness_key.public_key())),
    )
    _, line = oracle.sign_cosignature(witness_key, "w.test", 1_700_000_000, "log.test", 7, tree.root())
    carried = Note.parse(oracle.Note(text=signed.text, signatures=(*signed.signatures, line)).serialise())
    assert verify_cosignature(carried.signatures[-1], key, head) == 1_700_000_000
    # Our witness cosigns a foreign log, and the oracle reads the line.
    witness = Running(tmp_path / "witness", log)
    try:
        answer = witness.submit(AddCheckpoint(0, (), signed.serialise()))
    finally:
        witness.stop()
    note = Note.parse(signed.serialise()).with_lines([SignatureLine.from_text(answer.text.strip())])
    ours = oracle.parse_vkey(witness.key.text())
    found = oracle.verify_checkpoint(oracle.parse_note(note.to_text()), oracle.parse_vkey(log.text()), [ours], quorum=1)
    assert found.ok, found.error
