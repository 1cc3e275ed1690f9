"""Checks of a report's evidence that need no key: documents, references, leaves, openings."""

import re
from collections.abc import Iterable, Mapping

from governance.proof.checks.evidence import Evidence, LeafEntry, Period
from governance.proof.formats import canonical, merkle, ranges
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.checkpoint import Checkpoint
from governance.proof.formats.envelope import SHELF, Envelope
from governance.proof.formats.fields import base64_bytes
from governance.proof.formats.leaf import DOCUMENT_FROZEN, Leaf, commit
from governance.proof.formats.merkle import MemoryTree, ProofError

_SEQ = re.compile(r"0|[1-9][0-9]{0,15}")


def read_documents(evidence: Evidence) -> tuple[dict[str, Envelope], list[str]]:
    """Return the documents whose bytes have the digest they are named by, and what is wrong with the others."""
    found: dict[str, Envelope] = {}
    problems: list[str] = []
    for digest, text in evidence.documents.items():
        try:
            data = base64_bytes(text)
            if canonical.sha256(data) != digest:
                problems.append(f"found bytes with digest {canonical.sha256(data)}, expected {digest}")
                continue
            found[digest] = Envelope.from_bytes(data)
        except ValueError as error:
            problems.append(f"document {digest}: {error}")
    return found, problems


def reference_problems(evidence: Evidence, documents: Mapping[str, Envelope]) -> list[str]:
    """Return every reference that leads out of the evidence, or into another project than its own or the shelf.

    An earlier version (`previous`) is another document's story and need not be included.
    """
    problems: list[str] = []
    for digest, envelope in documents.items():
        for link in envelope.references:
            target = documents.get(link.digest)
            if target is None:
                problems.append(f"{envelope.kind} {digest} refers to {link.role} {link.digest}, which is not included")
            elif target.project not in (envelope.project, SHELF):
                problems.append(f"{envelope.kind} {digest} refers to {link.role} {link.digest} of another project")
    subject = evidence.report.subject
    if canonical.is_digest(subject) and subject not in documents:
        problems.append(f"the report's subject {subject} is not included")
    return problems


def read_leaves(entries: Iterable[LeafEntry], checkpoint: Checkpoint) -> tuple[dict[int, Leaf], list[str]]:
    """Return the leaves proved to be in the ledger at the checkpoint, by index, and what is wrong with the others."""
    found: dict[int, Leaf] = {}
    problems: list[str] = []
    for entry in entries:
        try:
            leaf = proved(entry, checkpoint)
        except (ValueError, ProofError) as error:
            problems.append(f"ledger entry {entry.index}: {error}")
            continue
        if entry.index in found:
            problems.append(f"ledger entry {entry.index} is included twice, expected once")
        found[entry.index] = leaf
    return found, problems


def read_period(period: Period | None, checkpoint: Checkpoint) -> tuple[dict[int, Leaf], list[str]]:
    """Return the leaves of the period that is given whole, by index, hidden ones left out; and what is wrong with it.

    Where anything is wrong no leaf is returned: of a span that does not hold nothing can be said to be complete.
    """
    if period is None:
        return {}, []
    found: dict[int, Leaf] = {}
    hashes: list[bytes] = []
    hidden = dict(period.hidden)
    try:
        for index, text in enumerate(period.leaves, start=period.first):
            if not text:
                hashes.append(bytes.fromhex(hidden.pop(str(index))))
                continue
            data = base64_bytes(text)
            leaf = Leaf.from_bytes(data)
            if leaf.seq != index:
                return {}, [f"found the leaf of entry {leaf.seq} at place {index} of the period"]
            found[index] = leaf
            hashes.append(merkle.leaf_hash(data))
        if hidden:
            return {}, [f"found a hash for entry {min(hidden)}, which is given or lies outside the period"]
        proof = [bytes.fromhex(node) for node in period.proof]
        ranges.verify_range(period.first, hashes, checkpoint.size, proof, checkpoint.root)
    except KeyError as missing:
        return {}, [f"entry {missing} of the period is neither given nor hidden under its hash"]
    except ValueError as error:
        return {}, [f"the period from entry {period.first} on: {error}"]
    return found, []


def read_ledger(evidence: Evidence, checkpoint: Checkpoint) -> tuple[MemoryTree, list[Leaf], list[str]]:
    """Return the tree and the leaves of the complete leaf file, and why it is not the checkpoint's ledger, if so."""
    tree = MemoryTree()
    leaves: list[Leaf] = []
    try:
        for index, text in enumerate(evidence.ledger or []):
            data = base64_bytes(text)
            leaf = Leaf.from_bytes(data)
            if leaf.seq != index:
                return tree, leaves, [f"found the leaf of entry {leaf.seq} at place {index} of the leaf file"]
            tree.append(data)
            leaves.append(leaf)
    except ValueError as error:
        return tree, leaves, [f"leaf {len(leaves)} of the leaf file: {error}"]
    if (tree.size, tree.root()) != (checkpoint.size, checkpoint.root):
        problem = f"found {tree.size} leaves with root {tree.root().hex()}, expected the checkpoint's {checkpoint.size}"
        return tree, leaves, [f"{problem} with root {checkpoint.root.hex()}"]
    return tree, leaves, []


def opening_problems(evidence: Evidence, leaves: Mapping[int, Leaf]) -> list[str]:
    """Return every opened private part that is not what its leaf committed to."""
    problems: list[str] = []
    for seq, opening in evidence.openings.items():
        leaf = leaves.get(int(seq)) if _SEQ.fullmatch(seq) else None
        if leaf is None:
            problems.append(f"a private part is given for ledger entry {seq[:20]!r}, which is not included")
            continue
        try:
            found = commit(bytes.fromhex(opening.salt), opening.private)
        except NotCanonical as error:
            problems.append(f"private part of ledger entry {seq}: {error}")
            continue
        if found != leaf.commitment:
            problems.append(f"the private part of entry {seq} gives {found}, the ledger committed to {leaf.commitment}")
    return problems


def unfrozen(documents: Mapping[str, Envelope], leaves: Iterable[Leaf]) -> list[str]:
    """Return every document of which no entry that is included tells that it was frozen: anybody can write one."""
    frozen = {leaf.subjects[0] for leaf in leaves if leaf.event == DOCUMENT_FROZEN and len(leaf.subjects) == 1}
    return [
        f"{envelope.kind} {digest} is in the file, but no ledger entry that is included tells that it was frozen"
        for digest, envelope in documents.items()
        if digest not in frozen
    ]


def proved(entry: LeafEntry, checkpoint: Checkpoint) -> Leaf:
    """Return the leaf, if it is in the tree of `checkpoint`. Raises ValueError, ProofError: it is none, or is not."""
    data = base64_bytes(entry.leaf)
    proof = [bytes.fromhex(node) for node in entry.proof]
    merkle.verify_inclusion(entry.index, checkpoint.size, merkle.leaf_hash(data), proof, checkpoint.root)
    leaf = Leaf.from_bytes(data)
    if leaf.seq != entry.index:
        raise ProofError(f"found a leaf that says it is entry {leaf.seq}, expected {entry.index}")
    return leaf
