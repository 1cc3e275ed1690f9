"""Requests for signature: the ceremony where documents are read and signed together."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from governance import access
from governance.errors import CountersignError, NotFound
from governance.inforce import Standing
from governance.models import SignoffRequest
from governance.selectors import inbox
from governance.selectors import signoff as select
from governance.selectors.statements import said
from governance.services import signing, signoff
from governance.web import document_page, opened
from governance.web.forms import RejectForm, SignForm
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of


def _get(request: Request, identifier: uuid.UUID) -> SignoffRequest:
    rows = inbox.visible_requests(request.user).select_related(
        "project", "policy", "requested_by", "rejection", "rejection__by", "withdrawal"
    )
    found = rows.filter(pk=identifier).first()
    if found is None:
        raise NotFound("there is no such request")
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


def _page(request: Request, found: SignoffRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    documents = signoff.subjects(found)
    readings, _ = document_page.read(documents)
    roles, obstacle = inbox.roles_to_sign_in(request.user, found, documents)
    mine = [r for r in readings if r.standing.request == str(found.pk)]
    waits = any(r.standing.standing is Standing.PENDING for r in mine)
    seen = set(opened.seen(request.session))
    asked = {role for d in documents for role in _roles(found, d.kind)}
    context: dict[str, Any] = {
        "row": found,
        "project": found.project,
        "tab": "requests",
        "readings": readings,
        "waits": waits,
        "missing": _missing([dict(r.standing.missing) for r in mine]),
        "signatures": said(found.signatures.select_related("signer").order_by("seq")),
        "seen": seen,
        "unopened": [d for d in documents if d.digest not in seen],
        "sign_roles": roles,
        "obstacle": obstacle,
        "may_reject": bool(asked & access.roles_of(request.user, found.project)),
        "may_withdraw": found.requested_by_id == request.user.pk,
        "sign_form": SignForm(roles=roles, initial={"role": roles[0]}) if roles else None,
        "reject_form": RejectForm(),
    }
    return render(request, "governance/request.html", context | more, status=status)


@require_POST
@signed_in
def sign(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Sign every document of the request that asks for the chosen role."""
    found = _get(request, identifier)
    documents = signoff.subjects(found)
    form = SignForm(request.POST, roles=list(access.ROLES))
    if not form.is_valid():
        return _page(request, found, status=400, sign_form=form)
    try:
        signing.sign(
            actor=request.user,
            request=found,
            opened=opened.among(request.session, [d.digest for d in documents]),
            **form.cleaned_data,
        )
    except CountersignError as error:
        return _page(request, found, status=error.status, **(refused(form, error) | {"sign_form": form}))
    messages.success(request, "Signed. Your signature is on the ledger.")
    return redirect("request", found.pk)


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
    """Take my own request back."""
    found = _get(request, identifier)
    signoff.withdraw(actor=request.user, request=found)
    messages.success(request, "The request is withdrawn.")
    return redirect("request", found.pk)


def _roles(request: SignoffRequest, kind: str) -> set[str]:
    try:
        return set(select.rule_for(request, kind).asked)
    except KeyError:
        return set()


def _missing(each: list[dict[str, int]]) -> dict[str, int]:
    """Return how many signatures of each role are still needed to complete every document."""
    return {role: max(one.get(role, 0) for one in each) for role in sorted({r for one in each for r in one})}
