"""The forms of training's pages."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from governance.web.forms.base import Described, offer
from governance.web.forms.proof import ProofForm


class FilesInput(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several uploaded files, each cleaned as one."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", FilesInput(attrs={"accept": ".jsonl"}))
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the files as a list."""
        single = super().clean
        found = data if isinstance(data, list | tuple) else [data]
        return [single(one, initial) for one in found] if found else single(None, initial)


class DatasetForm(Described):
    """A new dataset, or the next version of one."""

    base = forms.ChoiceField(
        label="Next version of", required=False, help_text="Leave it at “a new dataset” to begin a series of its own."
    )
    title = forms.CharField(label="Title", max_length=300)
    description = forms.CharField(label="Description", max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}))
    source = forms.CharField(
        label="Source",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Where the rows come from: release, query, date.",
    )
    contract = forms.ChoiceField(
        label="Data contract", help_text="Who answers for the rows and how. If the list is empty, freeze one first."
    )
    rows = FilesField(
        label="Files of rows",
        help_text="JSONL in UTF-8: one object with id, messages and target a line. Several files may be chosen.",
    )

    def __init__(
        self, *args: Any, contracts: list[tuple[str, str]], datasets: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "contract", contracts)
        offer(self, "base", [("", "a new dataset"), *datasets])

    def uploads(self) -> "list[UploadedFile[Any]]":
        """Return the files that came."""
        found: list[Any] = self.cleaned_data["rows"]
        return found


class ReleaseForm(Described):
    """What a release is called and why it is put forward."""

    title = forms.CharField(label="Title", max_length=300)
    note = forms.CharField(label="Note for the signers", max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}))
    previous = forms.ChoiceField(label="Replaces", required=False)

    def __init__(self, *args: Any, releases: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "previous", [("", "nothing: the first release"), *releases])


class StopForm(ProofForm):
    """Stopping a standing approval."""

    reason = forms.CharField(
        label="Why (optional)", max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
