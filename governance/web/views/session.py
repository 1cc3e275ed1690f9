"""Signing in and out: password, second factor, passkey. django-allauth keeps the stages; the pages are ours."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.account.views import LoginView
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse

from governance.services import second_factor
from governance.web.forms import SignInForm, describe


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


class SignOut(LogoutView):
    """Ends the session; POST only, as Django has it."""
