"""Passkeys on the pages: enrolled and revoked on one's account, vouched for by others, used to sign in two steps."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from governance import access
from governance.errors import CountersignError, NotFound, Refused
from governance.models import Document, SignoffRequest
from governance.relying_party import relying_party
from governance.selectors import inbox
from governance.selectors import passkeys as select
from governance.services import passkey_signing, passkeys
from governance.web.forms.account import PasskeyForm, PasskeyRevokeForm, VouchForm
from governance.web.middleware import findings_of
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.account import CODES


@signed_in
def enrol(request: Request) -> HttpResponse:
    """Enrol a passkey: the browser makes it, the password confirms it."""
    form = PasskeyForm(request.POST or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            _, codes = passkeys.enrol(
                actor=request.user,
                enrolment=given["enrolment"],
                credential=given["credential"],
                name=given["name"],
                password=given["password"],
                sign_in=getattr(request, "sign_in", None),
            )
        except NotFound:
            messages.error(request, "That took too long. Begin anew.")
            return redirect("passkey-enrol")
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            if codes:
                request.session[CODES] = codes
            messages.success(request, "Your passkey is enrolled. You can sign in with it from now on.")
            return redirect("account")
    obstacle = relying_party().obstacle
    if not obstacle:
        prepared = passkeys.prepare(actor=request.user)
        more |= {"enrolment": prepared["enrolment"], "options": prepared["publicKey"]}
    context = {"form": form, "obstacle": obstacle}
    return render(request, "governance/passkey_enrol.html", context | more, status=status)


@signed_in
def revoke(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Revoke a passkey of mine or, as owner, of somebody else."""
    found = select.get(request.user, identifier)
    form = PasskeyRevokeForm(request.POST or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            passkeys.revoke(actor=request.user, passkey=found, **form.cleaned_data)
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "The passkey is revoked. It signs no more, and nobody signs in with it.")
            return redirect("account" if found.user_id == request.user.pk else "people")
    context = {"form": form, "passkey": found, "own": found.user_id == request.user.pk}
    return render(request, "governance/passkey_revoke.html", context | more, status=status)


@signed_in
def vouch(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Vouch that I checked whose passkey it is."""
    access.require(request.user, "passkey.vouch", None)
    found = select.get(request.user, identifier)
    form = VouchForm(request.POST or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            passkeys.vouch(actor=request.user, passkey=found, **form.said)
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, f"{found.user} can sign with it from now on.")
            return redirect("inbox")
    context = {"form": form, "passkey": found, "device": select.one(found).device}
    return render(request, "governance/passkey_vouch.html", context | more, status=status)


def put_before(request: Request, found: SignoffRequest, said: Mapping[str, Any]) -> HttpResponse:
    """Show what a passkey shall sign, and ask for it: the first step, answered by `sign`.

    `said` is what `signing.sign` takes beside password and code. Raises what it raises.
    """
    arguments = {name: value for name, value in said.items() if name not in ("password", "code")}
    prepared = passkey_signing.prepare(actor=request.user, request=found, **arguments)
    return _ask(request, found, prepared)


def _ask(request: Request, found: SignoffRequest, prepared: passkey_signing.Prepared) -> HttpResponse:
    digests = [subject.digest for subject in prepared.statement.subjects]
    context = {
        "row": found,
        "project": found.project,
        "tab": "requests",
        "prepared": prepared,
        "said": prepared.statement.predicate,
        "documents": list(Document.objects.filter(pk__in=digests).order_by("kind", "seq")),
        "options": prepared.options["publicKey"],
    }
    return render(request, "governance/passkey_sign.html", context)


@require_POST
@signed_in
def sign(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Record what my passkey signed: the second step."""
    rows = inbox.visible_requests(request.user).select_related("project", "policy", "requested_by")
    found = rows.filter(pk=identifier).first()
    if found is None:
        raise NotFound("there is no such request")
    try:
        passkey_signing.sign(
            actor=request.user,
            request=found,
            preparation=_identifier(request.POST.get("preparation", "")),
            credential=_answer(request.POST.get("credential", "")),
        )
    except CountersignError as error:
        context = {
            "row": found,
            "project": found.project,
            "tab": "requests",
            "findings": findings_of(error),
            "recorded": isinstance(error, Refused),
        }
        return render(request, "governance/passkey_failed.html", context, status=error.status)
    messages.success(request, "Signed by your passkey. Your signature is on the ledger.")
    return redirect("request", found.pk)


def _identifier(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound("there is no such signature under way") from None


def _answer(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}
