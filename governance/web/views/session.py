"""Signing in and out: password, second factor, passkey. django-allauth keeps the stages; the pages are ours."""

import json
from typing import Any
from urllib.parse import urlsplit

from allauth.account.internal.flows.login import perform_login, perform_password_login, record_authentication
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.account.views import LoginView
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django import forms
from django.conf import settings
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views import View
from django.views.decorators.http import require_POST

from governance.errors import Invalid
from governance.services import passkey_sign_in, second_factor
from governance.web.adapters import AccountAdapter
from governance.web.forms.account import SignInForm
from governance.web.forms.base import describe

CHALLENGE = "passkey_challenge"


def passkey_address(request: HttpRequest) -> str:
    """Return where passkeys work when they do not work here, or "": they belong to the host of COUNTERSIGN_URL."""
    own = urlsplit(settings.COUNTERSIGN_URL)
    return "" if request.get_host() == own.netloc else settings.COUNTERSIGN_URL


class PasswordForm(SignInForm):
    """Name and password, then whatever else allauth finds that this person must show."""

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        user = self.get_user()
        login = Login(user=user, redirect_url=redirect_url)
        answer: HttpResponse = perform_password_login(request, {"username": user.get_username()}, login)
        return answer


class SignIn(LoginView):  # type: ignore[misc]  # allauth has no types
    """The sign-in form; whoever is signed in already goes to their inbox."""

    template_name = "governance/sign_in.html"
    form_class = PasswordForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        here = {"next": self.request.POST.get("next", self.request.GET.get("next", ""))}
        given: dict[str, Any] = super().get_context_data(**kwargs)
        if settings.COUNTERSIGN_OIDC_ISSUER:  # the provider sends people back to this address, where the session is
            here["sso_address"], here["sso_name"] = settings.COUNTERSIGN_URL, settings.COUNTERSIGN_OIDC_NAME
        return given | here | {"passkey_address": passkey_address(self.request)}


class CodeForm(AuthenticateForm):  # type: ignore[misc]
    """A one-time code or a recovery code, checked where signing checks it, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = forms.CharField(
            label="Code",
            max_length=20,
            widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
            help_text="From your authenticator app, or one of your recovery codes.",
        )
        describe(self)

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        found = second_factor.prove(self.user, code)
        if found is None and second_factor.locked_out(self.user):
            raise forms.ValidationError("Too many wrong codes. Wait a quarter of an hour and try again.")
        if found is None:
            raise forms.ValidationError("This is not the code of now, or it was used before. Wait for the next one.")
        self.authenticator = found
        return code


class SecondFactor(AuthenticateView):  # type: ignore[misc]
    """What comes after the password for somebody who enrolled more."""

    template_name = "governance/second_factor.html"
    form_class = CodeForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kinds = set(Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True))
        given: dict[str, Any] = super().get_context_data(**kwargs)
        return given | {"kinds": kinds, "passkey_address": passkey_address(self.request)}


class Passkey(View):
    """Signs in by passkey: in place of the password, or as the second step after it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the page, with a challenge for this session."""
        if request.user.is_authenticated:
            return redirect(settings.LOGIN_REDIRECT_URL)
        return self._page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take the device's answer to the challenge."""
        challenge = str(request.session.pop(CHALLENGE, ""))
        stage = LoginStageController.enter(request, AuthenticateStage.key)
        try:
            user = passkey_sign_in.prove(challenge, _credential(request), timezone.now())
            if stage is not None and stage.login.user != user:
                raise Invalid("credential", "This passkey is somebody else's.")
        except Invalid as problem:
            return self._page(request, status=400, problem=problem.reason)
        record_authentication(request, user, "mfa", type="webauthn", passwordless=stage is None)
        answer: HttpResponse
        if stage is not None:
            answer = stage.exit()
        else:
            wanted = request.POST.get("next") or None
            safe = wanted if AccountAdapter(request).is_safe_url(wanted) else None
            answer = perform_login(request, Login(user=user, redirect_url=safe))
        return answer

    def _page(self, request: HttpRequest, *, status: int = 200, problem: str = "") -> HttpResponse:
        stage = LoginStageController.enter(request, AuthenticateStage.key)
        context: dict[str, Any] = {"problem": problem, "passkey_address": passkey_address(request)}
        context["next"] = request.POST.get("next", request.GET.get("next", ""))
        if not context["passkey_address"]:
            asked, request.session[CHALLENGE] = passkey_sign_in.options(stage.login.user if stage else None)
            context["options"] = asked["publicKey"]
        response = render(request, "governance/passkey_sign_in.html", context, status=status)
        add_never_cache_headers(response)
        return response


def _credential(request: HttpRequest) -> dict[str, Any]:
    try:
        given = json.loads(request.POST.get("credential", ""))
    except (ValueError, RecursionError):
        given = None
    return given if isinstance(given, dict) else {}


class SignOut(LogoutView):
    """Ends the session; POST only, as Django has it."""


@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Begin anew: whoever began is forgotten."""
    request.session.flush()
    return redirect(settings.LOGIN_URL)
