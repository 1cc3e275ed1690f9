"""Findings of auditors: listed, raised, answered, handed over, closed."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from governance import access
from governance.errors import CountersignError, Invalid
from governance.models import Project, User
from governance.proof.history import audit_findings as rules
from governance.selectors import audit_findings as select
from governance.selectors.people import is_member, projects_of
from governance.services import audit_findings as service
from governance.web.forms.audit import (
    FindingAnswerForm,
    FindingCloseForm,
    FindingFilter,
    FindingForm,
    FindingHandOverForm,
)
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in

PER_PAGE = 50
USUAL = timedelta(days=30)


@signed_in
def findings(request: Request) -> HttpResponse:
    """The findings on what I may see: the open ones by the day they are due, then those that were closed."""
    projects = [(p.slug, p.name) for p in projects_of(request.user)]
    if is_member(request.user):
        projects.append(("shelf", "Shelf"))
    form = FindingFilter(request.GET, projects=projects)
    wanted = form.cleaned_data if form.is_valid() else {}
    page = Paginator(select.listed(request.user, **wanted), PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "page": page,
        "tab": "findings",
        "now": timezone.now(),
        "query": query.urlencode(),
        "filtered": bool(query),
    }
    return render(request, "governance/audit_findings.html", context)


@signed_in
def begin(request: Request) -> HttpResponse:
    """Raise a finding on a record, which the address names."""
    record = select.record(request.user, request.POST.get("record") or request.GET.get("record", ""))
    access.require(request.user, "finding.raise", record.project)
    owners = _people(record.project, request.user)
    initial = {
        "record": record.subject,
        "place": request.GET.get("place", "")[: service.PLACE],
        "severity": "major",
        "due": timezone.now().date() + USUAL,
    }
    form = FindingForm(request.POST or None, owners=owners, initial=initial)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            made = service.raise_finding(
                actor=request.user,
                record=record,
                text=given["text"],
                severity=given["severity"],
                owner=_person("owner", given["owner"]),
                due=datetime.combine(given["due"], time(23, 59, 59), UTC),
                place=given["place"],
            )
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "The finding is raised, and its owner is told.")
            return redirect("finding", made.pk)
    context = {"record": record, "project": record.project, "form": form} | more
    return render(request, "governance/audit_finding_begin.html", context, status=status)


@signed_in
def finding(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """One finding, what was said of it, and what I may do about it."""
    return _page(request, select.get(request.user, identifier))


@require_POST
@signed_in
def answer(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Say what is done about a finding."""
    found, form = select.get(request.user, identifier), FindingAnswerForm(request.POST)
    return _act(
        request, found, "answer", form, lambda given: service.answer(actor=request.user, finding=found, **given)
    )


@require_POST
@signed_in
def hand_over(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Have somebody else answer for a finding."""
    found = select.get(request.user, identifier)
    form = FindingHandOverForm(request.POST, owners=_heirs(found))
    return _act(
        request,
        found,
        "hand_over",
        form,
        lambda given: service.hand_over(actor=request.user, finding=found, to=_person("to", given["to"])),
    )


@require_POST
@signed_in
def close(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """End a finding."""
    found, form = select.get(request.user, identifier), FindingCloseForm(request.POST)
    return _act(request, found, "close", form, lambda given: service.close(actor=request.user, finding=found, **given))


DONE = {
    "answer": "The answer is on record.",
    "hand_over": "Somebody else answers for it now, and is told.",
    "close": "The finding is closed.",
}


def _act(
    request: Request, found: select.Finding, act: str, form: Any, do: Callable[[dict[str, Any]], object]
) -> HttpResponse:
    if not form.is_valid():
        return _page(request, found, 400, **{act: form})
    try:
        do(form.cleaned_data)
    except CountersignError as error:
        return _page(request, found, error.status, **{act: form}, **refused(form, error))
    messages.success(request, DONE[act])
    return redirect("finding", found.row.pk)


def _page(request: Request, found: select.Finding, status: int = 200, **more: Any) -> HttpResponse:
    user, told, project = request.user, found.told, found.row.project
    auditor = access.can(user, "finding.close", project)
    owner = access.OWNER in access.roles_of(user, project)
    offered: dict[str, Any] = {"answer": None, "hand_over": None, "close": None}
    if not rules.cannot_answer(told, user.actor):
        offered["answer"] = FindingAnswerForm()
    if found.open and (told.owner == user.actor or owner):
        offered["hand_over"] = FindingHandOverForm(owners=_heirs(found))
    if found.open and auditor and user.actor not in told.concerned:
        offered["close"] = FindingCloseForm(initial={"outcome": rules.MENDED if told.answers else rules.UNFOUNDED})
    context = {
        "finding": found,
        "project": project,
        "severity": rules.SEVERITIES[found.severity],
        "overdue": told.overdue(timezone.now()),
        **offered,
        **more,
    }
    return render(request, "governance/audit_finding.html", context, status=status)


def _people(project: Project | None, *without: User) -> list[tuple[str, str]]:
    return [(user.actor, user.printed_name) for user in select.owners(project) if user not in without]


def _heirs(found: select.Finding) -> list[tuple[str, str]]:
    return [
        (actor, name) for actor, name in _people(found.row.project) if not rules.cannot_hand_over(found.told, actor)
    ]


def _person(field: str, actor: str) -> User:
    found = User.objects.filter(ledger_id=actor, is_active=True).first()
    if found is None:
        raise Invalid(field, "there is no such person")
    return found
