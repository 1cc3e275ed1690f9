"""Checkpoints: the ledger's size and root in a signed note that leaves the machine.

Formats: C2SP signed-note (https://c2sp.org/signed-note) and tlog-checkpoint (https://c2sp.org/tlog-checkpoint), Ed25519
(signature type 0x01). Lines by other signers, such as witnesses, are carried along and not judged here.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from governance.proof.fields import base64_bytes, base64_text
from governance.proof.keys import PublicKey, SignatureError, Signer, public_key
from governance.proof.merkle import HASH_SIZE

_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+]+")
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


def sign_checkpoint(checkpoint: Checkpoint, name: str, signer: Signer) -> str:
    """Return the signed note of `checkpoint` by the Ed25519 `signer`, whose key is called `name`.

    Raises:
        ValueError: a name with white space or "+", an empty origin or one of several lines, a root of another length.
        KeyMaterialError: the signer's key is not Ed25519.
    """
    _parse_text(checkpoint.text())
    if not _NAME.fullmatch(name):
        raise ValueError(f"found the key name {name!r}, expected one without white space or '+'")
    key_hash = _key_hash(name, public_key(signer))
    signature = bytes.fromhex(signer.sign(checkpoint.text().encode()).signature)
    return f"{checkpoint.text()}\n\u2014 {name} {base64_text(key_hash + signature)}\n"


def open_checkpoint(note: str, name: str, keys: Mapping[str, PublicKey]) -> Checkpoint:
    """Return the checkpoint of `note` if a key called `name` among `keys` (by key id) signed it.

    Raises:
        SignatureError: not a signed note, not a checkpoint, no signature by a known key of that name, or a wrong one.
    """
    text, separator, block = note.rpartition("\n\n")
    text += "\n"
    if not separator or not block.endswith("\n"):
        raise SignatureError("found no signed note: expected the text, an empty line, then signature lines")
    by_hash = {_key_hash(name, key): key for key in keys.values()}
    verified = False
    for line in block.removesuffix("\n").split("\n"):
        signer_name, key_hash, signature = _parse_signature(line)
        key = by_hash.get(key_hash) if signer_name == name else None
        if key is not None:
            key.verify(signature, text.encode())
            verified = True
    if not verified:
        raise SignatureError(f"found no signature by {name!r} with a key that is trusted here, expected one")
    try:
        return _parse_text(text)
    except ValueError as error:
        raise SignatureError(f"the note is signed but is no checkpoint: {error}") from error


def _key_hash(name: str, key: PublicKey) -> bytes:
    """Return the 4-byte key id of signed-note: SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4]."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + key.raw).digest()[:4]


def _parse_signature(line: str) -> tuple[str, bytes, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    try:
        decoded = base64_bytes(encoded)
    except ValueError:
        decoded = b""
    if dash != "\u2014" or not _NAME.fullmatch(name) or len(decoded) < 5:
        raise SignatureError(f"found the signature line {line!r}, expected '\u2014 <name> <base64>'")
    return name, decoded[:4], decoded[4:]


def _parse_text(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0] or not lines[0].isprintable():
        raise ValueError(f"found {text!r}, expected three lines: origin, size, root")
    root = base64_bytes(lines[2])
    if not _SIZE.fullmatch(lines[1]) or len(root) != HASH_SIZE:
        raise ValueError(f"found size {lines[1]!r} and a root of {len(root)} bytes, expected a decimal and {HASH_SIZE}")
    return Checkpoint(lines[0], int(lines[1]), root)
