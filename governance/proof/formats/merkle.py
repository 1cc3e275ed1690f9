"""The ledger's Merkle tree (RFC 6962 §2.1, RFC 9162 §2.1): roots, inclusion and consistency proofs.

Everywhere a `leaf` argument is a leaf's *hash* (32 bytes), except in `leaf_hash` and `MemoryTree.append`, which take
the leaf's bytes. The tree is read through a `NodeReader`: the root of the perfect subtree `index` of height `level`,
which never changes once its last leaf is appended; level 0 holds the leaf hashes.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

NodeReader = Callable[[int, int], bytes]

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


class ProofError(ValueError):
    """A proof does not show what it claims."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return SHA-256(0x00 ‖ leaf) (RFC 9162 §2.1.1)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 ‖ left ‖ right) (RFC 9162 §2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def completed(index: int, leaf: bytes, read: NodeReader) -> list[bytes]:
    """Return the interior hashes, levels 1 upwards, of the perfect subtrees that appending leaf `index` completes.

    `read` is asked only for nodes that were complete before. The list is empty for every even `index`.
    """
    hashes: list[bytes] = []
    node, level = leaf, 0
    while index >> level & 1:
        node = node_hash(read(level, (index >> level) - 1), node)
        hashes.append(node)
        level += 1
    return hashes


def root(size: int, read: NodeReader) -> bytes:
    """Return the tree hash of the first `size` leaves (RFC 9162 §2.1.1)."""
    return subtree(0, size, read) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: NodeReader) -> list[bytes]:
    """Return PATH(index, D[size]), lowest sibling first (RFC 9162 §2.1.3.1).

    Raises:
        ValueError: `index` is not in a tree of `size` leaves.
    """
    if not 0 <= index < size:
        raise ValueError(f"found leaf {index}, expected one below the tree's size {size}; ask for a later size")
    proof: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + split(high - low)
        if index < middle:
            proof.append(subtree(middle, high, read))
            high = middle
        else:
            proof.append(subtree(low, middle, read))
            low = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, read: NodeReader) -> list[bytes]:
    """Return PROOF(old, D[new]) (RFC 9162 §2.1.4.1); empty for equal sizes and for `old` 0.

    Raises:
        ValueError: `old` is negative or larger than `new`.
    """
    if not 0 <= old <= new:
        raise ValueError(f"found sizes {old} and {new}, expected 0 <= old <= new; swap them")
    if old in (0, new):
        return []
    proof: list[bytes] = []
    low, high, whole = 0, new, True
    while high > old:
        middle = low + split(high - low)
        if old <= middle:
            proof.append(subtree(middle, high, read))
            high = middle
        else:
            proof.append(subtree(low, middle, read))
            low, whole = middle, False
    # `whole`: the old tree is itself this subtree, so the verifier already holds its hash (SUBPROOF with b true).
    if not whole:
        proof.append(subtree(low, high, read))
    return proof[::-1]


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root that `proof` implies for `leaf` at `index` of `size` leaves (RFC 9162 §2.1.3.2).

    Raises:
        ProofError: the index is outside the tree, or the proof or a hash has the wrong length.
    """
    if not 0 <= index < size:
        raise ProofError(f"found leaf {index}, expected one below the tree's size {size}")
    _check_hashes([leaf, *proof])
    node = leaf
    for sibling, on_the_left in zip(proof, _sides(index, size - 1, len(proof)), strict=True):
        node = node_hash(sibling, node) if on_the_left else node_hash(node, sibling)
    return node


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Return if `proof` shows that `leaf` (a hash) is leaf `index` of the tree of `size` leaves with `root`.

    Raises:
        ProofError: it does not.
    """
    found = root_from_inclusion(index, size, leaf, proof)
    if found != root:
        raise ProofError(f"leaf {index} leads to root {found.hex()}, expected {root.hex()} at size {size}")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Return if `proof` shows that the tree of `old` leaves is a prefix of the tree of `new` (RFC 9162 §2.1.4.2).

    Raises:
        ProofError: it does not: history was rewritten, cut, or the proof belongs to other sizes.
    """
    if not 0 <= old <= new:
        raise ProofError(f"found sizes {old} and {new}, expected 0 <= old <= new")
    _check_hashes([old_root, new_root, *proof])
    if old in (0, new):
        if proof or old_root != (new_root if old == new else EMPTY_ROOT):
            raise ProofError(f"roots at sizes {old} and {new} do not agree, or the proof is not empty")
        return
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofError(f"found an empty proof, expected hashes between sizes {old} and {new}")
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_found = new_found = path[0]
    for sibling, on_the_left in zip(path[1:], _sides(fn, sn, len(path) - 1), strict=True):
        if on_the_left:
            old_found, new_found = node_hash(sibling, old_found), node_hash(sibling, new_found)
        else:
            new_found = node_hash(new_found, sibling)
    if old_found != old_root or new_found != new_root:
        raise ProofError(f"the tree of {new} leaves does not extend the one of {old}: history was changed")


class Frontier:
    """All of a tree of `size` leaves that growing it takes: the roots of the perfect subtrees it consists of.

    `peaks` are these roots, largest subtree first: one for each bit that is set in `size`.

    Raises:
        ValueError: there are more or fewer peaks.
    """

    __slots__ = ("_peaks", "_root", "size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise ValueError(f"found {len(peaks)} peaks, expected {size.bit_count()} for a tree of {size} leaves")
        self.size = size
        self._peaks = list(peaks)
        self._root: bytes | None = None

    def append(self, leaf: bytes) -> list[bytes]:
        """Add the leaf whose hash is `leaf`; return the interior hashes it completes, lowest first."""
        made, peaks, rest = [], self._peaks, self.size
        while rest & 1:
            leaf = node_hash(peaks.pop(), leaf)
            made.append(leaf)
            rest >>= 1
        peaks.append(leaf)
        self.size += 1
        self._root = None
        return made

    def root(self) -> bytes:
        """Return the tree's root (RFC 9162 §2.1.1)."""
        if not self.size:
            return EMPTY_ROOT
        if self._root is None:
            *left, node = self._peaks
            for peak in reversed(left):
                node = node_hash(peak, node)
            self._root = node
        return self._root

    def copy(self) -> "Frontier":
        """Return another one that grows by itself."""
        return Frontier(self.size, self._peaks)


class MemoryTree:
    """A whole tree in memory, for the verifier of a complete leaf file and for tests."""

    def __init__(self) -> None:
        self._levels: list[list[bytes]] = [[]]

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0])

    def append(self, leaf: bytes) -> int:
        """Append the leaf whose *bytes* are `leaf`; return its index."""
        index, hashed = self.size, leaf_hash(leaf)
        for level, node in enumerate([hashed, *completed(index, hashed, self.read)]):
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(node)
        return index

    def root(self, size: int | None = None) -> bytes:
        """Return the root now, or as it was at `size` leaves."""
        return root(self.size if size is None else size, self.read)

    def read(self, level: int, index: int) -> bytes:
        """A `NodeReader`; raises IndexError for a subtree that is not complete."""
        return self._levels[level][index]


def split(size: int) -> int:
    """Return the largest power of two smaller than `size` (RFC 9162 §2.1.1: k < n <= 2k)."""
    return 1 << ((size - 1).bit_length() - 1)


def subtree(low: int, high: int, read: NodeReader) -> bytes:
    """Return MTH(D[low:high]); every range met while splitting at `split` starts on a subtree boundary."""
    size = high - low
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, low >> level)
    middle = low + split(size)
    return node_hash(subtree(low, middle, read), subtree(middle, high, read))


def _sides(fn: int, sn: int, length: int) -> Iterator[bool]:
    """Yield for each hash of a proof whether it stands to the left (the walk of RFC 9162 §2.1.3.2 and §2.1.4.2).

    Raises:
        ProofError: the proof has more or fewer hashes than the way from node `fn` to the root of last node `sn`.
    """
    for _ in range(length):
        if sn == 0:
            raise ProofError(f"found a proof of {length} hashes, expected fewer")
        on_the_left = bool(fn & 1) or fn == sn
        yield on_the_left
        while on_the_left and fn and not fn & 1:
            fn, sn = fn >> 1, sn >> 1
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise ProofError(f"found a proof of {length} hashes, expected more")


def _check_hashes(hashes: Sequence[bytes]) -> None:
    for value in hashes:
        if len(value) != HASH_SIZE:
            raise ProofError(f"found a hash of {len(value)} bytes, expected {HASH_SIZE}")
