"""Signed notes: a text and the signature lines below it (C2SP signed-note v1, https://c2sp.org/signed-note)."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from governance.proof.formats.fields import base64_bytes, base64_text
from governance.proof.formats.keys import SignatureError

# Signature types (signed-note, "Signature types") and the length of the public keys they stand for.
ED25519, COSIGNATURE, SUBTREE_COSIGNATURE = 0x01, 0x04, 0x06
KEY_SIZES = {ED25519: 32, COSIGNATURE: 32, SUBTREE_COSIGNATURE: 1312}
# Readers must take 16 lines at least (signed-note, "Format"); nobody needs more than this.
MAX_LINES = 64

_NAME = re.compile(r"[^\s+]+")
_DASH = "\N{EM DASH}"


@dataclass(frozen=True)
class SignatureLine:
    """One line below a note: key `name`, 4-byte `key_id`, and the signature as its type defines it."""

    name: str
    key_id: bytes
    signature: bytes

    def text(self) -> str:
        """Return the line without its line break: dash, name, base64 of key id and signature."""
        return f"{_DASH} {self.name} {base64_text(self.key_id + self.signature)}"

    @classmethod
    def from_text(cls, line: str) -> "SignatureLine":
        """Return the signature that `line` (without its line break) spells; raises `SignatureError` if it is none."""
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        try:
            decoded = base64_bytes(encoded)
        except ValueError:
            decoded = b""
        if dash != _DASH or not _NAME.fullmatch(name) or len(decoded) < 5:
            raise SignatureError(f"found the signature line {line[:200]!r}, expected '{_DASH} <name> <base64>'")
        return cls(name, decoded[:4], decoded[4:])


@dataclass(frozen=True)
class Note:
    """A text that ends in a line break, and its signatures, none of which has been checked."""

    text: str
    signatures: tuple[SignatureLine, ...]

    @classmethod
    def parse(cls, note: str) -> "Note":
        """Return the parts of a signed note; raises `SignatureError` if it is none."""
        text, separator, block = note.rpartition("\n\n")
        if not separator or not block.endswith("\n"):
            raise SignatureError("found no signed note: expected the text, an empty line, then signature lines")
        if any(character < " " and character != "\n" for character in note):
            raise SignatureError("found a control character in the note, expected none but line breaks")
        lines = block.removesuffix("\n").split("\n")
        if len(lines) > MAX_LINES:
            raise SignatureError(f"found {len(lines)} signature lines, expected at most {MAX_LINES}")
        return cls(f"{text}\n", tuple(SignatureLine.from_text(line) for line in lines))

    def to_text(self) -> str:
        """Return the note as it is stored and sent."""
        return f"{self.text}\n" + "".join(f"{line.text()}\n" for line in self.signatures)

    def with_lines(self, lines: Iterable[SignatureLine]) -> "Note":
        """Return the note with further signature lines; those that are there already are not added again."""
        return Note(self.text, tuple(dict.fromkeys([*self.signatures, *lines])))


@dataclass(frozen=True)
class VerifierKey:
    """A public key by its name in signature lines: `kind` is the signature type, `raw` the key's bytes."""

    name: str
    kind: int
    raw: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"found the key name {self.name!r}, expected one without white space or '+'")
        if len(self.raw) != KEY_SIZES.get(self.kind):
            raise ValueError(f"found a key of type {self.kind:#04x} and {len(self.raw)} bytes, expected {_kinds()}")

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that name the key: SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4]."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.raw).digest()[:4]

    @property
    def digest(self) -> str:
        """The key's full name for tables: "sha256:…" of the text below; unlike the key id nobody can find a second."""
        return f"sha256:{hashlib.sha256(self.text().encode()).hexdigest()}"

    def text(self) -> str:
        """Return the key as people exchange it ("vkey"): name, hexadecimal key id, base64 of type and key."""
        return f"{self.name}+{self.key_id.hex()}+{base64_text(bytes([self.kind]) + self.raw)}"

    @classmethod
    def from_text(cls, text: str) -> "VerifierKey":
        """Return the key that a vkey spells.

        Raises:
            ValueError: another form, an unknown type, or a key id that is not that of the key.
        """
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            decoded = base64_bytes(encoded)
        except ValueError:
            decoded = b""
        if not decoded:
            raise ValueError(f"found the key {text[:200]!r}, expected <name>+<key id>+<base64>; copy the whole line")
        key = cls(name, decoded[0], decoded[1:])
        if key.key_id.hex() != key_id:
            raise ValueError(f"found the key id {key_id!r} of {name}, expected {key.key_id.hex()}; copy the whole line")
        return key

    def signed(self, line: SignatureLine) -> bool:
        """Return whether the line claims to be by this key: name and key id agree."""
        return (line.name, line.key_id) == (self.name, self.key_id)


def _kinds() -> str:
    return ", ".join(f"{kind:#04x} with {size} bytes" for kind, size in KEY_SIZES.items())
