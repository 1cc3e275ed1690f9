"""Proof that one leaf is in the ledger, as a text that anybody can check off line.

Format: C2SP tlog-proof v1 (https://c2sp.org/tlog-proof), files named `.tlog-proof`. `extra` holds the leaf's own bytes,
so that the file is all a reader needs besides the log's key: SHA-256(0x00 ‖ leaf) is the leaf hash.
"""

import re
from dataclasses import dataclass

from governance.proof.formats.checkpoint import Checkpoint
from governance.proof.formats.fields import base64_bytes, base64_text
from governance.proof.formats.merkle import HASH_SIZE, leaf_hash, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63
_INDEX = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True)
class TlogProof:
    """Leaf `index`, its audit `path` (lowest sibling first), and the `checkpoint` (a signed note) it leads to."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    leaf: bytes

    def to_text(self) -> str:
        """Return the proof as it is stored."""
        path = "".join(f"{base64_text(node)}\n" for node in self.path)
        return f"{HEADER}\nextra {base64_text(self.leaf)}\nindex {self.index}\n{path}\n{self.checkpoint}"

    @classmethod
    def from_text(cls, text: str) -> "TlogProof":
        """Return the proof that `text` spells, nothing of it checked yet.

        Raises:
            ValueError: another format, or a proof without the leaf that we put into the extra data.
        """
        head, separator, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not separator or lines[0] != HEADER:
            raise ValueError(f"found no proof: expected {HEADER!r}, its lines, an empty line, then a checkpoint")
        if len(lines) < 3 or not lines[1].startswith("extra ") or not lines[2].startswith("index "):
            raise ValueError("found a proof without its leaf or index, expected the lines 'extra …' and 'index …'")
        index = lines[2].removeprefix("index ")
        path = tuple(base64_bytes(line) for line in lines[3:])
        if not _INDEX.fullmatch(index) or len(path) > MAX_HASHES or any(len(node) != HASH_SIZE for node in path):
            raise ValueError(f"found index {index!r} and {len(path)} hashes, expected a decimal and SHA-256 hashes")
        return cls(int(index), path, checkpoint, base64_bytes(lines[1].removeprefix("extra ")))

    def verify(self, checkpoint: Checkpoint) -> None:
        """Return if the leaf is in the tree of `checkpoint`, which must have been opened with the log's key.

        Raises:
            ProofError: it is not.
        """
        verify_inclusion(self.index, checkpoint.size, leaf_hash(self.leaf), self.path, checkpoint.root)
