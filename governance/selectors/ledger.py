"""Reading the ledger: leaves and proofs."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from functools import lru_cache, partial
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from governance.models import LedgerEntry, LedgerOpening
from governance.proof.formats import merkle, ranges
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf

# What every question of sign-off asks, several times; composing it anew takes longer than answering it.
_LEAVES = "SELECT seq, leaf, leaf_hash FROM governance_ledgerentry WHERE seq IN"
_LAST = "SELECT seq, leaf, leaf_hash FROM governance_ledgerentry ORDER BY seq DESC LIMIT 1"
_ABOUT = (
    "SELECT l.seq, l.leaf, l.leaf_hash FROM governance_ledgerentry l WHERE l.seq IN"
    " (SELECT s.entry_id FROM governance_ledgersubject s"
    " JOIN governance_ledgerevent e ON e.entry_id = s.entry_id"
    " WHERE s.entry_id > %s AND s.subject IN ({}) AND e.event IN ({}))"
)
_ON = (
    "SELECT l.seq, l.leaf, l.leaf_hash FROM governance_ledgerentry l WHERE l.seq < %s AND l.seq IN"
    " (SELECT s.entry_id FROM governance_ledgersubject s WHERE s.subject IN ({}))"
)
_TELLING = (
    "SELECT l.seq, l.leaf, l.leaf_hash FROM governance_ledgerentry l"
    " JOIN governance_ledgerevent e ON e.entry_id = l.seq WHERE e.event IN ({})"
)


_ENDLESS = 2**62
"""more entries than a ledger will ever have"""


class LeafCorrupt(Exception):
    """A stored leaf is not what its hash says."""


def peaks(size: int) -> list[int]:
    """Return the seqs whose entries hold the roots of the perfect subtrees a tree of `size` consists of."""
    found, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            start += 1 << level
            found.append(start - 1)
    return found


class NodeCache:
    """Interior hashes read from the entries that completed them (level 0: leaf hashes), each entry once."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[bytes, bytes]] = {}

    def add(self, seq: int, leaf_hash: bytes, completed: list[bytes]) -> None:
        """Make a new entry's hashes known."""
        self._entries[seq] = (leaf_hash, b"".join(completed))

    def load(self, seqs: Iterable[int]) -> None:
        """Read several entries in one query."""
        rows = LedgerEntry.objects.filter(seq__in=[s for s in seqs if s not in self._entries])
        for seq, leaf_hash, nodes in rows.values_list("seq", "leaf_hash", "nodes"):
            self._entries[seq] = (bytes(leaf_hash), bytes(nodes))

    def prepare(self, *walks: Callable[[merkle.NodeReader], object], seqs: Iterable[int] = ()) -> None:
        """Read, in one query, all that these walks through the tree will ask for, and the entries `seqs`."""
        needed = set(seqs)

        def note(level: int, index: int) -> bytes:
            needed.add(_completer(level, index))
            return bytes(merkle.HASH_SIZE)

        for walk in walks:
            walk(note)
        self.load(sorted(needed))

    def read(self, level: int, index: int) -> bytes:
        """Return the root of the perfect subtree `index` of height `level` (the reader `merkle` asks for)."""
        seq = _completer(level, index)
        if seq not in self._entries:
            self.load([seq])
        leaf_hash, nodes = self._entries[seq]
        return leaf_hash if level == 0 else nodes[(level - 1) * merkle.HASH_SIZE : level * merkle.HASH_SIZE]


def frontier(size: int) -> merkle.Frontier:
    """Return what a tree of `size` leaves grows from, in one query. LeafCorrupt: an entry it needs is not there."""
    cache, seqs = NodeCache(), peaks(size)
    cache.load(seqs)
    try:
        return merkle.Frontier(size, [cache.read(_level(seq), seq >> _level(seq)) for seq in seqs])
    except KeyError as missing:
        raise LeafCorrupt(f"the ledger has no entry {missing}, though it has {size}: deleted?") from None


def _level(seq: int) -> int:
    """Return the height of the largest perfect subtree that entry `seq` completed."""
    return ((seq + 1) & -(seq + 1)).bit_length() - 1


def entries(seqs: Iterable[int]) -> list[tuple[int, bytes, bytes, bytes]]:
    """Return (seq, leaf, leaf hash, root) of the entries as they are stored, in order."""
    rows = LedgerEntry.objects.filter(seq__in=list(seqs)).order_by("seq")
    found = rows.values_list("seq", "leaf", "leaf_hash", "root")
    return [(seq, bytes(leaf), bytes(digest), bytes(root)) for seq, leaf, digest, root in found]


def size() -> int:
    """Return the ledger's size: the number of its leaves."""
    last = LedgerEntry.objects.order_by("-seq").values_list("seq", flat=True).first()
    return 0 if last is None else last + 1


def root(at_size: int) -> bytes:
    """Return the tree head at a size."""
    if at_size == 0:
        return merkle.EMPTY_ROOT
    return bytes(LedgerEntry.objects.values_list("root", flat=True).get(seq=at_size - 1))


def time_of(at_size: int) -> datetime:
    """Return the time of the last leaf a ledger of that size holds."""
    return moment(leaf(at_size - 1).time)


def first_since(time: datetime) -> int:
    """Return the seq of the first leaf of that time or later; the ledger's size when all are earlier.

    Times never run backwards from leaf to leaf, so halving finds it.
    """
    low, high = 0, size()
    while low < high:
        middle = (low + high) // 2
        if moment(leaf(middle).time) < time:
            low = middle + 1
        else:
            high = middle
    return low


def last() -> Leaf | None:
    """Return the last leaf, checked against its hash; None before the first. One query."""
    return next(iter(_checked(_rows(_LAST, ())).values()), None)


def leaf(seq: int) -> Leaf:
    """Return one leaf, checked against its hash. LedgerEntry.DoesNotExist if there is none."""
    found = leaves_at([seq])
    if seq not in found:
        raise LedgerEntry.DoesNotExist(f"the ledger has no entry {seq}")
    return found[seq]


def leaves_at(seqs: Iterable[int]) -> dict[int, Leaf]:
    """Return the leaves of the given seqs, each checked against its hash, in one query; absent ones are left out.

    Raises:
        LeafCorrupt: a leaf was altered.
    """
    wanted = list(seqs)
    return _checked(_rows(f"{_LEAVES} ({_places(wanted)})", wanted)) if wanted else {}


def leaf_bytes(span: range) -> list[bytes]:
    """Return the bytes of all leaves of a span, in order, each checked against its hash.

    Raises:
        LeafCorrupt: a leaf was altered, or one is not there.
    """
    rows = LedgerEntry.objects.filter(seq__gte=span.start, seq__lt=span.stop).order_by("seq")
    found = []
    for expected, (seq, content, digest) in zip(
        span, rows.values_list("seq", "leaf", "leaf_hash").iterator(chunk_size=2000), strict=False
    ):
        if seq != expected or merkle.leaf_hash(bytes(content)) != bytes(digest):
            raise LeafCorrupt(f"ledger entry {expected} was altered or deleted")
        found.append(bytes(content))
    if len(found) != len(span):
        raise LeafCorrupt(f"found {len(found)} ledger entries from {span.start} on, expected {len(span)}")
    return found


def range_proof(span: range, at_size: int) -> list[bytes]:
    """Return the proof that the leaves of a span are all there in the tree of that size, in one query."""
    return _walked(partial(ranges.range_proof, span.start, span.stop, at_size))


def leaves_about(subjects: Collection[str], events: Collection[str], after: int) -> dict[int, Leaf]:
    """Return the leaves after entry `after` that index and leaf say are of these events, about any of the subjects.

    One query at most; raises as `leaves_at` does.
    """
    if not subjects:
        return {}
    leaves = _checked(_rows(_ABOUT.format(_places(subjects), _places(events)), [after, *subjects, *events]))
    wanted = set(subjects)
    return {seq: leaf for seq, leaf in leaves.items() if leaf.event in events and wanted.intersection(leaf.subjects)}


def leaves_on(subjects: Collection[str], ledger_size: int | None = None) -> list[Leaf]:
    """Return the leaves that the index says are about any of the subjects, in their order, among so many (None: all).

    One query at most; raises as `leaves_at` does.
    """
    if not subjects:
        return []
    before = _ENDLESS if ledger_size is None else ledger_size
    return [leaf for _, leaf in sorted(_checked(_rows(_ON.format(_places(subjects)), [before, *subjects])).items())]


def leaves_of(events: Collection[str]) -> list[Leaf]:
    """Return all leaves of these events, in their order, in one query; raises as `leaves_at` does."""
    return [leaf for _, leaf in sorted(_checked(_rows(_TELLING.format(_places(events)), events)).items())]


def _places(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _rows(statement: str, values: Collection[Any]) -> list[tuple[Any, ...]]:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(statement, list(values))
        return list(cursor.fetchall())


def _checked(rows: Iterable[tuple[Any, ...]]) -> dict[int, Leaf]:
    found: dict[int, Leaf] = {}
    for seq, content, digest in rows:
        if merkle.leaf_hash(bytes(content)) != bytes(digest):
            raise LeafCorrupt(f"ledger entry {seq} was altered: its bytes do not hash to its leaf hash")
        found[seq] = _parsed(bytes(content))
    return found


@lru_cache(maxsize=8192)
def _parsed(content: bytes) -> Leaf:
    """Return the leaf that these bytes are, which never change their meaning."""
    return Leaf.from_bytes(content)


def openings(seqs: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return what the leaves committed to, where it has not been erased."""
    rows = LedgerOpening.objects.filter(entry_id__in=list(seqs)).values_list("entry_id", "private")
    return dict(rows)


def inclusion(seq: int, at_size: int) -> list[bytes]:
    """Return the audit path of a leaf in the tree of that size, in one query."""
    return _walked(partial(merkle.inclusion_proof, seq, at_size))


def consistency(old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of size `old` is a prefix of the tree of size `new`, in one query."""
    return _walked(partial(merkle.consistency_proof, old, new))


def _walked(walk: Callable[[merkle.NodeReader], list[bytes]]) -> list[bytes]:
    nodes = NodeCache()
    nodes.prepare(walk)
    return walk(nodes.read)


def _completer(level: int, index: int) -> int:
    """Return the entry that completed the perfect subtree `index` of height `level`."""
    return ((index + 1) << level) - 1
