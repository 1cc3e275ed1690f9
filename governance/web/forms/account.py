"""The forms of one's own account: sign-in, password, codes, passkeys, tokens."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from governance import access
from governance.proof.history.passkeys import REASONS
from governance.web.forms.base import Described, MomentField, describe, password_field
from governance.web.forms.proof import ProofForm


class SignInForm(AuthenticationForm):
    """Name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        describe(self)


class PasswordAgainForm(Described):
    """The password again, for a change to one's own account."""

    password = password_field("Your password")


class PasswordChangeForm(Described):
    """The password now, and the one from now on, twice."""

    password = password_field("Your password now")
    new = forms.CharField(
        label="New password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least twelve characters, not a common one.",
    )
    again = forms.CharField(
        label="New password again", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean_again(self) -> str:
        again = str(self.cleaned_data["again"])
        if again != self.cleaned_data.get("new"):
            raise forms.ValidationError("The two differ; type the new password again.")
        return again


class CodesForm(Described):
    """The first one-time code, which shows that the app has the seed."""

    code = forms.CharField(
        label="Code that the app shows now",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    password = password_field("Your password")


class TokenForm(Described):
    """An API token: what for, what it may, how long."""

    name = forms.CharField(label="What it is for", max_length=100)
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=[(name, words.capitalize()) for name, words in access.SCOPES.items()],
        initial=[access.READ],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        label="Until",
        coerce=int,
        initial=90,
        choices=[
            (7, "in a week"),
            (30, "in 30 days"),
            (90, "in 90 days"),
            (365, "in a year"),
        ],
    )
    password = password_field("Your password")


class PasskeyForm(Described):
    """A new passkey: what one calls it, the password again, and what the browser answered."""

    enrolment = forms.UUIDField(widget=forms.HiddenInput)
    credential = forms.JSONField(widget=forms.HiddenInput, error_messages={"required": "The browser made no passkey."})
    name = forms.CharField(
        label="What you call it",
        max_length=60,
        help_text="Such as “blue key” or “laptop”. Only you, owners and compliance officers see it.",
    )
    password = password_field("Your password")

    def clean_credential(self) -> dict[str, Any]:
        found = self.cleaned_data["credential"]
        if not isinstance(found, dict):
            raise forms.ValidationError("The browser made no passkey.")
        return found


class VouchForm(ProofForm):
    """How one checked whose passkey it is."""

    how = forms.CharField(
        label="How you checked",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Such as “met in person, staff card seen”. It can be erased later; that you vouched cannot.",
    )


class PasskeyRevokeForm(Described):
    """Why a passkey must not be trusted any more, and from when on."""

    reason = forms.ChoiceField(label="Why", choices=[(name, words) for name, words in REASONS.items()])
    since = MomentField(
        label="Not to be trusted since (UTC)",
        required=False,
        help_text="Empty: from now on. What it signed from then on no longer counts; what it signed before does.",
    )
