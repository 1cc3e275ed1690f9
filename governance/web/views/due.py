"""What falls due: the dashboard, its table for spreadsheets, and the calendar feed."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from governance.errors import NotFound
from governance.models import CalendarFeed
from governance.proof.formats.fields import rfc3339
from governance.selectors import disposals
from governance.selectors import due as select
from governance.selectors.due import Due
from governance.selectors.people import is_member, my_projects
from governance.services import feeds
from governance.web import calendar, spreadsheet, timeline
from governance.web.forms.lists import DueFilter
from governance.web.requests import Request, signed_in

PER_PAGE = 100
COLUMNS = ("due (UTC)", "what", "title", "project", "note", "who", "overdue", "mine", "address")
FEED_DAYS = 365
NEW_FEED = "new_calendar_feed"  # where the session keeps an address until it was shown once


def _filtered(request: Request) -> tuple[DueFilter, list[Due], int]:
    projects = [(p.slug, p.name) for p in my_projects(request.user)]
    if is_member(request.user):
        projects.append((select.SHELF, "Shelf"))
    form = DueFilter(
        request.GET,
        projects=projects,
        what=[(name, words.capitalize()) for name, words in select.WORDS.items()],
        initial={"days": "90"},
    )
    wanted: dict[str, Any] = dict(form.cleaned_data) if form.is_valid() else {}
    days = int(wanted.pop("days", "") or 90)
    return form, select.for_person(request.user, now=timezone.now(), days=days, **wanted), days


def address(one: Due) -> str:
    """Return the path of the page to act on."""
    return reverse(one.page) if one.page in ("delegations", "keys") else reverse(one.page, args=[one.key])


@require_GET
@signed_in
def due(request: Request) -> HttpResponse:
    """Everything that falls due in the next days, and what is overdue, in the projects I may see."""
    form, found, days = _filtered(request)
    now = timezone.now()
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "page": page,
        "rows": [(one, address(one)) for one in page.object_list],
        "strip": timeline.strip(
            ((one.at, f"{one.words}, {one.title}") for one in found), now=now, until=now + timedelta(days=days)
        )
        if found
        else None,
        "query": query.urlencode(),
        "filtered": bool(query),
        "days": days,
        "may_dispose": disposals.may_draft(request.user),
        "feed": CalendarFeed.objects.filter(user=request.user).first(),
        "new_feed": request.session.pop(NEW_FEED, ""),
    }
    return render(request, "governance/due.html", context)


@require_GET
@signed_in
def exported(request: Request) -> HttpResponseBase:
    """The same as a table for a spreadsheet."""
    _, found, _ = _filtered(request)
    return spreadsheet.table("due.csv", COLUMNS, map(_line, found))


def _line(one: Due) -> tuple[str, ...]:
    return (
        rfc3339(one.at),
        one.words,
        spreadsheet.plain(one.title),
        spreadsheet.plain(one.project.name) if one.project else "Shelf",
        spreadsheet.plain(one.note),
        spreadsheet.plain(one.who),
        "yes" if one.overdue else "no",
        "yes" if one.mine else "no",
        settings.COUNTERSIGN_URL + address(one),
    )


@require_POST
@signed_in
def make_feed(request: Request) -> HttpResponse:
    """Make an address for my calendar program; the one before ends."""
    token = feeds.feed_make(actor=request.user)
    request.session[NEW_FEED] = settings.COUNTERSIGN_URL + reverse("due-calendar", args=[token])
    messages.success(request, "The calendar's address is below; it is shown only now.")
    return redirect("due")


@require_POST
@signed_in
def end_feed(request: Request) -> HttpResponse:
    """End the address."""
    feeds.feed_end(actor=request.user)
    messages.success(request, "The calendar's address has ended.")
    return redirect("due")


@require_GET
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """What falls due for the person whose address it is; whoever has the address needs no other sign-in."""
    user = feeds.reader(token)
    if user is None:
        raise NotFound("there is no such calendar")
    now = timezone.now()
    found = select.for_person(user, now=now, days=FEED_DAYS, mine=request.GET.get("mine") == "1")
    content = calendar.feed(_events(found), name="Countersign: due", now=now)
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": 'inline; filename="due.ics"'}
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)


def _events(found: Iterable[Due]) -> Iterable[calendar.Event]:
    host = urlsplit(settings.COUNTERSIGN_URL).hostname or "countersign"
    for one in found:
        project = one.project.name if one.project else "Shelf"
        yield calendar.Event(
            uid=f"{one.uid}@{host}",
            at=one.at,
            summary=f"{one.words.capitalize()}: {one.title}",
            description=f"{project}\n{one.note}\nWho: {one.who}",
            url=settings.COUNTERSIGN_URL + address(one),
        )
