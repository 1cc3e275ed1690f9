"""Rebuilding what is derived: series and references from the documents, the ledger's look-ups from its leaves.

Nothing here decides anything, so nothing is appended to the ledger; the ledger's lock keeps writers out meanwhile.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from governance.models import Document, LedgerEntry, LedgerEvent, LedgerSubject, Reference, Series
from governance.proof.formats import merkle
from governance.proof.formats.envelope import SHELF, Envelope
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.selectors.documents import envelope
from governance.selectors.ledger import LeafCorrupt
from governance.services.locked import ledger_lock

BATCH = 1000
T = TypeVar("T")


@dataclass(frozen=True)
class Rebuilt:
    """How many rows of each index were written."""

    events: int
    subjects: int
    series: int
    references: int


def rebuild() -> Rebuilt:
    """Throw all four indexes away and write them anew, in one transaction and in batches.

    Raises:
        LeafCorrupt, DocumentCorrupt, NotCanonical: a leaf or document was altered; the indexes stay as they were.
    """
    with ledger_lock():
        events, subjects = _ledger()
        series, references = _documents()
    return Rebuilt(events, subjects, series, references)


def _ledger() -> tuple[int, int]:
    LedgerSubject.objects.all().delete()
    LedgerEvent.objects.all().delete()
    events = subjects = 0
    rows = LedgerEntry.objects.order_by("seq").values_list("seq", "leaf", "leaf_hash")
    for batch in _batches(rows.iterator(chunk_size=BATCH)):
        leaves = [(seq, _leaf(seq, bytes(content), bytes(digest))) for seq, content, digest in batch]
        LedgerEvent.objects.bulk_create(
            LedgerEvent(
                entry_id=seq,
                event=leaf.event,
                actor=leaf.actor,
                project=uuid.UUID(leaf.project) if leaf.project else None,
                at=moment(leaf.time),
            )
            for seq, leaf in leaves
        )
        named = [LedgerSubject(entry_id=seq, subject=subject) for seq, leaf in leaves for subject in leaf.subjects]
        LedgerSubject.objects.bulk_create(named, batch_size=BATCH)
        events += len(leaves)
        subjects += len(named)
    return events, subjects


def _leaf(seq: int, content: bytes, digest: bytes) -> Leaf:
    if merkle.leaf_hash(content) != digest:
        raise LeafCorrupt(f"ledger entry {seq} was altered: its bytes do not hash to its leaf hash")
    return Leaf.from_bytes(content)


def _documents() -> tuple[int, int]:
    Reference.objects.all().delete()
    seen, references = set(), 0
    rows = Document.objects.order_by("seq")
    for batch in _batches(rows.iterator(chunk_size=BATCH)):
        opened = [(document, envelope(document)) for document in batch]
        newest = {said.series: _series(document, said) for document, said in opened}
        # A series keeps its row while its documents name it, so rows are replaced where they stand.
        Series.objects.bulk_create(
            newest.values(), update_conflicts=True, unique_fields=["id"], update_fields=["kind", "project", "title"]
        )
        seen |= set(newest)
        links = [
            Reference(source=document, role=link.role, target_id=link.digest)
            for document, said in opened
            for link in said.references
        ]
        Reference.objects.bulk_create(links, batch_size=BATCH)
        references += len(links)
    Series.objects.exclude(pk__in=Document.objects.values("series")).delete()
    return len(seen), references


def _series(document: Document, said: Envelope) -> Series:
    project = None if said.project == SHELF else uuid.UUID(said.project)
    return Series(id=uuid.UUID(said.series), kind=said.kind, project_id=project, title=document.title)


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        yield batch
