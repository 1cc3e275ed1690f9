"""Reviews: an agreed document is looked at again; opened, listed, closed."""

import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from governance.errors import CountersignError, NotFound
from governance.models import Document
from governance.selectors import documents as docs
from governance.selectors import ledger, signoff
from governance.selectors import reviews as select
from governance.services import reviews as service
from governance.web.forms.signing import CloseReviewForm, ReviewForm
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in

PER_PAGE = 50
USUAL = timedelta(days=30)


@signed_in
def reviews(request: Request) -> HttpResponse:
    """The reviews that run, those that ended lately, and what a changed policy suggests to review."""
    rows = select.visible(request.user)
    now = timezone.now()
    running = select.running(rows, now)
    ended = rows.exclude(pk__in=running.order_by().values("pk")).order_by("-due")
    page = Paginator(ended, PER_PAGE).get_page(request.GET.get("page"))
    told, suggested = select.overview(request.user, [*running, *page.object_list])
    open_ones = {row.pk for row in running}
    context = {
        "running": [one for one in told if one.row.pk in open_ones],
        "page": page,
        "ended": [one for one in told if one.row.pk not in open_ones],
        "suggested": suggested,
        "now": now,
    }
    return render(request, "governance/reviews.html", context)


@signed_in
def begin(request: Request, digest: str) -> HttpResponse:
    """Reopen an agreed document."""
    document = docs.get(request.user, digest)
    today = timezone.now().date()
    initial = {"trigger": request.GET.get("trigger", "drift"), "due": today + USUAL}
    triggers = [(name, words.capitalize()) for name, words in service.TRIGGERS.items()]
    form = ReviewForm(request.POST or None, triggers=triggers, initial=initial)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        due = datetime.combine(given["due"], time(23, 59, 59), UTC)
        try:
            made = service.open_review(
                actor=request.user, document=document, trigger=given["trigger"], due=due, reason=given["reason"]
            )
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "The review is open.")
            return redirect("review", made.pk)
    context = _about(document) | {"form": form} | more
    return render(request, "governance/review_begin.html", context, status=status)


@signed_in
def review(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """One review: why, until when, and the form that closes it."""
    row = select.visible(request.user).filter(pk=identifier).first()
    if row is None:
        raise NotFound("there is no such review")
    form = CloseReviewForm(request.POST or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            service.close(actor=request.user, review=row, **form.said)
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "The review is closed: the document stands.")
            return redirect("review", row.pk)
    (told,) = select.told(request.user, [row])
    closed = getattr(row, "closed", None)
    finding = ledger.openings([closed.seq]).get(closed.seq, {}).get("finding", "") if closed else ""
    context = _about(row.document) | {
        "told": told,
        "review": row,
        "closed": closed,
        "finding": finding,
        "over": row.due <= timezone.now(),
        "words": service.TRIGGERS.get(row.trigger, row.trigger),
        "form": form,
    }
    return render(request, "governance/review.html", context | more, status=status)


def _about(document: Document) -> dict[str, Any]:
    return {
        "document": document,
        "project": document.project,
        "tab": "documents",
        "standing": signoff.in_force(document),
    }
