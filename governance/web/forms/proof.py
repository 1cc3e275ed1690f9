"""Who one is, shown anew: the fields that every act which binds, hands power on or undoes has beside its own."""

from typing import Any

from django import forms
from django.http import QueryDict

from governance.errors import Invalid
from governance.services.reauthentication import Proof
from governance.web.forms.base import Described, password_field


def code_field(help_text: str) -> forms.CharField:
    """A one-time code, for those who have an authenticator app."""
    return forms.CharField(
        label="One-time code",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        help_text=help_text,
    )


class ProofForm(Described):
    """Showing anew that it is oneself: by the password, with a one-time code or without, or by passkey."""

    password = password_field("Your password", required=False)
    code = code_field("From your authenticator app, where the policy asks for it.")
    preparation = forms.UUIDField(required=False, widget=forms.HiddenInput)
    credential = forms.JSONField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if not found.get("password") and not (found.get("preparation") and isinstance(found.get("credential"), dict)):
            self.add_error("password", "Enter your password, or confirm with your passkey.")
        return found

    @property
    def said(self) -> dict[str, Any]:
        """What was given beside the proof, and the proof as services take it."""
        given = dict(self.cleaned_data)
        parts = {name: given.pop(name) for name in ("password", "code", "preparation", "credential")}
        by_passkey = parts["preparation"] and parts["credential"]
        answer = {"preparation": parts["preparation"], "credential": parts["credential"]}
        typed = {"password": parts["password"], "code": parts["code"]}
        return given | {"proof": Proof(**(answer if by_passkey else typed))}


def proof_in(given: QueryDict) -> Proof:
    """Return the proof that came with a form of few fields. Invalid: there is none."""
    form = ProofForm(given)
    if not form.is_valid():
        raise Invalid("password", "found nothing, expected your password or your passkey's answer")
    proof: Proof = form.said["proof"]
    return proof
