"""What was disposed of, and under which signed document: the difference between "erased" and "missing"."""

from collections.abc import Collection, Iterable
from itertools import islice

from governance import access, disposal, events
from governance.models import Document, LedgerEvent, LedgerSubject, User
from governance.proof.formats.leaf import Leaf
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import ledger

BATCH = 900  # names in one query


def files(digests: Collection[str]) -> dict[str, int]:
    """Return the entry that last told of each file's disposal, by the file's digest. One query when nothing went."""
    return {name.removeprefix("file:"): seq for name, seq in _told("file:", digests, events.FILE_DISPOSED).items()}


def openings(seqs: Iterable[int]) -> dict[int, int]:
    """Return the entry that told of the erasure of each private part, by the erased entry's seq. Two queries."""
    told = _told("entry:", [str(seq) for seq in seqs], events.OPENING_ERASED)
    return {int(name.removeprefix("entry:")): seq for name, seq in told.items()}


def may_draft(user: User) -> bool:
    """Return whether somebody may draft a disposal: it lies on the shelf, so in the organisation, not in a project."""
    return bool(KINDS[disposal.KIND].authors & access.roles_of(user, None))


def body(document: Document) -> disposal.DisposalBody:
    """Return what a disposal lists."""
    found: disposal.DisposalBody = docs.model_body(document, disposal.DisposalBody)
    return found


def _told(prefix: str, names: Iterable[str], event: str) -> dict[str, int]:
    subjects = {f"{prefix}{name}" for name in names}
    seqs: set[int] = set()
    remaining = iter(sorted(subjects))
    while some := list(islice(remaining, BATCH)):
        rows = LedgerSubject.objects.filter(subject__in=some, entry__index__event=event)
        seqs |= set(rows.values_list("entry_id", flat=True))
    leaves = ledger.leaves_at(seqs) if seqs else {}
    return {
        subject: leaf.seq
        for leaf in sorted(leaves.values(), key=lambda leaf: leaf.seq)
        if leaf.event == event
        for subject in leaf.subjects
        if subject in subjects
    }


def of(document: Document) -> list[Leaf]:
    """Return the entries that tell of carrying out this disposal, in order."""
    seqs = LedgerEvent.objects.filter(
        event__in=events.DISPOSING, entry__subject_index__subject=document.digest
    ).values_list("entry_id", flat=True)
    leaves = ledger.leaves_at(set(seqs))
    return [leaves[seq] for seq in sorted(leaves) if leaves[seq].event in events.DISPOSING]
