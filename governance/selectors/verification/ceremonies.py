"""Comments, findings, delegations, conditions and reviews against the leaves, both ways; conditions against what was
signed.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from governance import events
from governance.models import (
    AuditFinding,
    Comment,
    Condition,
    ConditionHandover,
    ConditionMet,
    Delegation,
    DelegationEnd,
    LedgerOpening,
    Review,
    ReviewClosed,
    Signature,
)
from governance.proof.formats.fields import rfc3339
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import SignatureError
from governance.selectors.statements import Opener
from governance.selectors.verification.chunk import Chunk
from governance.selectors.verification.outcome import Problem, differences
from governance.selectors.verification.tables import Table, Tables


def _text(key: object) -> str | None:
    return None if key is None else str(key)


_TABLES = (
    Table(
        "comment",
        (events.COMMENT_MADE,),
        Comment.objects.select_related("by"),
        lambda row, leaf: {
            "document": ([row.document_id], leaf.subjects),
            "comment": (str(row.pk), leaf.data.get("comment")),
            "kind": (row.kind, leaf.data.get("kind")),
            "answers": (_text(row.answers_id), leaf.data.get("answers")),
        },
    ),
    Table(
        "finding",
        (events.FINDING_RAISED,),
        AuditFinding.objects.select_related("by"),
        lambda row, leaf: {
            "finding": (str(row.pk), leaf.data.get("finding")),
            "record": (row.record, leaf.subjects[-1]),
            "document": (row.document_id or row.record, leaf.subjects[-1]),
            "project": (_text(row.project_id), leaf.project),
        },
    ),
    Table(
        "delegation",
        (events.DELEGATION_GIVEN,),
        Delegation.objects.select_related("by", "to"),
        lambda row, leaf: {
            "delegation": (str(row.pk), leaf.data.get("delegation")),
            "to": (row.to.actor, leaf.data.get("to")),
            "role": (row.role, leaf.data.get("role")),
            "project": (_text(row.project_id), leaf.data.get("project")),
            "starts_at": (rfc3339(row.starts_at), leaf.data.get("starts")),
            "ends_at": (rfc3339(row.ends_at), leaf.data.get("ends")),
        },
    ),
    Table(
        "end of a delegation",
        (events.DELEGATION_ENDED,),
        DelegationEnd.objects.select_related("by"),
        lambda row, leaf: {"delegation": (str(row.delegation_id), leaf.data.get("delegation"))},
    ),
    Table(
        "confirmation of a condition",
        (events.CONDITION_MET,),
        ConditionMet.objects.select_related("by", "condition"),
        lambda row, leaf: {
            "condition": (str(row.condition_id), leaf.data.get("condition")),
            "signature": (str(row.condition.signature_id), leaf.data.get("signature")),
        },
    ),
    Table(
        "handover of a task",
        (events.CONDITION_HANDED_OVER,),
        ConditionHandover.objects.select_related("by", "to"),
        lambda row, leaf: {
            "condition": (str(row.condition_id), leaf.data.get("condition")),
            "to": (row.to.actor, leaf.data.get("to")),
        },
    ),
    Table(
        "review",
        (events.REVIEW_OPENED,),
        Review.objects.select_related("by"),
        lambda row, leaf: {
            "document": ([row.document_id], leaf.subjects),
            "review": (str(row.pk), leaf.data.get("review")),
            "trigger": (row.trigger, leaf.data.get("trigger")),
            "due": (rfc3339(row.due), leaf.data.get("due")),
        },
    ),
    Table(
        "end of a review",
        (events.REVIEW_CLOSED,),
        ReviewClosed.objects.select_related("by", "review"),
        lambda row, leaf: {
            "document": ([row.review.document_id], leaf.subjects),
            "review": (str(row.review_id), leaf.data.get("review")),
        },
    ),
)


class Ceremonies(Tables):
    """Compares the rows of the ceremony with their leaves, and conditions with the statements that set them."""

    tables = _TABLES

    def __init__(self, ring: Keyring | None) -> None:
        super().__init__()
        self._opener = Opener(ring)

    def chunk(self, chunk: Chunk) -> Iterator[Problem]:
        """Yield what differs."""
        yield from super().chunk(chunk)
        yield from _places(chunk)
        yield from self._conditions(chunk)

    def _conditions(self, chunk: Chunk) -> Iterator[Problem]:
        signatures = chunk.rows(Signature.objects.all())
        kept: dict[Any, set[tuple[str, str, str | None, str | None]]] = defaultdict(set)
        for row in Condition.objects.filter(signature__in=list(signatures.values())).select_related("owner"):
            owner, due = row.owner.actor if row.owner else None, rfc3339(row.due) if row.due else None
            kept[row.signature_id].add((str(row.pk), row.kind, owner, due))
        for signature in signatures.values():
            try:
                stated = self._opener.open(signature).predicate.conditions
            except (SignatureError, ValueError):
                continue  # said by Signoffs
            told = {(one.id, one.kind, one.owner, one.due) for one in stated}
            yield from differences(
                f"signature {signature.pk}",
                {"conditions": (sorted(map(str, kept[signature.pk])), sorted(map(str, told)))},
            )


def _places(chunk: Chunk) -> Iterator[Problem]:
    """Yield comments whose place is not the one that was committed to, where that has not been erased."""
    rows = chunk.rows(Comment.objects.all())
    kept = LedgerOpening.objects.filter(entry_id__in=list(rows)).values_list("entry_id", "private")
    for seq, private in kept:
        if "place" in private:
            yield from differences(f"comment {rows[seq].pk}", {"place": (rows[seq].place, private["place"])})
