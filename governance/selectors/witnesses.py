"""What witnesses have said of this ledger, each word checked by its signature when it is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, QuerySet

from governance import witnesses
from governance.models import Checkpoint, Contradiction, Cosignature, Delivery
from governance.proof.checks.witnesses import WitnessPolicy
from governance.proof.formats.checkpoint import Checkpoint as TreeHead
from governance.proof.formats.cosignature import verify_cosignature
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.note import Note, SignatureLine, VerifierKey
from governance.selectors import ledger


@dataclass(frozen=True)
class WitnessState:
    """A configured witness: the largest size it cosigned (None: none yet), and what went wrong since, if anything."""

    name: str
    vkey: str
    url: str
    size: int | None
    at: datetime | None
    trouble: str = ""
    trouble_at: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """How far the ledger is witnessed: `size` is the largest that reached the quorum (None: none), at `at`."""

    quorum: int
    witnesses: tuple[WitnessState, ...]
    size: int | None
    at: datetime | None


def standing() -> Standing | None:
    """Return how far the configured witnesses have followed; None when there are none. A constant number of queries."""
    chosen, policy = witnesses.configured(), witnesses.policy()
    if policy is None:
        return None
    keys = [witness.key.digest for witness in chosen]
    newest = dict(_cosigned(keys).values_list("key").annotate(Max("checkpoint_id")))
    there = Cosignature.objects.filter(checkpoint__in=newest.values())
    rows = {row.key: row for row in there if newest.get(row.key) == row.checkpoint_id}
    lasts = Delivery.objects.filter(target__in=[w.target for w in chosen]).values("target").annotate(last=Max("id"))
    failures = {
        row.target: row
        for row in Delivery.objects.filter(pk__in=[row["last"] for row in lasts], outcome=Delivery.Outcome.FAILED)
    }
    witnessed = _witnessed(keys, policy)
    return Standing(
        quorum=policy.quorum,
        witnesses=tuple(_state(w, rows.get(w.key.digest), failures.get(w.target)) for w in chosen),
        size=witnessed.size if witnessed else None,
        at=witnessed.at if witnessed else None,
    )


def witnessed_from(size: int) -> Checkpoint | None:
    """Return the smallest checkpoint of at least `size` that reached the quorum, or None."""
    policy = witnesses.policy()
    if policy is None:
        return None
    keys = [witness.key.digest for witness in witnesses.configured()]
    row = _reached(keys, policy.quorum).filter(checkpoint__gte=size).order_by("checkpoint").first()
    return _if_witnessed(row, policy)


def note_of(checkpoint: Checkpoint) -> str:
    """Return the signed note with every cosignature that holds below the log's own signature.

    A line that does not hold is left out: a reader must reject the whole note for it (signed-note).
    """
    rows = Cosignature.objects.filter(checkpoint_id=checkpoint.size).order_by("id")
    lines = [line for row in rows if (line := _line(row, checkpoint)) is not None]
    return Note.parse(checkpoint.note).with_lines(lines).to_text()


def head_of(checkpoint: Checkpoint) -> TreeHead:
    """Return the tree head that a stored checkpoint spells; its signature is not looked at."""
    return TreeHead.from_text(Note.parse(checkpoint.note).text)


def fault_of(row: Cosignature, checkpoint: Checkpoint) -> str:
    """Return why a stored cosignature does not hold, or nothing when it does."""
    try:
        key = VerifierKey.from_text(row.vkey)
        if (key.digest, key.name) != (row.key, row.name):
            return f"found the key of {key.name}, expected {row.name}'s"
        verify_cosignature(SignatureLine.from_text(row.line), key, head_of(checkpoint))
    except (SignatureError, ValueError) as error:
        return str(error)
    return ""


def contradicts(head: TreeHead) -> bool:
    """Return whether this ledger does not extend the tree of `head`: it is shorter, or had another root then."""
    return head.size > ledger.size() or ledger.root(head.size) != head.root


def contradictions() -> list[Contradiction]:
    """Return the checkpoints by our log key that witnesses hold against this ledger, newest first."""
    return list(Contradiction.objects.all())


def _line(row: Cosignature, checkpoint: Checkpoint) -> SignatureLine | None:
    return None if fault_of(row, checkpoint) else SignatureLine.from_text(row.line)


def _cosigned(keys: Iterable[str]) -> "QuerySet[Cosignature]":
    return Cosignature.objects.filter(key__in=list(keys))


def _reached(keys: Iterable[str], quorum: int) -> "QuerySet[Cosignature, Any]":
    counted = _cosigned(keys).values("checkpoint").annotate(count=Count("name", distinct=True))
    return counted.filter(count__gte=quorum)


def _witnessed(keys: Iterable[str], policy: WitnessPolicy) -> Checkpoint | None:
    return _if_witnessed(_reached(keys, policy.quorum).order_by("-checkpoint").first(), policy)


def _if_witnessed(row: dict[str, Any] | None, policy: WitnessPolicy) -> Checkpoint | None:
    """Return the row's checkpoint if its signatures say what the rows say."""
    found = Checkpoint.objects.get(pk=row["checkpoint"]) if row else None
    return found if found is not None and policy.judge(note_of(found), head_of(found)).witnessed else None


def _state(witness: witnesses.Witness, row: Cosignature | None, failure: Delivery | None) -> WitnessState:
    return WitnessState(
        name=witness.key.name,
        vkey=witness.key.text(),
        url=witness.url,
        size=row.checkpoint_id if row else None,
        at=row.at if row else None,
        trouble=failure.detail if failure else "",
        trouble_at=failure.at if failure else None,
    )
