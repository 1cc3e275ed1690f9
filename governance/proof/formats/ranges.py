"""Range proofs: that some leaves are all those of a ledger from one entry to another, none left out and none added.

The tree hash is split as RFC 9162 §2.1.1 defines it. Of every subtree that lies wholly outside the range the proof has
the hash, in the order of the tree, left to right; all others are hashed again from the leaves given. Each leaf outside
is covered by the largest such subtree, so a proof has at most two hashes for each level of the tree.
"""

from collections.abc import Callable, Iterator, Sequence

from governance.proof.formats.merkle import HASH_SIZE, NodeReader, ProofError, node_hash, split, subtree


def range_proof(first: int, end: int, size: int, read: NodeReader) -> list[bytes]:
    """Return the hashes that prove the leaves from `first` up to, not including, `end` of a tree of `size`.

    Raises:
        ValueError: there is no leaf in the range, or it goes beyond the tree.
    """
    _check(first, end, size, ValueError)
    proof: list[bytes] = []

    def outside(low: int, high: int) -> bytes:
        proof.append(subtree(low, high, read))
        return b""

    _walk(0, size, first, end, outside, lambda _: b"")
    return proof


def verify_range(first: int, leaves: Sequence[bytes], size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Return if `leaves`, hashes, are all leaves from index `first` on, in the tree of `size` leaves with `root`.

    Raises:
        ProofError: they are not: one is missing, added, moved or changed, or the proof belongs to another range.
    """
    end = first + len(leaves)
    _check(first, end, size, ProofError)
    if any(len(value) != HASH_SIZE for value in (*leaves, *proof)):
        raise ProofError(f"found a hash of another length, expected {HASH_SIZE} bytes")
    rest: Iterator[bytes] = iter(proof)

    def given(_low: int, _high: int) -> bytes:
        found = next(rest, None)
        if found is None:
            raise ProofError(f"found a proof of {len(proof)} hashes, expected more")
        return found

    found = _walk(0, size, first, end, given, lambda index: leaves[index - first])
    if next(rest, None) is not None:
        raise ProofError(f"found a proof of {len(proof)} hashes, expected fewer")
    if found != root:
        span = f"the {len(leaves)} entries from {first} on"
        raise ProofError(f"{span} lead to root {found.hex()}, expected {root.hex()} at size {size}")


def _walk(
    low: int, high: int, first: int, end: int, outside: Callable[[int, int], bytes], leaf: Callable[[int], bytes]
) -> bytes:
    """Return MTH(D[low:high]), asking for whole subtrees outside the range and for the leaves inside it."""
    if high <= first or low >= end:
        return outside(low, high)
    if high - low == 1:
        return leaf(low)
    middle = low + split(high - low)
    left = _walk(low, middle, first, end, outside, leaf)
    return node_hash(left, _walk(middle, high, first, end, outside, leaf))


def _check(first: int, end: int, size: int, error: type[ValueError]) -> None:
    if not 0 <= first < end <= size:
        raise error(f"found entries {first} to {end - 1}, expected at least one within a ledger of {size}")
