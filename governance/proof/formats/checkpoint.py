"""Checkpoints: the ledger's size and root in a signed note that leaves the machine.

Formats: C2SP signed-note (https://c2sp.org/signed-note) and tlog-checkpoint (https://c2sp.org/tlog-checkpoint), Ed25519
(signature type 0x01). Lines by other signers, such as witnesses, are carried along and not judged here
(`governance.proof.formats.cosignature`, `governance.proof.checks.witnesses`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance.proof.formats.fields import base64_bytes, base64_text
from governance.proof.formats.keys import PublicKey, SignatureError, Signer, public_key
from governance.proof.formats.merkle import HASH_SIZE
from governance.proof.formats.note import ED25519, Note, SignatureLine, VerifierKey

_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True)
class Checkpoint:
    """The tree of log `origin` at `size` leaves has the hash `root` (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note's text: origin, decimal size, base64 root, one a line (tlog-checkpoint)."""
        return f"{self.origin}\n{self.size}\n{base64_text(self.root)}\n"

    @classmethod
    def from_text(cls, text: str) -> "Checkpoint":
        """Return the checkpoint that a note's text spells; raises ValueError for any other form.

        Extension lines are refused: our logs write none, and nobody could audit them.
        """
        lines = text.split("\n")
        if len(lines) != 4 or lines[3] or not lines[0] or not lines[0].isprintable():
            raise ValueError(f"found {text[:500]!r}, expected three lines: origin, size, root")
        root = base64_bytes(lines[2])
        if not _SIZE.fullmatch(lines[1]) or len(root) != HASH_SIZE:
            raise ValueError(
                f"found size {lines[1]!r} and a root of {len(root)} bytes, expected a decimal and {HASH_SIZE}"
            )
        return cls(lines[0], int(lines[1]), root)


def sign_checkpoint(checkpoint: Checkpoint, name: str, signer: Signer) -> str:
    """Return the signed note of `checkpoint` by the Ed25519 `signer`, whose key is called `name`.

    Raises:
        ValueError: a name with white space or "+", an empty origin or one of several lines, a root of another length.
        KeyMaterialError: the signer's key is not Ed25519.
    """
    text = checkpoint.text()
    Checkpoint.from_text(text)
    key = log_key(name, public_key(signer))
    signature = bytes.fromhex(signer.sign(text.encode()).signature)
    return Note(text, (SignatureLine(name, key.key_id, signature),)).to_text()


def open_checkpoint(note: str, name: str, keys: Mapping[str, PublicKey]) -> Checkpoint:
    """Return the checkpoint of `note` if a key called `name` among `keys` (by key id) signed it.

    Raises:
        SignatureError: not a signed note, not a checkpoint, no signature by a known key of that name, or a wrong one.
    """
    parsed = Note.parse(note)
    known = {log_key(name, key).key_id: key for key in keys.values()}
    verified = False
    for line in parsed.signatures:
        key = known.get(line.key_id) if line.name == name else None
        if key is not None:
            key.verify(line.signature, parsed.text.encode())
            verified = True
    if not verified:
        raise SignatureError(f"found no signature by {name!r} with a key that is trusted here, expected one")
    try:
        return Checkpoint.from_text(parsed.text)
    except ValueError as error:
        raise SignatureError(f"the note is signed but is no checkpoint: {error}") from error


def log_key(name: str, key: PublicKey) -> VerifierKey:
    """Return the log's public key as signature lines name it; raises `KeyMaterialError` unless it is Ed25519."""
    return VerifierKey(name, ED25519, key.raw)


def trusted(vkeys: Iterable[VerifierKey]) -> dict[str, PublicKey]:
    """Return the public keys, by key id, of logs' verifier keys; raises ValueError unless they are Ed25519 (0x01)."""
    found: dict[str, PublicKey] = {}
    for vkey in vkeys:
        if vkey.kind != ED25519:
            raise ValueError(f"found {vkey.name}, a key of type {vkey.kind:#04x}, expected a log's key: 0x01")
        key = PublicKey.from_crypto(Ed25519PublicKey.from_public_bytes(vkey.raw))
        found[key.keyid] = key
    return found
