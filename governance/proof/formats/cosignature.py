"""Cosignatures: a second party's signature on a checkpoint, with the time at which it was made.

Format: C2SP tlog-cosignature (https://c2sp.org/tlog-cosignature): Ed25519 (`cosignature/v1`, signature type 0x04) and
ML-DSA-44 (FIPS 204; `subtree/v1`, type 0x06), which survives a quantum computer. A witness's cosignature says: at that
time this was the largest tree of that log which I had seen, and it extends all before it.
"""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from governance.proof.formats.checkpoint import Checkpoint
from governance.proof.formats.keys import KeyMaterialError, SignatureError
from governance.proof.formats.note import COSIGNATURE, SUBTREE_COSIGNATURE, SignatureLine, VerifierKey

_STAMP = 8  # bytes of the time, big-endian, before the signature itself
MAX_TIME = 253_402_300_799
"""seconds since the Epoch: the end of the year 9999, after which no time has a usual spelling"""


class Cosigner:
    """A key that cosigns checkpoints under the name that signature lines show."""

    def __init__(self, name: str, private: Ed25519PrivateKey | MLDSA44PrivateKey) -> None:
        self._private = private
        kind = COSIGNATURE if isinstance(private, Ed25519PrivateKey) else SUBTREE_COSIGNATURE
        self.key = VerifierKey(name, kind, private.public_key().public_bytes_raw())

    @classmethod
    def from_pem(cls, name: str, private_pem: bytes) -> "Cosigner":
        """Return the cosigner of an unencrypted PEM private key.

        Raises:
            KeyMaterialError: unreadable, or neither Ed25519 nor ML-DSA-44.
            ValueError: the name does not do for a key.
        """
        try:
            private = load_pem_private_key(private_pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyMaterialError(f"found no unencrypted private key in PEM format ({error}), expected one") from error
        if not isinstance(private, Ed25519PrivateKey | MLDSA44PrivateKey):
            raise KeyMaterialError(f"found a {type(private).__name__}, expected Ed25519 or ML-DSA-44")
        return cls(name, private)

    def cosign(self, checkpoint: Checkpoint, time: int, *, stamped: bool = True) -> SignatureLine:
        """Return the signature line of `checkpoint` at `time` (seconds since the Epoch); 0 says no time, if allowed."""
        if not int(stamped) <= time <= MAX_TIME:
            raise ValueError(f"found the time {time}, expected seconds since the Epoch")
        signature = self._private.sign(_message(self.key, checkpoint, time))
        return SignatureLine(self.key.name, self.key.key_id, time.to_bytes(_STAMP) + signature)


def verify_cosignature(line: SignatureLine, key: VerifierKey, checkpoint: Checkpoint, *, stamped: bool = True) -> int:
    """Return the time (seconds since the Epoch) at which `key` cosigned exactly this `checkpoint`.

    A witness must state a time (`stamped`); the log's own second line may state none, which is 0.

    Raises:
        SignatureError: the line is by another key, the signature is wrong, or the key is not a cosigner's.
    """
    if not key.signed(line):
        raise SignatureError(f"found a signature line of {line.name}+{line.key_id.hex()}, expected {key.text()[:120]}")
    time = int.from_bytes(line.signature[:_STAMP])
    if len(line.signature) <= _STAMP or not int(stamped) <= time <= MAX_TIME:
        raise SignatureError(f"the cosignature of {key.name} has no time, expected one in its first {_STAMP} bytes")
    message = _message(key, checkpoint, time)
    try:
        if key.kind == COSIGNATURE:
            Ed25519PublicKey.from_public_bytes(key.raw).verify(line.signature[_STAMP:], message)
        else:
            MLDSA44PublicKey.from_public_bytes(key.raw).verify(line.signature[_STAMP:], message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError(f"the cosignature of {key.name} is not over this checkpoint") from error
    return time


def generate_key(*, quantum_safe: bool = False) -> bytes:
    """Return a new private key for a cosigner (unencrypted PKCS #8 PEM): Ed25519, or ML-DSA-44."""
    private = MLDSA44PrivateKey.generate() if quantum_safe else Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _message(key: VerifierKey, checkpoint: Checkpoint, time: int) -> bytes:
    """Return what is signed: `cosignature/v1` or the structure `cosigned_message` from leaf 0 to the whole size."""
    if key.kind == COSIGNATURE:
        return f"cosignature/v1\ntime {time}\n{checkpoint.text()}".encode()
    if key.kind != SUBTREE_COSIGNATURE:
        raise SignatureError(f"found the key {key.name} of type {key.kind:#04x}, expected a cosigner's (0x04 or 0x06)")
    return b"".join(
        [
            b"subtree/v1\n\x00",
            _opaque(key.name),
            time.to_bytes(8),
            _opaque(checkpoint.origin),
            (0).to_bytes(8),
            checkpoint.size.to_bytes(8),
            checkpoint.root,
        ]
    )


def _opaque(text: str) -> bytes:
    """Return `opaque<1..2^8-1>` (RFC 8446 §3.4): a length byte, then the bytes."""
    data = text.encode()
    if not 0 < len(data) < 256:
        raise SignatureError(f"found a name of {len(data)} bytes, expected 1 to 255")
    return bytes([len(data)]) + data
