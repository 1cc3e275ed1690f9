"""The ledger in chunks: entries with their leaves, and the rows that claim to belong to them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.functional import cached_property

from governance.models import LedgerEntry
from governance.proof.formats.fields import moment
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.leaf import Leaf
from governance.selectors.verification.outcome import Problem

CHUNK = 2000

_NEVER = datetime.min.replace(tzinfo=UTC)
R = TypeVar("R", bound=Model)


@dataclass(frozen=True)
class Entry:
    """A row of the ledger and the moment of its leaf; `leaf` is None when its bytes are no leaf (`fault` says why)."""

    seq: int
    content: bytes
    leaf_hash: bytes
    nodes: bytes
    root: bytes
    leaf: Leaf | None
    at: datetime
    fault: str


@dataclass(frozen=True)
class Chunk:
    """Consecutive entries. Rows that name an entry in (`after`, `last`] belong to it."""

    after: int
    last: int
    entries: tuple[Entry, ...]
    root_before: bytes

    @cached_property
    def leaves(self) -> dict[int, Leaf]:
        """The readable leaves by the seq of their row."""
        return {e.seq: e.leaf for e in self.entries if e.leaf is not None}

    @cached_property
    def _by_event(self) -> dict[str, dict[int, Leaf]]:
        found: dict[str, dict[int, Leaf]] = defaultdict(dict)
        for seq, leaf in self.leaves.items():
            found[leaf.event][seq] = leaf
        return found

    def of(self, *events: str) -> dict[int, Leaf]:
        """Return the leaves of these events, in order."""
        found = {seq: leaf for event in events for seq, leaf in self._by_event.get(event, {}).items()}
        return found if len(events) == 1 else dict(sorted(found.items()))

    def rows(self, rows: "QuerySet[R]", column: str = "seq") -> dict[int, R]:
        """Return the rows whose `column` names one of these entries, by that entry."""
        chosen = rows.filter(**{f"{column}__gt": self.after, f"{column}__lte": self.last})
        return {getattr(row, column): row for row in chosen}

    def root_at(self, size: int) -> bytes:
        """Return the stored tree head at a size that this chunk covers."""
        found = {e.seq + 1: e.root for e in self.entries} | {self.after + 1: self.root_before}
        return found.get(size, b"")


class Auditor:
    """Looks at one concern: at a segment of the ledger chunk by chunk, then once at what belongs to no entry.

    `seen` counts what the tally tells of besides entries, `compromised` what was signed with a key declared compromised
    by then; `remarks` are no faults, but people should look at them.
    """

    def __init__(self) -> None:
        self.seen = self.compromised = 0
        self.remarks: list[Problem] = []

    def begin(self, first: int) -> Iterator[Problem]:
        """Take up the state that entry `first` follows; yield what is wrong with it."""
        yield from ()

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what is wrong with the rows of a chunk."""
        raise NotImplementedError

    def end(self, size: int) -> Iterator[Problem]:
        """Yield what shows only when all entries of the segment, up to `size`, were looked at."""
        yield from ()

    def finish(self, size: int) -> Iterator[Problem]:
        """Yield what is wrong with rows that belong to no entry below `size`; asked once, of a fresh auditor."""
        yield from ()


def chunks(first: int, size: int) -> Iterator[Chunk]:
    """Yield the entries from `first` to `size` in order, CHUNK at a time: memory does not grow with the ledger."""
    after, root = first - 1, b""
    for before in LedgerEntry.objects.filter(seq=after).values_list("root", flat=True):
        root = bytes(before)
    while True:
        rows = LedgerEntry.objects.filter(seq__gt=after, seq__lt=size).order_by("seq")
        found = [_entry(*row) for row in rows.values_list("seq", "leaf", "leaf_hash", "nodes", "root")[:CHUNK]]
        if not found:
            return
        yield Chunk(after, found[-1].seq, tuple(found), root)
        after, root = found[-1].seq, found[-1].root


def _entry(seq: int, content: Any, leaf_hash: Any, nodes: Any, root: Any) -> Entry:
    leaf, at, fault = None, _NEVER, ""
    try:
        leaf = Leaf.from_bytes(bytes(content))
        at = moment(leaf.time)
    except ValueError as problem:
        fault = str(problem).splitlines()[0]
    return Entry(seq, bytes(content), bytes(leaf_hash), bytes(nodes), bytes(root), leaf, at, fault)


def compromised(keyring: Keyring | None, keyid: str, at: int) -> bool:
    """Return whether a key that signed at a ledger size was declared compromised since then or earlier.

    That is known and said: such a signature counts nowhere, but nothing was tampered with.
    """
    entry = keyring.entry(keyid) if keyring is not None else None
    return entry is not None and entry.compromised_at(at)


def both_ways(leaves: Mapping[int, Leaf], rows: Mapping[int, R], noun: str) -> Iterator[Problem]:
    """Yield a problem for each leaf without its row and each row without its leaf."""
    for seq, leaf in leaves.items():
        if seq not in rows:
            yield Problem(f"entry {seq}", f"the ledger says {leaf.event}, but there is no {noun} row for it: deleted?")
    for seq, row in rows.items():
        if seq not in leaves:
            yield Problem(f"{noun} {row.pk}", f"it claims ledger entry {seq}, which tells of something else: forged?")


def beyond(rows: "QuerySet[Any]", column: str, noun: str, size: int) -> Iterator[Problem]:
    """Yield a problem for each row that claims an entry at or beyond `size` which the ledger does not have even now."""
    claimed = list(rows.filter(**{f"{column}__gte": size}).values_list("pk", column)[:CHUNK])
    if not claimed:
        return
    last = LedgerEntry.objects.order_by("-seq").values_list("seq", flat=True).first()
    for key, seq in claimed:
        if last is None or seq > last:
            yield Problem(f"{noun} {key}", f"it claims ledger entry {seq}, but the ledger ends before it")
