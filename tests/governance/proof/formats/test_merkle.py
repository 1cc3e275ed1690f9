"""The Merkle tree against a naive reading of RFC 6962 §2.1, and against forgers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.proof.formats import merkle
from governance.proof.formats.merkle import EMPTY_ROOT, MemoryTree, ProofError, leaf_hash, node_hash

SMALL = 20
LARGE = 130
LEAVES = [b"leaf %d" % i for i in range(LARGE)]


def split(size: int) -> int:
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def mth(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, as written there."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    k = split(len(leaves))
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 §2.1.1, as written there."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    return [*path(m, leaves[:k]), mth(leaves[k:])] if m < k else [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962 §2.1.2, as written there."""
    if m == len(leaves):
        return [] if whole else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], whole), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


@pytest.fixture(scope="module")
def tree() -> MemoryTree:
    grown = MemoryTree()
    for index, leaf in enumerate(LEAVES):
        assert grown.append(leaf) == index
    return grown


def test_known_roots() -> None:
    # The first two test vectors of the Certificate Transparency reference implementation.
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_roots_at_every_size(tree: MemoryTree) -> None:
    for size in range(LARGE + 1):
        assert tree.root(size) == mth(LEAVES[:size])
    assert tree.root() == mth(LEAVES)


def test_a_leaf_cannot_pose_as_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


def test_completed_gives_exactly_the_new_nodes(tree: MemoryTree) -> None:
    for index in range(LARGE):

        def read(level: int, position: int, index: int = index) -> bytes:
            assert (position + 1) << level <= index, "read a node that was not complete yet"
            return tree.read(level, position)

        hashes = merkle.completed(index, leaf_hash(LEAVES[index]), read)
        assert hashes == [tree.read(level, index >> level) for level in range(1, len(hashes) + 1)]
        assert len(hashes) == ((index + 1) & -(index + 1)).bit_length() - 1


def test_a_frontier_grows_as_the_tree_does(tree: MemoryTree) -> None:
    frontier = merkle.Frontier()
    for index in range(LARGE):
        assert frontier.root() == tree.root(index)
        apart = frontier.copy()
        made = frontier.append(leaf_hash(LEAVES[index]))
        assert made == merkle.completed(index, leaf_hash(LEAVES[index]), tree.read)
        assert (apart.size, apart.root()) == (index, tree.root(index))


@pytest.mark.parametrize(("size", "peaks"), [(0, 1), (1, 0), (6, 1), (7, 2), (8, 2)])
def test_a_frontier_has_one_peak_for_each_bit(size: int, peaks: int) -> None:
    with pytest.raises(ValueError, match="peaks"):
        merkle.Frontier(size, [EMPTY_ROOT] * peaks)


def test_every_inclusion_pair_of_small_trees(tree: MemoryTree) -> None:
    for size in range(1, SMALL + 1):
        for index in range(size):
            proof = merkle.inclusion_proof(index, size, tree.read)
            assert proof == path(index, LEAVES[:size])
            merkle.verify_inclusion(index, size, leaf_hash(LEAVES[index]), proof, tree.root(size))


def test_every_consistency_pair_of_small_trees(tree: MemoryTree) -> None:
    for new in range(SMALL + 1):
        for old in range(new + 1):
            proof = merkle.consistency_proof(old, new, tree.read)
            assert proof == (subproof(old, LEAVES[:new], True) if 0 < old < new else [])
            merkle.verify_consistency(old, new, tree.root(old), tree.root(new), proof)


@given(st.data())
@settings(max_examples=60)
def test_larger_trees(tree: MemoryTree, data: st.DataObject) -> None:
    new = data.draw(st.integers(1, LARGE))
    old = data.draw(st.integers(1, new))
    assert merkle.inclusion_proof(old - 1, new, tree.read) == path(old - 1, LEAVES[:new])
    proof = merkle.consistency_proof(old, new, tree.read)
    assert proof == subproof(old, LEAVES[:new], True)
    merkle.verify_consistency(old, new, tree.root(old), tree.root(new), proof)


def flipped(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


@given(st.data())
@settings(max_examples=60)
def test_tampered_inclusion_fails(tree: MemoryTree, data: st.DataObject) -> None:
    size = data.draw(st.integers(2, LARGE))
    index = data.draw(st.integers(0, size - 1))
    leaf, top = leaf_hash(LEAVES[index]), tree.root(size)
    proof = merkle.inclusion_proof(index, size, tree.read)
    at = data.draw(st.integers(0, len(proof) - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index))
    forgeries = [
        (index, size, leaf, [*proof[:at], flipped(proof[at]), *proof[at + 1 :]], top),
        (index, size, leaf, proof[:-1], top),
        (index, size, leaf, [*proof, proof[0]], top),
        (index, size, flipped(leaf), proof, top),
        (index, size, leaf, proof, flipped(top)),
        (other, size, leaf, proof, top),
        (size, size, leaf, proof, top),
        (-1, size, leaf, proof, top),
        (index, size, leaf[:-1], proof, top),
        (index, size, LEAVES[index], proof, top),
    ]
    for forgery in forgeries:
        with pytest.raises(ProofError):
            merkle.verify_inclusion(*forgery)


@given(st.data())
@settings(max_examples=60)
def test_tampered_consistency_fails(tree: MemoryTree, data: st.DataObject) -> None:
    new = data.draw(st.integers(2, LARGE))
    old = data.draw(st.integers(1, new - 1))
    before, after = tree.root(old), tree.root(new)
    proof = merkle.consistency_proof(old, new, tree.read)
    at = data.draw(st.integers(0, len(proof) - 1))
    forgeries = [
        (old, new, before, after, [*proof[:at], flipped(proof[at]), *proof[at + 1 :]]),
        (old, new, before, after, proof[:-1]),
        (old, new, before, after, [*proof, proof[0]]),
        (old, new, flipped(before), after, proof),
        (old, new, before, flipped(after), proof),
        (old, new, before, after, []),
        (old, old, before, after, []),
        (0, new, before, after, proof),
        (new, old, after, before, proof),
    ]
    for forgery in forgeries:
        with pytest.raises(ProofError):
            merkle.verify_consistency(*forgery)


def test_asking_for_what_does_not_exist(tree: MemoryTree) -> None:
    for index, size in ((0, 0), (5, 5), (-1, 3)):
        with pytest.raises(ValueError, match="found leaf"):
            merkle.inclusion_proof(index, size, tree.read)
    for old, new in ((3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="found sizes"):
            merkle.consistency_proof(old, new, tree.read)
