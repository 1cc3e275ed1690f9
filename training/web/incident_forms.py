"""The forms of incident questions, deployment events, marks and comparisons."""

from typing import Any

from django import forms

from governance.web.forms.base import Described, MomentField, offer

DIGEST = r"^(sha256:)?[0-9a-f]{64}$"


class AskForm(Described):
    """A service and a moment."""

    deployment = forms.ChoiceField(label="Service")
    time = MomentField(label="When was it so? (UTC)")
    known = MomentField(label="As known at (UTC)", required=False)

    def __init__(self, *args: Any, services: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "deployment", services)


class MomentForm(Described):
    """Another moment of the same service."""

    time = MomentField(label="When was it so? (UTC)")
    known = MomentField(label="As known at (UTC)", required=False, help_text="Empty: as it is known now.")


class FileForm(Described):
    """A file that runs somewhere."""

    digest = forms.RegexField(
        label="SHA-256 of a file, or digest of a run, release or base model",
        regex=DIGEST,
        error_messages={"invalid": "Give 64 hexadecimal digits: sha256sum prints them."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    @property
    def wanted(self) -> str:
        """What is looked for, in full."""
        return f"sha256:{self.cleaned_data['digest'].removeprefix('sha256:')}"


class EventForm(Described):
    """What happened to a service."""

    what = forms.ChoiceField(
        label="What happened",
        choices=[("deployed", "deployed"), ("rolled back", "rolled back to something earlier"), ("stopped", "stopped")],
        widget=forms.RadioSelect,
    )
    at = MomentField(label="When it was so (UTC)", help_text="It may be recorded later; both times are kept.")
    now = forms.ChoiceField(label="It runs from then on", required=False)
    stated = forms.CharField(
        label="Or, where nothing proves it, what it is said to run on", required=False, max_length=300
    )
    before = forms.ChoiceField(
        label="It took the place of", required=False, help_text="Only where the records leave that open."
    )
    reason = forms.CharField(
        label="Reason", max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}), help_text="Names no person."
    )

    def __init__(self, *args: Any, served: list[tuple[str, Any]], ran: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "now", [("", "nothing that is on record here"), *served])
        offer(self, "before", [("", "as the records say"), *ran])


class MarkForm(Described):
    """Why a release is unsafe."""

    title = forms.CharField(label="What happened, in a line", max_length=300)
    seen_at = MomentField(label="When it was noticed (UTC)")
    reason = forms.CharField(
        label="Why it is the release's doing", max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ClearForm(Described):
    """Why a mark does not stand after all."""

    mark = forms.CharField(widget=forms.HiddenInput)
    cleared = forms.CharField(
        label="Why it is safe after all", max_length=20_000, widget=forms.Textarea(attrs={"rows": 2})
    )


class CompareForm(Described):
    """With what a release is compared."""

    since = forms.ChoiceField(label="Since")

    def __init__(self, *args: Any, others: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "since", others)


class BetweenForm(Described):
    """Two moments of a project."""

    since = MomentField(label="From (UTC)")
    time = MomentField(label="To (UTC)")
