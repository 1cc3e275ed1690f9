"""Writing down where checkpoints went. No ledger entries: they would call for another checkpoint each."""

import logging

from django.utils import timezone

from governance.models import Checkpoint, Delivery

log = logging.getLogger(__name__)


def delivered(*, target: str, checkpoint: Checkpoint, detail: str = "", receipt: bytes = b"") -> None:
    """Record that a checkpoint reached its target."""
    _write(target, checkpoint, Delivery.Outcome.DELIVERED, detail, receipt)


def failed(*, target: str, checkpoint: Checkpoint, detail: str) -> None:
    """Record that a target could not be reached, and say so in the log; the same failure again is not written again."""
    last = Delivery.objects.filter(target=target).order_by("-id").first()
    if last is None or (last.outcome, last.detail) != (Delivery.Outcome.FAILED, detail):
        log.warning("checkpoint %s did not reach %s: %s", checkpoint.size, target, detail)
        _write(target, checkpoint, Delivery.Outcome.FAILED, detail)


def _write(target: str, checkpoint: Checkpoint, outcome: Delivery.Outcome, detail: str, receipt: bytes = b"") -> None:
    Delivery(
        target=target[:300], checkpoint_id=checkpoint.size, outcome=outcome, detail=detail[:2000], receipt=receipt,
        at=timezone.now(),
    ).save()  # fmt: skip
