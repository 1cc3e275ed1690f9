"""Forms of cases: files of them, the set they become, which are shown, which are retired; files of graders."""

from typing import Any, get_args

from django import forms

from evals.engine.evaluation_set import Role, Task
from evals.formats.registry import FORMATS
from evals.web.fields import FilesField, lines_of
from governance.web.forms.base import Described, describe, offer

PURPOSES = [
    ("holdout", "Holdout: decides; engineers never see its cases"),
    ("development", "Development: everybody may see it, and it may feed training"),
]
ROLES = [(name, name.replace("_", " ")) for name in get_args(Role)]
TASKS = [(name, name.replace("_", " ")) for name in get_args(Task)]


class CasesForm(Described):
    """Files of cases in some format, and what their bringer says about them."""

    form = forms.ChoiceField(
        label="Format",
        choices=[(one.name, one.label) for one in FORMATS.values()],
        help_text="What each is for stands below.",
    )
    files = FilesField(  # type: ignore[assignment]
        label="Files", help_text="Several may be chosen; a task of lm-evaluation-harness needs its rows."
    )
    purpose = forms.ChoiceField(label="For", choices=PURPOSES, widget=forms.RadioSelect, initial="holdout")
    provenance = forms.CharField(
        label="Where the cases come from",
        max_length=300,
        required=False,
        help_text="For cases whose file does not say. Empty: file and place.",
    )
    slices = forms.CharField(
        label="Put every case in slices", max_length=300, required=False, help_text="Names, separated by semicolons."
    )
    columns = forms.CharField(
        label="Columns called otherwise",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control code"}),
        help_text="For tables: one line for each, ours = theirs, such as input = question.",
    )

    def clean_columns(self) -> dict[str, str]:
        """Return our names with the file's."""
        return lines_of(self.cleaned_data["columns"], "=")

    def options(self) -> dict[str, Any]:
        """Return what the reader is told."""
        slices = [part.strip() for part in self.cleaned_data["slices"].split(";") if part.strip()]
        return {
            "provenance": self.cleaned_data["provenance"],
            "slices": slices,
            "columns": self.cleaned_data["columns"],
        }


class SetForm(Described):
    """The evaluation set that understood cases become."""

    base = forms.ChoiceField(label="Next version of", required=False)
    title = forms.CharField(label="Title", max_length=300)
    description = forms.CharField(label="Description", max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}))
    task = forms.ChoiceField(label="Task", choices=TASKS)
    labels = forms.CharField(
        label="Labels",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line; what a classification tells apart.",
    )

    def __init__(
        self, *args: Any, sets: list[tuple[str, str]], slices: dict[str, str], roles: dict[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.names = list(slices)
        offer(self, "base", [("", "a new set"), *sets])
        for index, name in enumerate(self.names):
            self.fields[f"slice_{index}"] = forms.CharField(
                label=f"Slice “{name}” holds", max_length=300, initial=slices[name]
            )
            self.fields[f"role_{index}"] = forms.ChoiceField(
                label=f"Role of “{name}”", choices=ROLES, initial=roles.get(name, "common")
            )
        describe(self)

    def clean_labels(self) -> list[str]:
        """Return the labels, one a line."""
        return [line.strip() for line in self.cleaned_data["labels"].splitlines() if line.strip()]

    def slices(self) -> dict[str, str]:
        """Return what each slice holds."""
        return {name: self.cleaned_data[f"slice_{index}"] for index, name in enumerate(self.names)}

    def roles(self) -> dict[str, str]:
        """Return why each slice is there."""
        return {name: self.cleaned_data[f"role_{index}"] for index, name in enumerate(self.names)}


class CaseFilter(Described):
    """Which cases of a list are shown."""

    q = forms.CharField(label="Words", required=False, max_length=200)
    slice = forms.ChoiceField(label="Slice", required=False)

    def __init__(self, *args: Any, slices: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "slice", [("", "all"), *((name, name) for name in slices)])


class RetireForm(Described):
    """Taking a case out of the next version of a set."""

    case = forms.CharField(label="Case", max_length=128)
    reason = forms.CharField(
        label="Why", max_length=300, help_text="It stands in the set for good. Do not repeat the case's text."
    )
    replacement = forms.CharField(
        label="Case that takes its place",
        required=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 10, "class": "form-control code", "spellcheck": "false"}),
        help_text="One case as JSON with an id of its own; leave it empty to go without.",
    )


class GradersForm(Described):
    """Files of OpenAI graders."""

    title = forms.CharField(label="Title of the rubric", max_length=300)
    files = FilesField(label="Files", help_text="JSON: one grader, or a list of them.")  # type: ignore[assignment]
