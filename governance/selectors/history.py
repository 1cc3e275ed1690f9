"""The ledger as people read it: entries newest first, each with its proof of inclusion."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from governance.models import LedgerEntry, LedgerEvent, LedgerSubject, User
from governance.proof.formats import merkle
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.selectors import ledger

PAGE = 50


@dataclass(frozen=True)
class Proof:
    """That entry `index` is in the tree of `size` with this root: its leaf hash and the audit path (RFC 6962)."""

    index: int
    size: int
    leaf_hash: str
    path: list[str]
    root: str
    holds: bool


@dataclass(frozen=True)
class Entry:
    """One event as shown: the leaf, who did it, and what it committed to (None: nothing, or erased)."""

    leaf: Leaf
    at: datetime
    who: str
    proof: Proof
    private: dict[str, Any] | None = None
    project: str = ""


@dataclass(frozen=True)
class Page:
    """Some entries, newest first; `before` asks for the next page (None: there is none)."""

    entries: list[Entry] = field(default_factory=list)
    size: int = 0
    before: int | None = None


def page(
    *,
    project: uuid.UUID | None = None,
    event: str = "",
    subject: str = "",
    before: int | None = None,
    limit: int = PAGE,
) -> Page:
    """Return a page of the ledger; `event` and `subject` are beginnings of an event's name and of a subject."""
    rows = LedgerEvent.objects.order_by("-entry_id")
    if project is not None:
        rows = rows.filter(project=project)
    if event:
        rows = rows.filter(event__startswith=event)
    if subject:
        rows = rows.filter(entry__in=LedgerSubject.objects.filter(subject__startswith=subject).values("entry"))
    if before is not None:
        rows = rows.filter(entry_id__lt=before)
    seqs = list(rows.values_list("entry_id", flat=True)[: limit + 1])
    more = len(seqs) > limit
    shown = seqs[:limit]
    size = ledger.size()
    return Page(entries(shown, size), size, shown[-1] if more else None)


def entries(seqs: Sequence[int], size: int) -> list[Entry]:
    """Return the entries in the order given, with proofs in the tree of `size`. A constant number of queries."""
    leaves, private, proofs = ledger.leaves_at(seqs), ledger.openings(seqs), inclusion_of(seqs, size)
    names = dict(User.objects.filter(ledger_id__in=_people(leaves.values())).values_list("ledger_id", "printed_name"))
    shown = {str(identifier): name for identifier, name in names.items()}
    return [
        Entry(leaf, moment(leaf.time), shown.get(leaf.actor, leaf.actor), proofs[seq], private.get(seq))
        for seq in seqs
        if (leaf := leaves.get(seq)) is not None
    ]


def inclusion_of(seqs: Sequence[int], size: int) -> dict[int, Proof]:
    """Return the proof of each entry, every hash read once."""
    cache = ledger.NodeCache()
    cache.prepare(*(partial(merkle.inclusion_proof, seq, size) for seq in seqs), seqs=seqs)
    root = ledger.root(size)
    return {seq: _proof(seq, size, root, cache) for seq in seqs}


def exists(seq: int) -> bool:
    """Return whether the ledger has that entry."""
    return LedgerEntry.objects.filter(seq=seq).exists()


def _proof(seq: int, size: int, root: bytes, cache: ledger.NodeCache) -> Proof:
    leaf_hash, path = cache.read(0, seq), merkle.inclusion_proof(seq, size, cache.read)
    try:
        merkle.verify_inclusion(seq, size, leaf_hash, path, root)
        holds = True
    except merkle.ProofError:
        holds = False
    return Proof(seq, size, leaf_hash.hex(), [node.hex() for node in path], root.hex(), holds)


def _people(leaves: Any) -> set[uuid.UUID]:
    found = set()
    for leaf in leaves:
        try:
            found.add(uuid.UUID(leaf.actor))
        except ValueError:
            continue
    return found
