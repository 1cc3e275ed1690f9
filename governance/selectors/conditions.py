"""Conditions of signatures: what they say, whose they are, which are open."""

from dataclasses import dataclass

from django.db.models import QuerySet

from governance.models import Condition, User
from governance.proof.statement import Condition as Stated
from governance.selectors.statements import Opener, said


@dataclass(frozen=True)
class Told:
    """A condition's row, what its signed statement says of it, and who owns it now."""

    row: Condition
    stated: Stated
    owner: User | None


def of(rows: "QuerySet[Condition]") -> list[Told]:
    """Return what the statements say of these conditions; those whose statement does not verify are left out."""
    found = rows.select_related("signature__signer", "signature__request__project", "owner", "met__by")
    listed = list(found.prefetch_related("handovers__to"))
    texts: dict[tuple[object, str], Stated] = {}
    for one in said({row.signature_id: row.signature for row in listed}.values()):
        for stated in one.said.conditions if one.said else ():
            texts[one.signature.pk, stated.id] = stated
    return [
        Told(row, texts[row.signature_id, str(row.pk)], owner(row))
        for row in listed
        if (row.signature_id, str(row.pk)) in texts
    ]


def open_ones(rows: "QuerySet[Condition]") -> "QuerySet[Condition]":
    """Return those that nobody confirmed yet."""
    return rows.filter(met=None)


def owner(condition: Condition) -> User | None:
    """Return who owns a task now: the last it was handed to, or whom the signer named."""
    last = max(condition.handovers.all(), key=lambda row: row.seq, default=None)
    return last.to if last is not None else condition.owner


def digests(condition: Condition) -> list[str]:
    """Return the digests of the documents that were signed under the condition."""
    statement = Opener().open(condition.signature)
    return sorted(subject.digest for subject in statement.subjects)
