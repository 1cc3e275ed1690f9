"""What a vendor usually does with its models: all there is to go by for one without a date, and only a hint."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from governance.models import Document
from governance.selectors import documents as docs
from training.bodies.base_models import BaseModelBody
from training.lifecycle.model import Base, Inputs, Spread
from training.lifecycle.notice import usual
from training.selectors import observations


@dataclass(frozen=True)
class Usual:
    """How many days a vendor gave from announcement to end: at least so many in 50, 80 and 95 of 100 cases.

    `models` is how many cases there are. It is weak evidence: it says what was usual, not what will be.
    """

    vendor: str
    models: int
    notice: Spread


def notice_of(base: Document, size: int | None = None, at: datetime | None = None) -> Usual | None:
    """Return what the provider of a hosted model usually does, as known then (default: now); None of held weights."""
    body: BaseModelBody = docs.model_body(base, BaseModelBody)
    if body.hosted is None:
        return None
    vendor = body.hosted.provider
    own = Base(
        digest=base.digest,
        title=base.title,
        vendor=vendor,
        hosted=True,
        seen=observations.seen([base], size, at)[base.digest],
        licence_ok=False,
        custody_ok=False,
        drilled_on=None,
    )
    as_of = timezone.now() if at is None else at
    found = usual((own, *observations.others([base], size, at)), Inputs.at(as_of))
    return Usual(vendor, found.notices, found.notice)
