"""Checkpoints as C2SP signed notes."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.formats.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from governance.proof.formats.keys import KeyMaterialError, SignatureError
from tests.governance.proof.world import ORIGIN, make_key

KEY, OTHER = make_key(), make_key()
KEYS = {KEY.public.keyid: KEY.public}
CHECKPOINT = Checkpoint(ORIGIN, 42, hashlib.sha256(b"x").digest())
NOTE = sign_checkpoint(CHECKPOINT, ORIGIN, KEY.signer)


@given(st.integers(0, 10**15), st.binary(min_size=32, max_size=32))
def test_round_trip(size: int, root: bytes) -> None:
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert open_checkpoint(sign_checkpoint(checkpoint, ORIGIN, KEY.signer), ORIGIN, KEYS) == checkpoint


def test_the_form_of_the_note() -> None:
    origin, size, root, empty, signature, end = NOTE.split("\n")
    assert (origin, size, root, empty, end) == (ORIGIN, "42", base64.b64encode(CHECKPOINT.root).decode(), "", "")
    dash, name, encoded = signature.split(" ")
    decoded = base64.b64decode(encoded)
    assert (dash, name, len(decoded)) == ("\u2014", ORIGIN, 4 + 64)
    assert decoded[:4] == hashlib.sha256(ORIGIN.encode() + b"\n\x01" + KEY.public.raw).digest()[:4]


def test_every_flipped_byte_is_refused() -> None:
    data = NOTE.encode()
    for at in range(len(data)):
        for mask in (1, 0x20):
            bad = bytearray(data)
            bad[at] ^= mask
            with pytest.raises(SignatureError):
                open_checkpoint(bytes(bad).decode("utf-8", "replace"), ORIGIN, KEYS)


def test_signatures_of_witnesses_are_carried_along() -> None:
    witness = sign_checkpoint(CHECKPOINT, "witness.test", OTHER.signer).split("\n")[4] + "\n"
    assert open_checkpoint(NOTE + witness, ORIGIN, KEYS) == CHECKPOINT
    first = NOTE.split("\n\n")[0] + "\n\n" + witness + NOTE.split("\n\n")[1]
    assert open_checkpoint(first, ORIGIN, KEYS) == CHECKPOINT


def test_a_wrong_signature_by_a_known_key_is_refused_beside_a_right_one() -> None:
    wrong = sign_checkpoint(Checkpoint(ORIGIN, 43, CHECKPOINT.root), ORIGIN, KEY.signer).split("\n")[4]
    with pytest.raises(SignatureError):
        open_checkpoint(NOTE + wrong + "\n", ORIGIN, KEYS)


def test_who_is_not_the_log() -> None:
    for note, name, known in (
        (NOTE, "other.test", KEYS),
        (NOTE, ORIGIN, {}),
        (NOTE, ORIGIN, {OTHER.public.keyid: OTHER.public}),
        (sign_checkpoint(CHECKPOINT, ORIGIN, OTHER.signer), ORIGIN, KEYS),
        (sign_checkpoint(CHECKPOINT, "other.test", KEY.signer), ORIGIN, KEYS),
    ):
        with pytest.raises(SignatureError, match="found no signature"):
            open_checkpoint(note, name, known)


@pytest.mark.parametrize(
    "note", ["", "\n", "\n\n", "a\n1\n", NOTE[:-1], NOTE + "\n", NOTE + "x\n", NOTE + "\u2014 a ?\n"]
)
def test_what_is_no_signed_note(note: str) -> None:
    with pytest.raises(SignatureError):
        open_checkpoint(note, ORIGIN, KEYS)


@pytest.mark.parametrize(
    "text", ["a\n042\n{root}\n", "a\n-1\n{root}\n", "a\n1\nAAAA\n", "a\n1\n{root}\nmore\n", "\n1\n{root}\n"]
)
def test_signed_text_that_is_no_checkpoint(text: str) -> None:
    text = text.format(root=base64.b64encode(bytes(32)).decode())
    signature = bytes.fromhex(KEY.signer.sign(text.encode()).signature)
    key_hash = hashlib.sha256(ORIGIN.encode() + b"\n\x01" + KEY.public.raw).digest()[:4]
    note = f"{text}\n\u2014 {ORIGIN} {base64.b64encode(key_hash + signature).decode()}\n"
    with pytest.raises(SignatureError, match="signed but is no checkpoint"):
        open_checkpoint(note, ORIGIN, KEYS)


def test_what_cannot_be_signed() -> None:
    for checkpoint, name in (
        (Checkpoint("", 1, bytes(32)), ORIGIN),
        (Checkpoint("a\nb", 1, bytes(32)), ORIGIN),
        (Checkpoint(ORIGIN, -1, bytes(32)), ORIGIN),
        (Checkpoint(ORIGIN, 1, bytes(31)), ORIGIN),
        (CHECKPOINT, "a b"),
        (CHECKPOINT, "a+b"),
    ):
        with pytest.raises(ValueError, match="found"):
            sign_checkpoint(checkpoint, name, KEY.signer)
    with pytest.raises(KeyMaterialError):
        sign_checkpoint(CHECKPOINT, ORIGIN, make_key("ecdsa-p256").signer)
