"""A person's page: what is on record of them, their passkeys, and what it would mean if they left."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from governance import access
from governance.errors import CountersignError, NotFound
from governance.models import User
from governance.selectors import leaving as going
from governance.selectors import passkeys
from governance.selectors import signers as select
from governance.services import leaving, people, signers
from governance.web.forms.people import AddressForm, CompetenceForm, IdentityForm, LeaveForm
from governance.web.forms.proof import ProofForm
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in


def _get(request: Request, ledger_id: uuid.UUID) -> User:
    access.require(request.user, "signer.record", None)
    found = User.objects.filter(ledger_id=ledger_id).first()
    if found is None:
        raise NotFound("there is no such person")
    return found


@signed_in
def person(request: Request, ledger_id: uuid.UUID) -> HttpResponse:
    """What is on record of somebody; for owners and compliance officers."""
    return _page(request, _get(request, ledger_id))


def _page(request: Request, found: User, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "person": found,
        "records": select.of(found),
        "lacking": select.lacking(found),
        "passkeys": passkeys.of(found),
        "identity_form": IdentityForm(),
        "competence_form": CompetenceForm(),
        "address_form": AddressForm(initial={"email": found.email}),
        "may_readdress": access.can(request.user, "person.address", None) and found.is_active,
        "may_leave": access.can(request.user, "person.leave", None) and found.is_active,
    }
    return render(request, "governance/person.html", context | more, status=status)


@require_POST
@signed_in
def identify(request: Request, ledger_id: uuid.UUID) -> HttpResponse:
    """Record that I checked somebody's identity."""
    found, form = _get(request, ledger_id), IdentityForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=400, identity_form=form)
    try:
        signers.identify(actor=request.user, user=found, **form.said)
    except CountersignError as error:
        return _page(request, found, status=error.status, identity_form=form, **refused(form, error))
    messages.success(request, f"It is on record that you checked who {found} is.")
    return redirect("person", ledger_id)


@require_POST
@signed_in
def qualify(request: Request, ledger_id: uuid.UUID) -> HttpResponse:
    """Record what shows somebody's competence."""
    found, form = _get(request, ledger_id), CompetenceForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=400, competence_form=form)
    given = form.said
    try:
        signers.qualify(actor=request.user, user=found, **given | {"attachment": given["attachment"] or None})
    except CountersignError as error:
        return _page(request, found, status=error.status, competence_form=form, **refused(form, error))
    messages.success(request, f"The competence of {found} is on record.")
    return redirect("person", ledger_id)


@require_POST
@signed_in
def readdress(request: Request, ledger_id: uuid.UUID) -> HttpResponse:
    """Change where somebody's mail goes."""
    found, form = _get(request, ledger_id), AddressForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=400, address_form=form)
    try:
        people.address_change(actor=request.user, user=found, **form.said)
    except CountersignError as error:
        return _page(request, found, status=error.status, address_form=form, **refused(form, error))
    messages.success(request, f"Mail for {found} goes to the new address from now on.")
    return redirect("person", ledger_id)


@signed_in
def declare(request: Request) -> HttpResponse:
    """Declare that my electronic signature binds like one by hand."""
    form = ProofForm(request.POST or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            signers.declare(actor=request.user, **form.said)
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "Your declaration is on the ledger.")
            return redirect("account")
    context = {"form": form, "declaration": signers.DECLARATION, "lacking": select.lacking(request.user)}
    return render(request, "governance/declaration.html", context | more, status=status)


@signed_in
def leave(request: Request, ledger_id: uuid.UUID) -> HttpResponse:
    """Show what it would mean if somebody left; then let them."""
    found = _get(request, ledger_id)
    access.require(request.user, "person.leave", None)
    persons = {one.username: one for one in leaving.successors(found)}
    form = LeaveForm(request.POST or None, persons=[(name, str(one)) for name, one in persons.items()])
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            given = form.said
            leaving.person_leave(
                actor=request.user, user=found, successor=persons.get(given["successor"]), proof=given["proof"]
            )
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, f"{found} has left. What they signed stays valid.")
            return redirect("people")
    context = {"person": found, "found": going.consequences(found), "form": form}
    return render(request, "governance/leave.html", context | more, status=status)
