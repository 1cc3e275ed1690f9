"""Taking a checkpoint to a place outside, once; what failed is tried again."""

from datetime import timedelta

from django.utils import timezone

from governance.anchors import Anchor, Departure, Undelivered
from governance.models import Checkpoint, Delivery
from governance.selectors.reports import awaited
from governance.selectors.witnesses import head_of, note_of
from governance.services import deliveries


def send(*, anchor: Anchor, checkpoint: Checkpoint) -> bool:
    """Take the checkpoint there unless it has been, or the place's time has not come; return whether nothing failed.

    A crash between delivery and record delivers again: never less than once.
    """
    there = Delivery.objects.filter(target=anchor.name, outcome=Delivery.Outcome.DELIVERED)
    if there.filter(checkpoint_id=checkpoint.size).exists():
        return True
    last = there.order_by("-id").first() if anchor.every else None
    if (
        last is not None
        and timezone.now() - last.at < timedelta(seconds=anchor.every)
        and not _waited(anchor, last, checkpoint)
    ):
        return True
    departure = Departure(
        origin=head_of(checkpoint).origin, size=checkpoint.size, signed=checkpoint.note, note=note_of(checkpoint)
    )
    try:
        receipt = anchor.deliver(departure)
    except Undelivered as problem:
        deliveries.failed(target=anchor.name, checkpoint=checkpoint, detail=str(problem))
        return False
    deliveries.delivered(target=anchor.name, checkpoint=checkpoint, receipt=receipt)
    return True


def _waited(anchor: Anchor, last: Delivery, checkpoint: Checkpoint) -> bool:
    """Return whether somebody waits for a report on a state that the place has not seen, and would see now."""
    unseen = awaited().filter(ledger_size__gt=last.checkpoint_id, ledger_size__lte=checkpoint.size)
    return anchor.for_reports and unseen.exists()
