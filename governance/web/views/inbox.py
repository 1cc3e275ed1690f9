"""The inbox: what waits for me, oldest first."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from governance.job_states import JobState
from governance.models import Draft, Job, Rejection, RequestSubject, SignoffRequest, User
from governance.selectors import audit_findings, comments, conditions, delegations, reasons, reviews
from governance.selectors import inbox as select
from governance.selectors.people import projects_of
from governance.web import extensions
from governance.web.requests import Request, signed_in

RECENT = timedelta(days=14)
MOST = 50


def _told(requests: Iterable[SignoffRequest]) -> list[SignoffRequest]:
    """Return rejected requests, each rejection with its reason."""
    found = list(requests)
    reasons.tell(one.rejection for one in found)
    return found


def _delegations(user: User, now: datetime) -> list[delegations.Known]:
    """Return the delegations that somebody gave or holds and that run or are to come, the first to end first."""
    found = [one for one in delegations.own(user, now) if one.state in ("running", "to come")]
    return sorted(found, key=lambda one: one.row.ends_at)


@signed_in
def inbox(request: Request) -> HttpResponse:
    """What I can sign, my conditions and questions, my runs and requests that wait or ended lately, my drafts."""
    user, now = request.user, timezone.now()
    since = now - RECENT
    mine = Job.objects.filter(requested_by=user, project__in=projects_of(user)).select_related(
        "spec", "project", "output"
    )
    live = [s.value for s in JobState if s.live]
    asked_again = RequestSubject.objects.filter(
        document=OuterRef("subjects__document"), request__seq__gt=OuterRef("seq")
    )
    rejected = SignoffRequest.objects.filter(
        pk__in=Rejection.objects.filter(request__requested_by=user, at__gt=since).values("request")
    ).exclude(Exists(asked_again))
    context = {
        "turns": select.turns(user),
        "tasks": conditions.owned(user)[:MOST],
        "to_confirm": conditions.confirmable(user)[:MOST],
        "questions": comments.unanswered(user)[:MOST],
        "reviews": [told for told in reviews.told(user, reviews.running(reviews.visible(user), now)) if told.may_close],
        "findings_due": audit_findings.to_answer(user)[:MOST],
        "now": now,
        "delegations": _delegations(user, now),
        "own_requests": select.waiting(select.visible_requests(user).filter(requested_by=user)),
        "rejected": _told(
            rejected.select_related("project", "rejection", "rejection__by")
            .prefetch_related("subjects__document")
            .distinct()
            .order_by("seq")[:MOST]
        ),
        "live": list(mine.filter(state__in=live).order_by("created_at")[:MOST]),
        "ended": list(mine.exclude(state__in=live).filter(changed_at__gt=since).order_by("changed_at")[:MOST]),
        "drafts": list(
            Draft.objects.filter(contributors=user, frozen=None).select_related("project").order_by("updated_at")[:MOST]
        ),
        "further": extensions.inbox_templates(),
        "days": RECENT.days,
    }
    return render(request, "governance/inbox.html", context)
