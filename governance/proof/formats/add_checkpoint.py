"""What a log says to a witness: the body of `add-checkpoint` (C2SP tlog-witness, https://c2sp.org/tlog-witness).

The log writes it, the witness reads it; both go by this one definition.
"""

import re
from dataclasses import dataclass

from governance.proof.formats.fields import base64_bytes, base64_text
from governance.proof.formats.merkle import HASH_SIZE

PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
MAX_BODY = 256 * 1024
_MAX_HASHES = 63
_OLD = re.compile(r"old (0|[1-9][0-9]{0,15})")


@dataclass(frozen=True)
class AddCheckpoint:
    """A checkpoint (`note`) and the proof that it extends the tree of `old` leaves, which the witness knows."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    def to_text(self) -> str:
        """Return the request's body."""
        return f"old {self.old}\n" + "".join(f"{base64_text(node)}\n" for node in self.proof) + f"\n{self.note}"

    @classmethod
    def from_text(cls, text: str) -> "AddCheckpoint":
        """Return what a body asks; raises ValueError for another form. The note is not looked into."""
        head, separator, note = text.partition("\n\n")
        first, *rest = head.split("\n")
        found = _OLD.fullmatch(first)
        if not separator or found is None:
            raise ValueError("found no add-checkpoint request: expected 'old <size>', a proof, an empty line, a note")
        proof = tuple(base64_bytes(line) for line in rest)
        if len(proof) > _MAX_HASHES or any(len(node) != HASH_SIZE for node in proof):
            raise ValueError(f"found a proof of {len(proof)} lines, expected at most {_MAX_HASHES} SHA-256 hashes")
        return cls(int(found[1]), proof, note)
