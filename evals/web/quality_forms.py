"""Forms of quality: which datasets are checked against which cases, and samples of production."""

from typing import Any

from django import forms

from evals.formats.registry import FORMATS
from evals.web.fields import FilesField, lines_of
from governance.web.forms.base import Described, offer


class QualityForm(Described):
    """Which datasets are checked against which cases."""

    datasets = forms.MultipleChoiceField(
        label="Datasets",
        help_text="The ones that will be trained on together; register data first if the list is empty.",
    )
    evaluation_set = forms.ChoiceField(label="Evaluation set")
    rubric = forms.ChoiceField(label="Rubric", help_text="Its prompt is how cases and rows are compared.")
    production_sample = forms.ChoiceField(
        label="Production sample",
        required=False,
        help_text="The cases are held against it: which kinds, how long, which words. Without one nobody knows.",
    )

    def __init__(
        self,
        *args: Any,
        datasets: list[tuple[str, str]],
        sets: list[tuple[str, str]],
        rubrics: list[tuple[str, str]],
        samples: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "production_sample", [("", "none"), *samples])
        offer(self, "datasets", datasets)
        offer(self, "evaluation_set", sets)
        offer(self, "rubric", rubrics)


class SampleForm(Described):
    """A production sample, or the next version of one."""

    base = forms.ChoiceField(label="Next version of", required=False)
    title = forms.CharField(label="Title", max_length=300)
    source = forms.CharField(
        label="Recorded in", max_length=300, help_text="System and place, so that somebody can find them again."
    )
    drawn = forms.CharField(
        label="How they were drawn",
        max_length=300,
        help_text="Such as: every tenth of the month, those without consent left out.",
    )
    first_day = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last_day = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    description = forms.CharField(
        label="Description", required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    form = forms.ChoiceField(label="Format", choices=[(one.name, one.label) for one in FORMATS.values()])
    files = FilesField(  # type: ignore[assignment]
        label="Files",
        help_text="Prompts, each with its slices where somebody put them into some. Right answers are left out.",
    )
    columns = forms.CharField(
        label="Columns called otherwise",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control code"}),
        help_text="For tables: one line for each, ours = theirs, such as input = question.",
    )

    def __init__(self, *args: Any, samples: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "base", [("", "a new sample"), *samples])

    def clean_columns(self) -> dict[str, str]:
        """Return our names with the file's."""
        return lines_of(self.cleaned_data["columns"], "=")

    def told(self) -> dict[str, Any]:
        """Return what the sample says of itself, as the service takes it."""
        given = self.cleaned_data
        named = {name: given[name] for name in ("title", "source", "drawn", "description", "form", "columns")}
        return named | {name: given[name].isoformat() for name in ("first_day", "last_day")}
