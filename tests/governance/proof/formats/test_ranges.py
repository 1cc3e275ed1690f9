"""Range proofs hold for exactly the leaves they were made for: nothing can be left out, added, moved or changed."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.formats import ranges
from governance.proof.formats.merkle import MemoryTree, ProofError, leaf_hash, node_hash

LARGEST = 70
spans = st.integers(1, LARGEST).flatmap(
    lambda size: st.tuples(st.just(size), st.integers(0, size - 1)).flatmap(
        lambda two: st.tuples(st.just(two[0]), st.just(two[1]), st.integers(two[1] + 1, two[0]))
    )
)


def leaf(index: int) -> bytes:
    return f"entry {index}".encode()


def tree(size: int) -> MemoryTree:
    made = MemoryTree()
    for index in range(size):
        made.append(leaf(index))
    return made


def hashes(first: int, end: int) -> list[bytes]:
    return [leaf_hash(leaf(index)) for index in range(first, end)]


@given(spans)
def test_every_span_of_every_tree_is_proved(case: tuple[int, int, int]) -> None:
    size, first, end = case
    made = tree(size)
    proof = ranges.range_proof(first, end, size, made.read)
    assert len(proof) <= 2 * size.bit_length()
    ranges.verify_range(first, hashes(first, end), size, proof, made.root())


@given(spans, st.data())
def test_any_other_leaves_span_or_proof_are_refused(case: tuple[int, int, int], data: st.DataObject) -> None:
    size, first, end = case
    made = tree(size)
    proof, given_ = ranges.range_proof(first, end, size, made.read), hashes(first, end)
    place = data.draw(st.integers(0, len(given_) - 1))
    other = hashlib.sha256(b"other").digest()
    lies = [
        (first, given_[:place] + given_[place + 1 :], proof),
        (first, [*given_[:place], other, *given_[place:]], proof),
        (first, [*given_[:place], other, *given_[place + 1 :]], proof),
        (first + 1, given_, proof),
        (first, given_, [*proof, other]),
    ]
    if first:
        lies.append((first - 1, given_, proof))
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        lies += [(first, given_, proof[:at] + proof[at + 1 :]), (first, given_, [*proof[:at], other, *proof[at + 1 :]])]
    if len(given_) > 1:
        lies.append((first, [given_[-1], *given_[1:-1], given_[0]], proof))
    for begins, leaves, hashes_ in lies:
        with pytest.raises(ProofError):
            ranges.verify_range(begins, leaves, size, hashes_, made.root())


def test_the_proof_of_a_known_tree_is_the_one_worked_out_by_hand() -> None:
    # RFC 9162 §2.1.5 draws the tree of seven leaves: g = [0:2], h = [2:4], k = [0:4]; leaves 2 and 3 are h, so the
    # proof of them is g and the right half of the tree, l = [4:7].
    made = tree(7)
    a, b, _, _, e, f, j = hashes(0, 7)
    left, right = node_hash(a, b), node_hash(node_hash(e, f), j)
    assert ranges.range_proof(2, 4, 7, made.read) == [left, right]


@pytest.mark.parametrize(("first", "end", "size"), [(0, 0, 5), (3, 3, 5), (4, 6, 5), (-1, 2, 5), (0, 1, 0)])
def test_no_span_outside_the_tree(first: int, end: int, size: int) -> None:
    with pytest.raises(ValueError, match="expected at least one within"):
        ranges.range_proof(first, end, size, tree(5).read)
