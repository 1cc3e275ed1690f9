"""The tree itself: every hash recomputed from the leaves; and what is derived from the leaves for look-ups."""

from collections import defaultdict
from collections.abc import Iterator

from governance import events
from governance.models import LedgerEvent, LedgerOpening, LedgerSubject
from governance.proof import leaf as leaves
from governance.proof import merkle
from governance.proof.fields import moment
from governance.selectors.verification.chunk import Chunk, Entry, beyond
from governance.selectors.verification.outcome import Problem, differences


class Tree:
    """Recomputes leaf hashes, interior hashes and roots (RFC 9162 §2.1.1), holding only the perfect subtrees' roots."""

    def __init__(self) -> None:
        self._peaks: dict[int, bytes] = {}  # by level: the newest perfect subtree of that height
        self._next = 0
        self._time = ""
        self._broken = False

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what is wrong with these entries."""
        for entry in chunk.entries:
            yield from self._leaf(entry)
            yield from self._hashes(entry)

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield a problem when the ledger ends before `size`."""
        if self._next != size and not self._broken:
            yield Problem(f"entry {self._next}", f"it is missing, and the ledger has entries up to {size - 1}")

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
        if self._time and moment(entry.leaf.time) < moment(self._time):
            yield Problem(place, f"its time {entry.leaf.time} is before the entry before it ({self._time})")
        self._time = entry.leaf.time

    def _hashes(self, entry: Entry) -> Iterator[Problem]:
        if self._broken:
            return
        if entry.seq != self._next:
            self._broken = True
            yield Problem(f"entry {self._next}", f"it is missing: the next one there is {entry.seq}")
            return
        made = merkle.completed(entry.seq, entry.leaf_hash, self._read)
        if b"".join(made) != entry.nodes:
            yield Problem(f"entry {entry.seq}", "its interior hashes are not those of the leaves below them")
        # The levels below were merged into this one and are read again only after they were completed anew.
        self._peaks[len(made)] = made[-1] if made else entry.leaf_hash
        self._next += 1
        if merkle.root(self._next, self._read) != entry.root:
            self._broken = True
            yield Problem(f"entry {entry.seq}", "its root is not that of the leaves up to it, nor can later ones be")

    def _read(self, level: int, index: int) -> bytes:
        return self._peaks[level]


class Lookups:
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
        rows = chunk.rows(LedgerEvent.objects.all(), "entry_id")
        for seq, leaf in chunk.leaves.items():
            row = rows.get(seq)
            if row is None:
                yield Problem(f"entry {seq}", "it has no row in the event index; run manage.py rebuild_indexes")
                continue
            yield from differences(
                f"event index of entry {seq}",
                {
                    "event": (row.event, leaf.event),
                    "actor": (row.actor, leaf.actor),
                    "project": (str(row.project) if row.project else None, leaf.project),
                    "time": (row.at, moment(leaf.time)),
                },
            )

    def _subjects(self, chunk: Chunk) -> Iterator[Problem]:
        found: dict[int, list[str]] = defaultdict(list)
        rows = LedgerSubject.objects.filter(entry_id__gt=chunk.after, entry_id__lte=chunk.last)
        for seq, subject in rows.values_list("entry_id", "subject"):
            found[seq].append(subject)
        for seq, leaf in chunk.leaves.items():
            pair = (sorted(found[seq]), sorted(leaf.subjects))
            yield from differences(f"subject index of entry {seq}", {"subjects": pair})


class PrivateParts:
    """Compares what was disclosed of private parts with the commitments in the leaves. Erased ones are counted."""

    def __init__(self) -> None:
        self.erased = 0

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield the openings that do not open their leaf's commitment."""
        rows = chunk.rows(LedgerOpening.objects.all(), "entry_id")
        for seq, leaf in chunk.leaves.items():
            row = rows.get(seq)
            if row is None:
                self.erased += leaf.commitment is not None
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
