"""Forms of what failed: which answers are shown, other limits for them, and what becomes of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from pydantic import ValidationError

from evals.engine.cases import strict_json
from evals.engine.failures import MOST_TEXT, Wanted
from evals.engine.searching import MOST_PATTERN
from evals.engine.words import Demand, required, subject
from evals.selectors.candidates import CASE, USES
from evals.services.candidates import SLICE
from governance.web.forms.base import Described, describe, offer


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
