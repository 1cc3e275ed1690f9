"""Proofs of one leaf as text (C2SP tlog-proof)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.formats import merkle
from governance.proof.formats.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from governance.proof.formats.fields import base64_text
from governance.proof.formats.merkle import MemoryTree, ProofError
from governance.proof.formats.tlog_proof import TlogProof
from tests.governance.proof.world import ORIGIN, make_key

LOG = make_key()
KEYS = {LOG.public.keyid: LOG.public}


def proof(index: int, size: int) -> TlogProof:
    tree = MemoryTree()
    for number in range(size):
        tree.append(b"leaf %d" % number)
    note = sign_checkpoint(Checkpoint(ORIGIN, size, tree.root()), ORIGIN, LOG.signer)
    path = tuple(merkle.inclusion_proof(index, size, tree.read))
    return TlogProof(index, path, note, b"leaf %d" % index)


@given(st.data())
def test_round_trip(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 40))
    made = proof(data.draw(st.integers(0, size - 1)), size)
    read = TlogProof.from_text(made.to_text())
    assert read == made
    read.verify(open_checkpoint(read.checkpoint, ORIGIN, KEYS))


def test_the_form() -> None:
    made = proof(3, 7)
    lines = made.to_text().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", f"extra {base64_text(b'leaf 3')}", "index 3"]
    assert lines[3:6] == [base64_text(node) for node in made.path]
    assert "\n".join(lines[6:]) == "\n" + made.checkpoint


def test_another_leaf_index_or_path_does_not_verify() -> None:
    made = proof(3, 7)
    head = open_checkpoint(made.checkpoint, ORIGIN, KEYS)
    for bad in (
        TlogProof(2, made.path, made.checkpoint, made.leaf),
        TlogProof(3, made.path, made.checkpoint, b"leaf 4"),
        TlogProof(3, made.path[::-1], made.checkpoint, made.leaf),
        TlogProof(3, made.path[:-1], made.checkpoint, made.leaf),
        TlogProof(9, made.path, made.checkpoint, made.leaf),
    ):
        with pytest.raises(ProofError):
            bad.verify(head)


def test_what_is_no_proof() -> None:
    text = proof(3, 7).to_text()
    for bad in (
        "",
        text.replace("@v1", "@v2"),
        text.replace("index 3", "index 03"),
        text.replace("index 3", "index -1"),
        text.replace("extra ", "extras "),
        text.replace("\nindex 3", ""),
        text.replace("\n\n", "\n"),
        text.replace("index 3\n", "index 3\nAAAA\n"),
        text.replace("index 3\n", "index 3\n?\n"),
    ):
        with pytest.raises(ValueError, match="found"):
            TlogProof.from_text(bad)
