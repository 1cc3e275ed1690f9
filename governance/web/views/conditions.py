"""Conditions of signatures: confirmed as met, or handed over; the document's page offers both."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from governance.errors import Invalid, NotFound
from governance.models import Condition, User
from governance.selectors import conditions as select
from governance.services import conditions
from governance.web.forms.proof import proof_in
from governance.web.requests import Request, signed_in


def _get(request: Request, identifier: uuid.UUID) -> Condition:
    rows = select.visible(request.user).select_related("signature__request__project", "owner")
    found = rows.filter(pk=identifier).first()
    if found is None:
        raise NotFound("there is no such condition")
    return found


@require_POST
@signed_in
def meet(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Confirm that a condition is met, and on what evidence."""
    found = _get(request, identifier)
    conditions.meet(
        actor=request.user, condition=found, evidence=request.POST.get("evidence", ""), proof=proof_in(request.POST)
    )
    messages.success(request, "The condition is met.")
    return _back(found)


@require_POST
@signed_in
def hand_over(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Give a task to somebody else."""
    found = _get(request, identifier)
    to = User.objects.filter(ledger_id=_identifier(request.POST.get("to", "")), is_active=True).first()
    if to is None:
        raise Invalid("to", "found nobody, expected a person with a role here")
    conditions.hand_over(actor=request.user, condition=found, to=to)
    messages.success(request, f"{to} sees to it now.")
    return _back(found)


def _identifier(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Invalid("to", "found no identifier of a person") from None


def _back(condition: Condition) -> HttpResponse:
    return redirect("document", select.digests(condition)[0])
