"""The form that brings an inventory."""

import json
from typing import Any

from django import forms

from governance.proof.sections.inventories import SOURCES
from governance.web.forms.base import Described, offer
from training.inventory import reading

LISTS = {
    "plain": "columns called as ours",
    "kubernetes": "Kubernetes, kubectl get pods -o json",
    "sacct": "Slurm, sacct -P",
    "aws-billing": "AWS cost and usage report",
}


class InventoryForm(Described):
    """A list that another system gave."""

    project = forms.ChoiceField(label="Held against", required=False)
    title = forms.CharField(label="Title", max_length=300)
    source = forms.ChoiceField(
        label="It lists", choices=[(name, words.replace("’", "'")) for name, words in SOURCES.items()]
    )
    system = forms.CharField(label="System it comes from", max_length=300)
    covers_from = forms.DateField(
        label="First day it tells of", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    covers_until = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    environments = forms.CharField(
        label="Environments it tells of",
        required=False,
        max_length=500,
        help_text="With commas between. Empty: all of them.",
    )
    file = forms.FileField(label="File", help_text="CSV or JSON; at most 100,000 rows and 64 MB. Kept as it came.")
    format = forms.ChoiceField(label="Format", choices=[("csv", "CSV"), ("json", "JSON")])
    preset = forms.ChoiceField(label="Its columns", choices=list(LISTS.items()), required=False)
    columns = forms.CharField(
        label="Columns of another kind of list",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text='JSON, ours to theirs, such as {"job": "Comment", "service": "JobName"}; in place of the above.',
    )

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "project", places)

    def clean_columns(self) -> str:
        text = str(self.cleaned_data["columns"]).strip()
        if text:
            try:
                found = json.loads(text)
            except ValueError as error:
                raise forms.ValidationError(f"found no JSON ({error})") from None
            if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
                raise forms.ValidationError("found another thing, expected an object of texts, ours to theirs")
        return text

    @property
    def mapping(self) -> dict[str, str]:
        """Which of the file's columns is which of ours."""
        text = self.cleaned_data["columns"]
        found: dict[str, str] = json.loads(text) if text else reading.PRESETS[self.cleaned_data["preset"] or "plain"]
        return found
