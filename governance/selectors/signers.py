"""What is on record of signers, as far as the ledger confirms it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from governance import events
from governance.models import LedgerSubject, SignerRecord, User
from governance.proof.formats.leaf import Leaf
from governance.selectors import ledger

EVENTS = {
    SignerRecord.Kind.IDENTITY: events.SIGNER_IDENTIFIED,
    SignerRecord.Kind.COMPETENCE: events.SIGNER_QUALIFIED,
    SignerRecord.Kind.DECLARATION: events.SIGNER_DECLARED,
}


@dataclass(frozen=True)
class Shown:
    """A confirmed record, and the words kept beside it: empty once they were erased."""

    row: SignerRecord
    words: str
    attachment: str | None


def of(user: User) -> list[Shown]:
    """Return what is on record of somebody, the oldest first. Three queries."""
    rows = list(SignerRecord.objects.filter(user=user).select_related("user", "by").order_by("seq"))
    leaves, told = ledger.leaves_at(row.seq for row in rows), ledger.openings(row.seq for row in rows)
    return [
        Shown(row, _words(told.get(row.seq, {})), leaves[row.seq].data.get("attachment"))
        for row in rows
        if _confirmed(row, leaves.get(row.seq))
    ]


def lacking(user: User) -> list[str]:
    """Return what must still come on record before somebody signs where the policy asks for it."""
    there = {one.row.kind for one in of(user)}
    needed = (SignerRecord.Kind.IDENTITY, SignerRecord.Kind.DECLARATION)
    return [kind.value for kind in needed if kind.value not in there]


def leaves(actors: Iterable[str], size: int) -> dict[int, Leaf]:
    """Return the entries below a ledger size that put something on record of these people. Two queries."""
    subjects = [f"user:{actor}" for actor in actors]
    found = LedgerSubject.objects.filter(
        subject__in=subjects, entry_id__lt=size, entry__index__event__in=list(EVENTS.values())
    )
    return ledger.leaves_at(set(found.values_list("entry_id", flat=True)))


def _confirmed(row: SignerRecord, leaf: Leaf | None) -> bool:
    kind = SignerRecord.Kind(row.kind)
    own = row.user_id == row.by_id
    return (
        leaf is not None
        and leaf.event == EVENTS[kind]
        and (leaf.actor, leaf.subjects) == (row.by.actor, [f"user:{row.user.actor}"])
        and leaf.data.get("record") == str(row.pk)
        and own == (kind is SignerRecord.Kind.DECLARATION)
    )


def _words(told: dict[str, Any]) -> str:
    return str(told.get("words", ""))
