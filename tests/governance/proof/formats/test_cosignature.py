"""Cosignatures: what a second party's line says, and what it cannot be moved to."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.formats.checkpoint import Checkpoint, log_key, sign_checkpoint
from governance.proof.formats.cosignature import MAX_TIME, Cosigner, generate_key, verify_cosignature
from governance.proof.formats.keys import KeyMaterialError, SignatureError
from governance.proof.formats.note import Note, SignatureLine, VerifierKey
from tests.governance.proof.world import ORIGIN, make_key

TIME = 1_700_000_000
CLASSIC = Cosigner.from_pem("witness.test/w1", generate_key())
SAFE = Cosigner.from_pem("witness.test/w1", generate_key(quantum_safe=True))
COSIGNERS = pytest.mark.parametrize("cosigner", [CLASSIC, SAFE], ids=["ed25519", "ml-dsa-44"])
CHECKPOINT = Checkpoint(ORIGIN, 42, hashlib.sha256(b"x").digest())


@COSIGNERS
@given(st.integers(0, 10**15), st.binary(min_size=32, max_size=32), st.integers(1, MAX_TIME))
def test_round_trip(cosigner: Cosigner, size: int, root: bytes, time: int) -> None:
    checkpoint = Checkpoint(ORIGIN, size, root)
    line = SignatureLine.from_text(cosigner.cosign(checkpoint, time).text())
    assert verify_cosignature(line, VerifierKey.from_text(cosigner.key.text()), checkpoint) == time


def test_the_bytes_that_are_signed() -> None:
    """Spelled out from tlog-cosignature, independently of the code that signs."""
    line = CLASSIC.cosign(CHECKPOINT, TIME)
    message = f"cosignature/v1\ntime {TIME}\n{CHECKPOINT.text()}".encode()
    assert line.signature[:8] == TIME.to_bytes(8, "big")
    Ed25519PublicKey.from_public_bytes(CLASSIC.key.raw).verify(line.signature[8:], message)
    assert line.key_id == hashlib.sha256(b"witness.test/w1\n\x04" + CLASSIC.key.raw).digest()[:4]

    line = SAFE.cosign(CHECKPOINT, TIME)
    name, origin = b"witness.test/w1", ORIGIN.encode()
    structure = b"subtree/v1\n\0" + bytes([len(name)]) + name + TIME.to_bytes(8, "big")
    structure += bytes([len(origin)]) + origin + bytes(8) + (42).to_bytes(8, "big") + CHECKPOINT.root
    MLDSA44PublicKey.from_public_bytes(SAFE.key.raw).verify(line.signature[8:], structure)
    assert (len(SAFE.key.raw), len(line.signature)) == (1312, 8 + 2420)
    assert line.key_id == hashlib.sha256(b"witness.test/w1\n\x06" + SAFE.key.raw).digest()[:4]


@COSIGNERS
def test_a_cosignature_replayed_on_another_checkpoint(cosigner: Cosigner) -> None:
    line = cosigner.cosign(CHECKPOINT, TIME)
    for other in (
        Checkpoint(ORIGIN, 43, CHECKPOINT.root),
        Checkpoint(ORIGIN, 42, bytes(32)),
        Checkpoint("other.test/log", 42, CHECKPOINT.root),
    ):
        with pytest.raises(SignatureError, match="not over this checkpoint"):
            verify_cosignature(line, cosigner.key, other)


@COSIGNERS
def test_every_flipped_byte_is_refused(cosigner: Cosigner) -> None:
    line = cosigner.cosign(CHECKPOINT, TIME)
    for at in range(len(line.signature)):
        bad = bytearray(line.signature)
        bad[at] ^= 1
        with pytest.raises(SignatureError):
            verify_cosignature(SignatureLine(line.name, line.key_id, bytes(bad)), cosigner.key, CHECKPOINT)


@pytest.mark.parametrize("signature", [b"", bytes(7), bytes(8), bytes(8) + bytes(64), b"\xff" * 72, bytes(7) + b"\1"])
def test_what_is_no_cosignature(signature: bytes) -> None:
    line = SignatureLine(CLASSIC.key.name, CLASSIC.key.key_id, signature)
    with pytest.raises(SignatureError):
        verify_cosignature(line, CLASSIC.key, CHECKPOINT)


def test_another_key_of_the_same_name_is_not_meant() -> None:
    other = Cosigner.from_pem(CLASSIC.key.name, generate_key())
    with pytest.raises(SignatureError, match="expected"):
        verify_cosignature(other.cosign(CHECKPOINT, TIME), CLASSIC.key, CHECKPOINT)


def test_the_logs_own_signature_is_no_cosignature() -> None:
    """The same key signs checkpoints (type 0x01) and might cosign: neither can be shown as the other."""
    key = make_key()
    [line] = Note.parse(sign_checkpoint(CHECKPOINT, ORIGIN, key.signer)).signatures
    with pytest.raises(SignatureError):
        verify_cosignature(line, log_key(ORIGIN, key.public), CHECKPOINT)
    as_witness = VerifierKey(ORIGIN, 0x04, key.public.raw)
    with pytest.raises(SignatureError):
        verify_cosignature(SignatureLine(ORIGIN, as_witness.key_id, line.signature), as_witness, CHECKPOINT)


def test_keys_that_do_not_do() -> None:
    with pytest.raises(KeyMaterialError):
        Cosigner.from_pem("w", make_key("ecdsa-p256").pem)
    with pytest.raises(KeyMaterialError):
        Cosigner.from_pem("w", b"no key")
    with pytest.raises(ValueError, match="white space"):
        Cosigner.from_pem("a b", generate_key())
    for time in (0, -1, MAX_TIME + 1):
        with pytest.raises(ValueError, match="seconds"):
            CLASSIC.cosign(CHECKPOINT, time)
