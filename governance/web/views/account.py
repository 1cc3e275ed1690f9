"""One's own account: password, second factors, sessions. Every change asks for the password and is on the ledger."""

import base64
import uuid
from collections.abc import Callable
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from governance.errors import CountersignError
from governance.selectors import accounts
from governance.selectors import tokens as token_select
from governance.services import people, second_factor, sign_ins
from governance.services import tokens as token_service
from governance.web.forms.account import CodesForm, PasswordAgainForm, PasswordChangeForm, TokenForm
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.session import passkey_address

SECRET = "totp_secret"  # noqa: S105  (where a session keeps the seed until its first code is shown)
CODES = "new_recovery_codes"


@signed_in
def account(request: Request) -> HttpResponse:
    """Who I am, what I sign in with, and from where I am signed in."""
    return _page(request)


def _page(request: Request, *, status: int = 200, **more: Any) -> HttpResponse:
    mine = list(accounts.authenticators(request.user))
    codes = next((one for one in mine if one.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        "totp": next((one for one in mine if one.type == Authenticator.Type.TOTP), None),
        "passkeys": [one for one in mine if one.type == Authenticator.Type.WEBAUTHN],
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else None,
        "new_codes": request.session.pop(CODES, []),
        "sessions": accounts.live_sign_ins(request.user),
        "this": getattr(request, "sign_in", None),
        "tokens": token_select.of(request.user).count(),
        "owing": accounts.must_have_second_factor(request.user) and not accounts.has_second_factor(request.user),
        "passkey_address": passkey_address(request),
        "password_form": PasswordAgainForm(),
    }
    return render(request, "governance/account.html", context | more, status=status)


@signed_in
def totp(request: Request) -> HttpResponse:
    """Enrol one-time codes: the seed as a picture and as text, then a first code."""
    form = CodesForm(request.POST or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if not form.is_bound or SECRET not in request.session:
        request.session[SECRET] = second_factor.new_secret()
    secret = request.session[SECRET]
    if form.is_bound and form.is_valid():
        try:
            codes = second_factor.enrol_totp(
                actor=request.user, secret=secret, sign_in=getattr(request, "sign_in", None), **form.cleaned_data
            )
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            del request.session[SECRET]
            if codes:
                request.session[CODES] = codes
            messages.success(request, "One-time codes are enrolled. From now on, sign-in asks for one.")
            return redirect("account")
    adapter = get_adapter()
    drawn = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    context = {
        "form": form,
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        "picture": "data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode(),
    }
    return render(request, "governance/totp.html", context | more, status=status)


@require_POST
@signed_in
def remove_factor(request: Request, factor: int) -> HttpResponse:
    """Remove one-time codes or a passkey."""
    return _with_password(
        request,
        lambda password: second_factor.remove(actor=request.user, identifier=factor, password=password),
        "Removed.",
    )


@require_POST
@signed_in
def recovery_codes(request: Request) -> HttpResponse:
    """Make new recovery codes; the old ones end."""

    def renew(password: str) -> None:
        request.session[CODES] = second_factor.renew_recovery_codes(actor=request.user, password=password)

    return _with_password(request, renew, "New recovery codes are made. The old ones no longer work.")


@signed_in
def password(request: Request) -> HttpResponse:
    """Change the password; every other session ends."""
    form = PasswordChangeForm(request.POST or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        here = getattr(request, "sign_in", None)
        try:
            people.password_change(
                actor=request.user, old=form.cleaned_data["password"], new=form.cleaned_data["new"], keep=here
            )
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            update_session_auth_hash(request, request.user)
            messages.success(request, "Your password is changed. Your other sessions have ended.")
            return redirect("account")
    return render(request, "governance/password.html", {"form": form} | more, status=status)


@require_POST
@signed_in
def end_session(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """End one of my sessions, such as one on a lost computer."""
    found = sign_ins.revoke(actor=request.user, identifier=str(identifier))
    if found == getattr(request, "sign_in", None):
        logout(request)
        return redirect("sign-in")
    messages.success(request, "The session is ended.")
    return redirect("account")


@require_POST
@signed_in
def end_sessions(request: Request) -> HttpResponse:
    """End all my sessions but this one, and all my API tokens."""
    sessions, tokens = sign_ins.end_others(actor=request.user, keep=getattr(request, "sign_in", None))
    counted = [
        f"{n} {what}{'s' if n > 1 else ''}" for n, what in ((sessions, "other session"), (tokens, "API token")) if n
    ]
    messages.success(request, f"Ended: {' and '.join(counted)}.")
    return redirect("account")


@signed_in
def tokens(request: Request) -> HttpResponse:
    """My API tokens, and a form for one more; its text is shown in the answer alone."""
    form = TokenForm(request.POST or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        given = dict(form.cleaned_data)
        right = request.user.check_password(given.pop("password"))
        try:
            _, text = token_service.create(actor=request.user, right=right, **given)
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            more, status, form = {"text": text}, 201, TokenForm()
    context = {"form": form, "tokens": token_select.of(request.user), "now": timezone.now()}
    return render(request, "governance/tokens.html", context | more, status=status)


@require_POST
@signed_in
def end_token(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """End one of my tokens."""
    token_service.revoke(actor=request.user, identifier=str(identifier))
    messages.success(request, "The token is ended.")
    return redirect("tokens")


def _with_password(request: Request, act: Callable[[str], None], done: str) -> HttpResponse:
    form = PasswordAgainForm(request.POST)
    if not form.is_valid():
        return _page(request, status=400, password_form=form)
    try:
        act(form.cleaned_data["password"])
    except CountersignError as error:
        return _page(request, status=error.status, password_form=form, **refused(form, error))
    messages.success(request, done)
    return redirect("account")
