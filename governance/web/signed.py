"""Sessions of the pages: opened at sign-in, ended by idleness, age, revocation or sign-out, and strong enough.

Every sign-in, whichever door it came through, passes `opened` (Django's own signal); every request of somebody signed
in passes the middleware. A session without its row (governance.models.SignIn) is over.
"""

import logging
import secrets
from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from governance.models import SignIn, User
from governance.selectors import accounts
from governance.services import sign_ins

log = logging.getLogger(__name__)
SESSION = "sign_in"  # where a session keeps the identifier of its sign-in
DEVICE = "countersign_device"
DEVICE_SECONDS = 400 * 24 * 3600  # the longest that browsers keep a cookie
# Asked for by a page that is merely open, so no sign of life.
POLLS = frozenset({"run-progress", "report-rows", "project-report-rows"})
# Open to somebody who still owes a second factor: what it takes to enrol one, and the way out.
OWING = frozenset(
    {"account", "totp", "recovery-codes", "remove-factor", "password", "end-session", "end-sessions", "sign-out"}
)
OVER = {
    "idle": "You were signed out because nothing happened for a while.",
    "too old": "You were signed out because the session was too old.",
    "revoked": "This session was ended from another browser.",
    "signed out everywhere": "This session was ended from another browser.",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iOS",
    "iPad": "iPadOS",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}
BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}


def browser_of(agent: str) -> str:
    """Return what people call a browser, such as "Firefox on Linux", from its User-Agent header."""
    name = next((name for mark, name in BROWSERS.items() if mark in agent), "a browser")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    return f"{name} on {system}" if system else name


def opened(*, request: HttpRequest, user: User, **_: Any) -> None:
    """Record a sign-in (receives user_logged_in). Nobody is signed in whose sign-in cannot be recorded."""
    records = get_authentication_records(request, user)
    key = device_key(request) or secrets.token_urlsafe(32)
    made = sign_ins.opened(
        user=user,
        method=" + ".join(dict.fromkeys(map(_method, records))) or "password",
        strong=any(record["method"] == "mfa" for record in records),
        device_key=key,
        browser=browser_of(request.META.get("HTTP_USER_AGENT", "")),
    )
    request.session[SESSION] = str(made.pk)
    request.countersign_device = key  # type: ignore[attr-defined]  # the middleware gives it to the browser


def _method(record: dict[str, Any]) -> str:
    """Return a step of a sign-in, as allauth noted it, in words of ours."""
    if record["method"] != "mfa":
        return {"password": "password", "socialaccount": "single sign-on"}.get(record["method"], "unknown")
    return {"totp": "one-time code", "recovery_codes": "recovery code", "webauthn": "passkey"}[record["type"]]


def closed(*, request: HttpRequest, user: User | None, **_: Any) -> None:
    """Record a sign-out (receives user_logged_out, before the session is emptied or after)."""
    row = getattr(request, "sign_in", None)
    if user is not None and isinstance(row, SignIn):
        sign_ins.ended(sign_in=row, why="signed out")


def locked(*, username: str | None, **_: Any) -> None:
    """Record a lockout (receives user_locked_out of axes)."""
    sign_ins.locked(username=username or "", failures=settings.AXES_FAILURE_LIMIT)


def device_key(request: HttpRequest) -> str:
    """Return the random key that this browser keeps, or "" for one not seen before or a cookie that we did not sign."""
    try:
        return str(request.get_signed_cookie(DEVICE, default=""))
    except BadSignature:
        return ""


def turned_away(request: HttpRequest, why: str) -> HttpResponse:
    """Send somebody back to the sign-in form, where it says why."""
    messages.error(request, why)
    return redirect(settings.LOGIN_URL)


class Sessions:
    """Ends sessions that are over, and holds those who owe a second factor at their account page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            self._live(request)
        response = self.get_response(request)
        if (key := getattr(request, "countersign_device", None)) is not None:
            response.set_signed_cookie(
                DEVICE, key, max_age=DEVICE_SECONDS, httponly=True, samesite="Lax", secure=settings.PRODUCTION
            )
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Return the way to the account page for somebody who owes a second factor; count what people do as life."""
        row = getattr(request, "sign_in", None)
        if not isinstance(row, SignIn):
            return None
        name = request.resolver_match.url_name if request.resolver_match else None
        if name not in POLLS:
            sign_ins.seen(sign_in=row, now=timezone.now())
        if row.strong or name in OWING or not accounts.must_have_second_factor(row.user):
            return None
        if request.path.startswith("/api/"):
            return JsonResponse({"error": "denied", "detail": OWES}, status=403)
        where = resolve_url("account")
        return HttpResponseClientRedirect(where) if request.headers.get("HX-Request") else redirect(where)

    def _live(self, request: HttpRequest) -> None:
        user = request.user
        if not isinstance(user, User):
            return
        known = request.session.get(SESSION)
        row = SignIn.objects.filter(pk=known, user=user).first() if known else None
        why = accounts.why_over(row, timezone.now()) if row is not None else "unknown"
        if row is not None and not why:
            row.user = user
            request.sign_in = row  # type: ignore[attr-defined]
            return
        if row is not None:
            sign_ins.ended(sign_in=row, why=why)
        logout(request)
        messages.info(request, OVER.get(why, "Your session is over."))


OWES = "your role needs a second factor; sign in on the pages and enrol one on your account page"
