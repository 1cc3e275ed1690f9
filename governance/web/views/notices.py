"""My notices: what was told to me, and how I want to be told."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from governance import notice_kinds
from governance.errors import NotFound
from governance.models import Notice
from governance.selectors import notices as select
from governance.services import notices as service
from governance.web.requests import Request, signed_in

PAGE = 50


@signed_in
def notices(request: Request) -> HttpResponse:
    """What was told to me, newest first."""
    unread = request.GET.get("unread") == "1"
    rows = Paginator(select.mine(request.user, unread=unread), PAGE)
    page = rows.get_page(request.GET.get("page"))
    context = {
        "page": page,
        "unread": unread,
        "modes": notice_kinds.MODES,
        "mode": select.mode(request.user),
        "mandatory": [kind.label for kind in notice_kinds.KINDS.values() if kind.mandatory],
    }
    return render(request, "governance/notices.html", context)


@require_POST
@signed_in
def read(request: Request) -> HttpResponse:
    """Count all my notices as read."""
    service.read(actor=request.user, notice=None, at=timezone.now())
    return redirect("notices")


@require_POST
@signed_in
def follow(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Count a notice as read and go where it points."""
    found = Notice.objects.filter(to=request.user, pk=identifier).first()
    if found is None:
        raise NotFound("there is no such notice")
    service.read(actor=request.user, notice=found.pk, at=timezone.now())
    return redirect(found.link)


@require_POST
@signed_in
def choose(request: Request) -> HttpResponse:
    """Choose how I am told."""
    mode = request.POST.get("mode", "")
    service.choose(actor=request.user, mode=mode)
    messages.success(request, f"From now on you are told {notice_kinds.MODES[mode]}.")
    return redirect("notices")
