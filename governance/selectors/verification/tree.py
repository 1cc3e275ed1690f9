"""The tree itself: every hash recomputed from the leaves; and what is derived from the leaves for look-ups."""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from governance import events
from governance.models import LedgerEntry, LedgerEvent, LedgerOpening, LedgerSubject
from governance.proof.formats import leaf as leaves
from governance.proof.formats import merkle
from governance.proof.formats.fields import rfc3339
from governance.selectors import disposals, ledger
from governance.selectors.verification.chunk import Auditor, Chunk, Entry, beyond
from governance.selectors.verification.outcome import Problem, differences


class Tree(Auditor):
    """Recomputes leaf hashes, interior hashes and roots (RFC 9162 §2.1.1), holding only the perfect subtrees' roots."""

    def __init__(self) -> None:
        super().__init__()
        self._tree = merkle.Frontier()
        self._at: datetime | None = None
        self._broken = False

    def begin(self, first: int) -> Iterator[Problem]:
        """Take up the tree of the first `first` leaves as the stored hashes say it."""
        if first:
            try:
                self._tree = ledger.frontier(first)
                self._at = ledger.time_of(first)
            except (ledger.LeafCorrupt, LedgerEntry.DoesNotExist, ValueError) as problem:
                self._broken = True
                yield Problem(f"entry {first - 1}", f"the tree up to it cannot be told: {problem}")

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what is wrong with these entries."""
        for entry in chunk.entries:
            yield from self._leaf(entry)
            yield from self._hashes(entry)

    def end(self, size: int) -> Iterator[Problem]:
        """Yield a problem when the segment ends before `size`."""
        if self._tree.size != size and not self._broken:
            yield Problem(f"entry {self._tree.size}", f"it is missing, and the ledger has entries up to {size - 1}")

    def _leaf(self, entry: Entry) -> Iterator[Problem]:
        place = f"entry {entry.seq}"
        if merkle.leaf_hash(entry.content) != entry.leaf_hash:
            yield Problem(place, "the leaf's bytes were altered: they do not hash to the stored leaf hash")
        if entry.leaf is None:
            yield Problem(place, f"its bytes are no leaf: {entry.fault}")
            return
        if entry.leaf.seq != entry.seq:
            yield Problem(place, f"its leaf says it is entry {entry.leaf.seq}: moved or renumbered")
        if entry.leaf.event not in events.ALL:
            yield Problem(place, f"found the event {entry.leaf.event!r}, which nothing here writes")
        if self._at is not None and entry.at < self._at:
            yield Problem(place, f"its time {entry.leaf.time} is before the entry before it ({rfc3339(self._at)})")
        self._at = entry.at

    def _hashes(self, entry: Entry) -> Iterator[Problem]:
        if self._broken:
            return
        if entry.seq != self._tree.size:
            self._broken = True
            yield Problem(f"entry {self._tree.size}", f"it is missing: the next one there is {entry.seq}")
            return
        if b"".join(self._tree.append(entry.leaf_hash)) != entry.nodes:
            yield Problem(f"entry {entry.seq}", "its interior hashes are not those of the leaves below them")
        if self._tree.root() != entry.root:
            self._broken = True
            yield Problem(f"entry {entry.seq}", "its root is not that of the leaves up to it, nor can later ones be")


class Lookups(Auditor):
    """Compares the index over events and subjects, and what was disclosed of private parts, with the leaves."""

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs between the leaves and their index."""
        yield from self._events(chunk)
        yield from self._subjects(chunk)

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield index rows of entries that are not there."""
        yield from beyond(LedgerEvent.objects.all(), "entry_id", "event index row", size)
        yield from beyond(LedgerSubject.objects.all(), "entry_id", "subject index row", size)

    def _events(self, chunk: Chunk) -> Iterator[Problem]:
        rows = LedgerEvent.objects.filter(entry_id__gt=chunk.after, entry_id__lte=chunk.last)
        found = {row[0]: row[1:] for row in rows.values_list("entry_id", "event", "actor", "project", "at")}
        for entry in chunk.entries:
            if (leaf := entry.leaf) is None:
                continue
            row = found.get(entry.seq)
            if row is None:
                yield Problem(f"entry {entry.seq}", "it has no row in the event index; run manage.py rebuild_indexes")
                continue
            said = (leaf.event, leaf.actor, leaf.project and uuid.UUID(leaf.project), entry.at)
            if row != said:
                named = zip(("event", "actor", "project", "time"), zip(row, said, strict=True), strict=True)
                yield from differences(f"event index of entry {entry.seq}", dict(named))

    def _subjects(self, chunk: Chunk) -> Iterator[Problem]:
        found: dict[int, list[str]] = defaultdict(list)
        rows = LedgerSubject.objects.filter(entry_id__gt=chunk.after, entry_id__lte=chunk.last)
        for seq, subject in rows.values_list("entry_id", "subject"):
            found[seq].append(subject)
        for seq, leaf in chunk.leaves.items():
            if found[seq] != leaf.subjects and sorted(found[seq]) != sorted(leaf.subjects):
                pair = (sorted(found[seq]), sorted(leaf.subjects))
                yield from differences(f"subject index of entry {seq}", {"subjects": pair})


class PrivateParts(Auditor):
    """Compares private parts with the commitments in the leaves, and tells erased ones from missing ones."""

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield the openings that do not open their leaf's commitment."""
        rows = chunk.rows(LedgerOpening.objects.all(), "entry_id")
        erased = disposals.openings(
            seq for seq, leaf in chunk.leaves.items() if leaf.commitment is not None and seq not in rows
        )
        for seq, leaf in chunk.leaves.items():
            row = rows.get(seq)
            if row is None and leaf.commitment is not None and seq not in erased:
                yield Problem(f"opening of entry {seq}", "it is missing, and no signed disposal erased it: deleted?")
            elif row is None:
                self.seen += leaf.commitment is not None
            elif leaf.commitment is None:
                yield Problem(f"opening of entry {seq}", "the leaf commits to nothing; expected no opening")
            elif not _opens(row, leaf.commitment):
                yield Problem(f"opening of entry {seq}", "the text is not what the leaf committed to: altered")

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield openings of entries that are not there."""
        yield from beyond(LedgerOpening.objects.all(), "entry_id", "opening", size)


def _opens(row: LedgerOpening, commitment: str) -> bool:
    try:
        return leaves.commit(bytes(row.salt), row.private) == commitment
    except (ValueError, TypeError):
        return False
