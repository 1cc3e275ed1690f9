"""Requests for signature: the ceremony where documents are read and signed together."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from governance.errors import CountersignError, NotFound
from governance.models import SignoffRequest
from governance.selectors import inbox, reasons
from governance.services import signing, signoff
from governance.web import intents, opened
from governance.web.ceremony import Ceremony, ceremony, key_of
from governance.web.forms.signing import RejectForm, SignForm
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views import passkeys
from governance.web.views.projects import project_of


def _get(request: Request, identifier: uuid.UUID) -> SignoffRequest:
    rows = inbox.visible_requests(request.user).select_related(
        "project", "policy", "requested_by", "rejection", "rejection__by", "withdrawal__by"
    )
    found = rows.filter(pk=identifier).first()
    if found is None:
        raise NotFound("there is no such request")
    reasons.tell([found.rejection] if hasattr(found, "rejection") else [])
    return found


@signed_in
def requests(request: Request, slug: str) -> HttpResponse:
    """The requests of a project that wait, and the latest that ended."""
    project = project_of(request.user, slug)
    rows = inbox.visible_requests(request.user).filter(project=project)
    waiting = inbox.waiting(rows)
    ended = rows.exclude(pk__in=[one.request.pk for one in waiting]).select_related(
        "requested_by", "rejection", "withdrawal"
    )
    context = {
        "project": project,
        "tab": "requests",
        "waiting": waiting,
        "my_turns": {t.request.pk for t in inbox.turns(request.user)},
        "ended": list(ended.prefetch_related("subjects__document")[:50]),
    }
    return render(request, "governance/requests.html", context)


@signed_in
def request_page(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """One request: each document with what changed, who signed and who must still."""
    return _page(request, _get(request, identifier))


def _page(
    request: Request, found: SignoffRequest, *, status: int = 200, seen_as: Ceremony | None = None, **more: Any
) -> HttpResponse:
    shown = seen_as or ceremony(request.user, found, request.GET.get("as", ""))
    context = shown.context(set(opened.seen(request.session)))
    return render(request, "governance/request.html", context | more, status=status)


@require_POST
@signed_in
def sign(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Sign every document of the request that asks for the chosen role."""
    found = _get(request, identifier)
    form = SignForm(request.POST)
    by_passkey = "passkey" in request.POST
    form.fields["password"].required = not by_passkey
    seen_as = ceremony(request.user, found, key_of(request.POST.get("role", ""), request.POST.get("delegation")))
    rows = seen_as.condition_forms(request.POST if "conditions-TOTAL_FORMS" in request.POST else None)
    again: dict[str, Any] = {
        "seen_as": seen_as,
        "sign_form": _shown_anew(request, seen_as),
        "condition_forms": rows,
        "opinions": intents.given_opinions(request.POST),
        "relied_on": request.POST.getlist("relied_on"),
    }
    if "more" in request.POST:
        data = request.POST.copy()
        data["conditions-TOTAL_FORMS"] = str(rows.total_form_count() + 1)
        typed = SignForm(initial=again["sign_form"].data)
        return _page(request, found, **again | {"sign_form": typed, "condition_forms": seen_as.condition_forms(data)})
    if not form.is_valid() or (rows.is_bound and not rows.is_valid()):
        return _page(request, found, status=400, **again)
    try:
        said = {
            "opened": opened.among(request.session, [d.digest for d in seen_as.shown.documents]),
            "samples": intents.samples(request.POST, seen_as.told),
            "relied_on": request.POST.getlist("relied_on"),
            "conditions": intents.conditions(rows.cleaned_data if rows.is_bound else []),
            **form.cleaned_data | {"presented": form.cleaned_data["presented"] or None},
        }
        if by_passkey:
            return passkeys.put_before(request, found, said)
        signing.sign(actor=request.user, request=found, **said)
    except CountersignError as error:
        return _page(request, found, status=error.status, **again | refused(again["sign_form"], error))
    messages.success(request, "Signed. Your signature is on the ledger.")
    return redirect("request", found.pk)


def _shown_anew(request: Request, seen_as: Ceremony) -> SignForm:
    """Return what was typed, as a form on the page as it is shown now."""
    now = {"presented": seen_as.shown.digest, "shown_at": str(seen_as.shown.ledger_size)}
    return SignForm(request.POST.dict() | now)


@require_POST
@signed_in
def reject(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Say no, with the reason."""
    found = _get(request, identifier)
    form = RejectForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=400, reject_form=form)
    try:
        signoff.reject(actor=request.user, request=found, **form.cleaned_data)
    except CountersignError as error:
        return _page(request, found, status=error.status, **(refused(form, error) | {"reject_form": form}))
    messages.success(request, "Rejected. Whoever asked sees your reason.")
    return redirect("request", found.pk)


@require_POST
@signed_in
def withdraw(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Take a request back: my own or, as owner, that of somebody who left."""
    found = _get(request, identifier)
    signoff.withdraw(actor=request.user, request=found)
    messages.success(request, "The request is withdrawn.")
    return redirect("request", found.pk)
