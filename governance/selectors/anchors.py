"""Where checkpoints have been taken, and the time stamps that came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, QuerySet

from governance import anchors
from governance.anchors import TIME_STAMP, Anchor
from governance.models import Delivery


@dataclass(frozen=True)
class AnchorState:
    """A place, what it proves, the largest size that went there and when, and what went wrong since, if anything."""

    name: str
    proves: str
    size: int | None
    at: datetime | None
    trouble: str
    stamped: bool


def states() -> list[AnchorState]:
    """Return the places that are configured. A constant number of queries."""
    chosen = anchors.configured()
    last = _last(chosen, [Delivery.Outcome.DELIVERED, Delivery.Outcome.FAILED])
    arrived = _last(chosen, [Delivery.Outcome.DELIVERED])
    return [_state(anchor, last.get(anchor.name), arrived.get(anchor.name)) for anchor in chosen]


def time_stamp(size: int) -> bytes | None:
    """Return the newest time stamp (RFC 3161 reply) on the checkpoint of a size, or None."""
    row = _time_stamps().filter(checkpoint_id=size).order_by("-id").first()
    return bytes(row.receipt) if row is not None else None


def stamped_for(size: int) -> Delivery | None:
    """Return the time stamp that tells most of the ledger's first `size` entries, or None.

    That is the first one on a checkpoint of at least that size, else the one on the largest before.
    """
    found = _time_stamps().select_related("checkpoint")
    later = found.filter(checkpoint__gte=size).order_by("checkpoint", "-id").first()
    return later or found.order_by("-checkpoint", "-id").first()


def newest_stamp(*, above: int) -> Delivery | None:
    """Return the newest time stamp on the largest checkpoint that covers the entry `above`, or None."""
    found = _time_stamps().select_related("checkpoint").filter(checkpoint__gt=above)
    return found.order_by("-checkpoint", "-id").first()


def stamp_coverage(size: int) -> str:
    """Say how much of a ledger of `size` entries is covered by time stamps that can be checked here, in words.

    Empty where there is no authority and never was one.
    """
    authority = anchors.time_stamps()
    own = authority.name if authority else ""
    covered = _time_stamps().filter(target=own).aggregate(most=Max("checkpoint_id"))["most"] or 0
    others = _time_stamps().exclude(target=own).count()
    told = []
    if authority:
        told.append(f"time stamps cover {covered:,} entries, the last {max(size - covered, 0):,} are not covered")
    if others:
        told.append(f"{others:,} time stamps of an authority that is not configured were not checked")
    return "; ".join(told)


def _time_stamps() -> "QuerySet[Delivery]":
    return Delivery.objects.filter(target__startswith=TIME_STAMP, outcome=Delivery.Outcome.DELIVERED)


def _last(chosen: Sequence[Anchor], outcomes: Sequence[str]) -> dict[str, Delivery]:
    rows = Delivery.objects.filter(target__in=[anchor.name for anchor in chosen], outcome__in=outcomes)
    newest = rows.values("target").annotate(last=Max("id")).values("last")
    return {row.target: row for row in Delivery.objects.filter(pk__in=newest).defer("receipt")}


def _state(anchor: Anchor, last: Delivery | None, arrived: Delivery | None) -> AnchorState:
    failed = last is not None and last.outcome == Delivery.Outcome.FAILED
    return AnchorState(
        name=anchor.name,
        proves=anchor.proves,
        size=arrived.checkpoint_id if arrived else None,
        at=arrived.at if arrived else None,
        trouble=last.detail if last is not None and failed else "",
        stamped=anchor.name.startswith(TIME_STAMP) and arrived is not None,
    )
