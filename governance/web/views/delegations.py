"""Delegations: who signs for whom, for how long; given by oneself, ended by either, or by an owner."""

import uuid
from datetime import UTC, datetime, time
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from governance import access
from governance.errors import CountersignError, NotFound
from governance.models import User
from governance.selectors import delegations as select
from governance.selectors.people import projects_of
from governance.services import delegation
from governance.web.forms.base import day_over
from governance.web.forms.people import DelegationForm
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in


@signed_in
def delegations(request: Request) -> HttpResponse:
    """The delegations I gave or hold (an owner: all in what they own), and a form to give one."""
    form = _form(request)
    if request.method != "POST" or form is None:
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=400)
    said = form.said
    try:
        made = delegation.give(
            actor=request.user,
            to=User.objects.get(ledger_id=said["to"]),
            role=said["role"],
            project=projects_of(request.user).filter(slug=said["project"]).first() if said["project"] else None,
            starts_at=datetime.combine(said["starts"], time(), UTC),
            ends_at=day_over(said["ends"]),
            reason=said["reason"],
            proof=said["proof"],
        )
    except CountersignError as error:
        if getattr(error, "field", "") == "ends_at":
            form.add_error("ends", str(error))
            return _page(request, form, status=error.status)
        return _page(request, form, status=error.status, **refused(form, error))
    messages.success(request, f"{made.to} can sign for you.")
    return redirect("delegations")


@require_POST
@signed_in
def end(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """End a delegation before its time."""
    found = next((one.row for one in select.known(request.user, timezone.now()) if one.row.pk == identifier), None)
    if found is None:
        raise NotFound("there is no such delegation")
    delegation.end(actor=request.user, delegation=found)
    messages.success(request, "It is ended. What was signed stays signed.")
    return redirect("delegations")


def _form(request: Request) -> DelegationForm | None:
    user = request.user
    projects = list(projects_of(user))
    mine = {project: access.roles_of(user, project) & access.SIGNERS for project in (None, *projects)}
    roles = sorted(set().union(*mine.values()))
    if not roles:
        return None
    places = [("", "the whole organisation")] if mine[None] else []
    places += [(project.slug, project.name) for project in projects if mine[project]]
    people = User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("printed_name")
    return DelegationForm(
        request.POST or None,
        people=[(person.actor, str(person)) for person in people],
        roles=roles,
        places=places,
        initial={"starts": timezone.now().date()},
    )


def _page(request: Request, form: DelegationForm | None, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {"known": select.known(request.user, timezone.now()), "form": form}
    return render(request, "governance/delegations.html", context | more, status=status)
