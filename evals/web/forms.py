"""The forms of evaluation's pages."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from django import forms
from pydantic import ValidationError

from evals.engine.cases import strict_json
from evals.engine.evaluation_set import Role, Task
from evals.engine.failures import MOST_TEXT, Wanted
from evals.engine.searching import MOST_PATTERN
from evals.engine.words import Demand, required, subject
from evals.formats.registry import FORMATS
from evals.selectors.candidates import CASE, USES
from evals.services.candidates import SLICE
from governance.web.forms.base import Described, describe, offer


class FilesInput(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several uploaded files, each cleaned as one."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", FilesInput())
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the files as a list."""
        single = super().clean
        found = data if isinstance(data, list | tuple) else [data]
        return [single(one, initial) for one in found] if found else single(None, initial)


def lines_of(text: str, separator: str) -> dict[str, str]:
    """Return lines of "name<separator>text" as a mapping. ValidationError names the line that is none."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, mark, rest = (part.strip() for part in line.partition(separator))
        if not mark or not name or not rest or name in found:
            raise forms.ValidationError(
                f"Line {number}: found {line[:80]!r}, expected a new name, {separator} and text."
            )
        found[name] = rest
    return found


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


class FailureFilter(Described):
    """Which answers of an evaluation to look at."""

    slice = forms.ChoiceField(label="Slice", required=False)
    criterion = forms.ChoiceField(label="Failed by", required=False)
    outcome = forms.ChoiceField(
        label="What came",
        required=False,
        choices=[
            ("failing", "every failure"),
            ("failed", "a wrong answer"),
            ("unparsed", "one that cannot be read"),
            ("missing", "none"),
            ("passed", "a right answer"),
            ("any", "whatever came"),
        ],
    )
    text = forms.CharField(label="Words", required=False, max_length=MOST_TEXT)
    pattern = forms.CharField(label="Pattern (RE2)", required=False, max_length=MOST_PATTERN)

    def __init__(self, *args: Any, slices: list[str], criteria: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "slice", [("", "all cases"), *((name, name) for name in slices)])
        offer(self, "criterion", [("", "any criterion"), *((name, name) for name in criteria)])

    def wanted(self) -> Wanted | None:
        """Return what is asked for, None when it is not possible; the field then says why."""
        if not self.is_valid():
            return None
        said = {name: value or None for name, value in self.cleaned_data.items()}
        try:
            return Wanted(
                slice=said["slice"],
                criterion=said["criterion"],
                outcome=self.cleaned_data["outcome"] or "failing",
                text=self.cleaned_data["text"],
                pattern=said["pattern"],
            )
        except ValidationError as problem:
            self.add_error("pattern", problem.errors(include_url=False)[0]["msg"].removeprefix("Value error, "))
            return None


class WhatIfForm(Described):
    """Other limits for the thresholds of a judged result."""

    def __init__(self, *args: Any, thresholds: Sequence[Mapping[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.thresholds = thresholds
        for number, one in enumerate(thresholds):
            demand = Demand.of(one)
            self.fields[f"limit_{number}"] = forms.CharField(
                label=subject(demand),
                max_length=40,
                initial=one["limit"],
                help_text=f"{one['id']}, {one['importance']}. Signed: {required(demand)}, as a decimal such as 0.9.",
            )
        describe(self)

    def body(self, signed: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of the signed thresholds with the limits that were entered."""
        limits = [self.cleaned_data[f"limit_{number}"].strip() for number in range(len(self.thresholds))]
        changed = [dict(one) | {"limit": limit} for one, limit in zip(self.thresholds, limits, strict=True)]
        return dict(signed) | {"thresholds": changed}


class MarkForm(Described):
    """A failure, marked as a candidate."""

    use = forms.ChoiceField(label="As a", choices=list(USES.items()), widget=forms.RadioSelect, initial=CASE)
    content = forms.CharField(
        label="What is proposed",
        max_length=400_000,
        widget=forms.Textarea(attrs={"rows": 14, "class": "form-control code", "spellcheck": "false"}),
        help_text="JSON. Under its own id a case takes the old one’s place in the next version; give it another to add "
        "one beside it.",
    )
    note = forms.CharField(
        label="Why it fails, in your view",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_content(self) -> dict[str, Any]:
        """Return the JSON object."""
        try:
            found = strict_json(self.cleaned_data["content"])
        except ValueError as problem:
            raise forms.ValidationError(f"Not JSON: {problem}") from None
        if not isinstance(found, dict):
            raise forms.ValidationError("Found JSON of another kind, expected an object.")
        return found


class CandidatesForm(Described):
    """Candidate cases that go into the next version of a set."""

    evaluation_set = forms.ChoiceField(label="Next version of")
    slice_name = forms.CharField(
        label="Slice",
        max_length=64,
        initial=SLICE,
        help_text="For what is known to fail; it is made if it is not there.",
    )

    def __init__(self, *args: Any, sets: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "evaluation_set", sets)


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


class RoundForm(Described):
    """Whose outputs are graded, how many of them, and by which criteria."""

    title = forms.CharField(label="Title", max_length=300)
    results = forms.MultipleChoiceField(
        label="Evaluation results",
        help_text="Of one plan. Graders are not told which output is from which.",
    )
    cases = forms.IntegerField(
        label="How many cases",
        min_value=1,
        required=False,
        help_text="The server draws them, from every slice. Left empty: every case.",
    )
    criteria = forms.CharField(
        label="Further criteria",
        required=False,
        max_length=2000,
        help_text="Names with commas between, to hold what graded them against people. The rubric’s criteria for "
        "people are graded anyway.",
    )

    def __init__(self, *args: Any, results: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "results", results)


class CalibrationForm(Described):
    """Which judge is held against people's grades."""

    judge = forms.ChoiceField(
        label="Judge",
        help_text="Of the rubric. It is held against what people said of the same answers.",
    )

    def __init__(self, *args: Any, judges: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "judge", judges)
