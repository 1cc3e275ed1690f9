"""Checkpoints that a reader kept from earlier times: does the history of the file that is checked go on from theirs?

A log key can sign whatever its holder likes, also a second history. Whoever kept a checkpoint of the first has the
proof of it: two trees of one log, of which neither goes on from the other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import Field, ValidationError

from governance.proof.checks.outcome import TWO_HISTORIES, CheckLine
from governance.proof.formats.checkpoint import Checkpoint
from governance.proof.formats.fields import Count, Hash, Strict, told
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.merkle import MemoryTree, ProofError, verify_consistency

NAME = "kept checkpoint"
EARLIER = "earlier reports"


@dataclass(frozen=True)
class Kept:
    """A signed note that a reader kept, and what they call it."""

    name: str
    note: str


class Consistency(Strict):
    """Proof that the tree of `old` leaves is a prefix of the tree of `new` (RFC 9162 §2.1.4), as the server gives it.

    Nobody signs it, and nobody needs to: it holds or it does not.
    """

    old: Count
    new: Count
    old_root: Hash
    new_root: Hash
    proof: list[Hash] = Field(max_length=130)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the proof that JSON spells; raises ValueError if it is none. Whether it holds is not looked at."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise ValueError(f"found no proof of consistency: {told(error)}") from error

    def verify(self) -> None:
        """Return if it holds. Raises ProofError: it does not."""
        old, new = bytes.fromhex(self.old_root), bytes.fromhex(self.new_root)
        verify_consistency(self.old, self.new, old, new, [bytes.fromhex(node) for node in self.proof])


def kept_lines(
    head: Checkpoint,
    kept: Sequence[Kept],
    proofs: Sequence[Consistency],
    *,
    opened: Callable[[str], Checkpoint],
    tree: MemoryTree | None = None,
) -> list[CheckLine]:
    """Return a line for each kept checkpoint: whether its history and that of `head` are one.

    `opened` returns the checkpoint of a note that the log signed, or raises `SignatureError`. `tree` holds all leaves
    of `head`, if they are at hand.
    """
    return [_line(head, one, proofs, opened, tree) for one in kept]


def earlier_lines(head: Checkpoint, earlier: Sequence[Consistency]) -> list[CheckLine]:
    """Return the line on the proofs that a report carries of earlier reports' ledgers; none where it carries none."""
    if not earlier:
        return []
    problems = []
    for proof in earlier:
        try:
            proof.verify()
        except ProofError as error:
            problems.append(f"of {proof.old} entries: {error}")
        if (proof.new, proof.new_root) != (head.size, head.root.hex()):
            problems.append(f"of {proof.old} entries: found a proof for {proof.new} entries, expected {head.size}")
    if problems:
        return [CheckLine(EARLIER, False, "; ".join(problems))]
    sizes = ", ".join(str(proof.old) for proof in earlier)
    return [CheckLine(EARLIER, True, f"the ledger goes on from that of reports as of {sizes} entries")]


def _line(
    head: Checkpoint,
    one: Kept,
    proofs: Sequence[Consistency],
    opened: Callable[[str], Checkpoint],
    tree: MemoryTree | None,
) -> CheckLine:
    try:
        mine = opened(one.note)
    except SignatureError as error:
        return CheckLine(NAME, False, f"{one.name}: {error}")
    smaller, larger = sorted((mine, head), key=lambda checkpoint: checkpoint.size)
    try:
        root = _root_within(larger, smaller.size, proofs, tree if larger is head else None)
    except ProofError as error:
        return CheckLine(NAME, False, f"{one.name}: {error}")
    if root == smaller.root:
        further = f"; of its last {mine.size - head.size} entries this file tells nothing" if mine is larger else ""
        detail = f"{one.name}, of {mine.size} entries, and this file, of {head.size}, are of one history{further}"
        return CheckLine(NAME, True, detail)
    detail = (
        f"{one.name} says that {mine.size} entries had root {mine.root.hex()}, this file that {head.size} had "
        f"{head.root.hex()}; the log signed both, and neither goes on from the other: keep both, they prove it"
    )
    return CheckLine(TWO_HISTORIES, False, detail)


def _root_within(larger: Checkpoint, size: int, proofs: Sequence[Consistency], tree: MemoryTree | None) -> bytes:
    """Return the root that the first `size` leaves of a signed tree have.

    A proof that leads to the signed root leaves no choice of the older one: another would need a collision of SHA-256.

    Raises:
        ProofError: no proof given tells.
    """
    if size == larger.size:
        return larger.root
    if tree is not None:
        return tree.root(size)
    found = [proof for proof in proofs if (proof.old, proof.new) == (size, larger.size)]
    if not found:
        raise ProofError(
            f"nothing at hand shows whether the tree of {larger.size} entries goes on from that of {size}: get the "
            f"proof (countersign consistency {size} {larger.size}) and give it with --consistency"
        )
    for proof in found:
        proof.verify()
        if proof.new_root == larger.root.hex():
            return bytes.fromhex(proof.old_root)
    raise ProofError(
        f"the proof given between {size} and {larger.size} entries is about another tree: found root "
        f"{found[0].new_root}, expected {larger.root.hex()}"
    )
