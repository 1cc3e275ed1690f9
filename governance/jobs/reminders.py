"""What falls due is told: the worker looks at the facts now and then, and tells each thing once.

Nothing is scheduled, so nothing is lost by a restart: every look computes from the facts what should have been told by
now, and the outbox's unique key keeps what was told from being told again. What fell due longer than LATEST ago is not
told any more: the notice that said so may have been deleted since.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from governance.models import Document, SignoffRequest
from governance.policy import SigningRule
from governance.selectors import due, inbox
from governance.selectors import signoff as select
from governance.selectors.due_terms import TOLD
from governance.services import announcements, notices, reviews
from governance.services.escalation import escalate

EVERY = 300.0  # seconds between looks
LATEST = timedelta(days=30)
ENDS_SOON = (1, 7, 30)  # days before the end of a sign-off at which somebody is told, the nearest first
DUE_SOON = (1, 7)  # days before a task or review is due


class Reminders:
    """Looks every EVERY seconds."""

    def __init__(self) -> None:
        self._next = 0.0

    def step(self) -> bool:
        """Look, if it is time; return whether anything was told."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + EVERY
        return look(timezone.now())


def look(at: datetime) -> bool:
    """Tell everything that should have been told by now and was not; return whether anything was."""
    told = [*_requests(at), *_due(at)]
    notices.forget(at)
    return any(told)


def _requests(at: datetime) -> Iterator[bool]:
    """Remind those whose signature is missing, once an interval; escalate what the policy calls overdue."""
    for waiting in inbox.waiting(SignoffRequest.objects.all()):
        request = waiting.request
        documents = list(Document.objects.filter(pk__in=waiting.digests).select_related("project", "created_by"))
        rules = [rule for d in documents if (rule := _rule(request, d)) is not None]
        remind = min((rule.remind_days for rule in rules if rule.remind_days is not None), default=None)
        late = [r for r in rules if r.escalate_days is not None and request.at + timedelta(days=r.escalate_days) <= at]
        if remind is not None and (rounds := (at - request.at) // timedelta(days=remind)) > 0:
            yield announcements.reminded(request, documents, list(waiting.missing), rounds, at)
        if late:
            yield escalate(request=request, documents=documents, to=[r.escalate_to for r in late if r.escalate_to])


def _due(at: datetime) -> Iterator[bool]:
    """Tell of sign-offs that end, tasks and reviews that are due, requests that ran out; open reviews by age."""
    ahead = max(due.longest_review(), timedelta(days=max(ENDS_SOON)))
    for one in due.due(due.Scope(None), now=at, since=at - LATEST, until=at + ahead):
        if one.what == due.SIGNOFF and not one.overdue:
            yield _review_by_age(one.row, at)
            if (days := _stage(one.at - at, ENDS_SOON)) is not None:
                yield announcements.ends_soon(one.row, one.at, days, at)
        elif one.what == due.TASK and (one.overdue or (days := _stage(one.at - at, DUE_SOON)) is not None):
            yield announcements.task_due(one.row, "overdue" if one.overdue else f"{days} days", at)
        elif one.what == due.REVIEW and (one.overdue or (days := _stage(one.at - at, DUE_SOON)) is not None):
            yield announcements.review_due(one.row, "overdue" if one.overdue else f"{days} days", at)
        elif one.what == due.FINDING and (one.overdue or (days := _stage(one.at - at, DUE_SOON)) is not None):
            yield announcements.finding_due(one.row, "overdue" if one.overdue else f"{days} days", at)
        elif one.what == due.REQUEST and one.overdue:
            yield announcements.ran_out(one.row, at)
        elif one.what in TOLD and (one.overdue or (days := _stage(one.at - at, DUE_SOON)) is not None):
            yield announcements.falls_due(one, "overdue" if one.overdue else f"{days} days", at)


def _stage(left: timedelta, stages: Sequence[int]) -> int | None:
    """Return the nearest stage, in days, that has been reached, or None."""
    return next((days for days in stages if left <= timedelta(days=days)), None)


def _review_by_age(document: Document, at: datetime) -> bool:
    """Open a review by age when the policy under which the document was agreed says that it is time."""
    standing = select.in_force(document, time=at)
    request = SignoffRequest.objects.filter(pk=standing.request).select_related("policy").first()
    rule = _rule(request, document) if request is not None else None
    if rule is None or rule.review_days is None or standing.until is None:
        return False
    if standing.until - timedelta(days=rule.review_days) > at:
        return False
    return reviews.open_by_age(document=document, days=rule.review_days)


def _rule(request: SignoffRequest, document: Document) -> SigningRule | None:
    try:
        return select.signing_rule(request, document.kind)
    except KeyError:
        return None
