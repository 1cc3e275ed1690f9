"""The forms of recorded sessions."""

from typing import Any

from django import forms

from evals.engine.session import LONGEST_MESSAGE, SEVERITIES
from governance.web.forms.base import Described, offer

EXPECTS = {
    "refuse": "refuse",
    "abstain": "say that it does not know",
    "escalate": "hand over to a person",
    "ask": "ask back",
    "answer": "answer, as written below",
}


class StartForm(Described):
    """A session to be started."""

    title = forms.CharField(label="Title", max_length=300)
    aim = forms.CharField(
        label="What you try",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Such as: have it tell other people's data. It is frozen with the session.",
    )
    subject = forms.ChoiceField(
        label="Model", help_text="A base model in force, or a run made here. Its files are hashed before it is loaded."
    )
    rubric = forms.ChoiceField(
        label="Rubric", required=False, help_text="Its prompt is used, and its scales for people are offered."
    )
    max_turns = forms.IntegerField(label="Turns at most", min_value=1, max_value=500, initial=40)
    minutes = forms.IntegerField(label="Minutes at most", min_value=1, max_value=240, initial=60)
    closed = forms.BooleanField(
        label="Closed to engineers",
        required=False,
        help_text="Only then may findings become cases of a holdout. Engineers cannot hold such a session.",
    )

    def __init__(
        self, *args: Any, subjects: list[tuple[str, str]], rubrics: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "subject", subjects)
        offer(self, "rubric", [("", "none: the message alone"), *rubrics])


class MessageForm(Described):
    """A message to the model."""

    text = forms.CharField(
        label="Your message",
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
    )


class GradeForm(Described):
    """How bad an answer is."""

    severity = forms.ChoiceField(
        label="How bad it is",
        choices=[(name, f"{name}: {words}") for name, words in SEVERITIES.items()],
        widget=forms.RadioSelect,
    )
    failure_mode = forms.CharField(
        label="Failure mode",
        required=False,
        max_length=64,
        help_text="Of the library, or in words of your own; empty when nothing failed.",
    )
    note = forms.CharField(label="Note", required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, scales: dict[str, tuple[int, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scales = scales
        for name, (low, high) in scales.items():
            self.fields[f"score:{name}"] = forms.IntegerField(
                label=f"{name}, {low} to {high}",
                required=False,
                min_value=low,
                max_value=high,
                widget=forms.NumberInput(attrs={"class": "form-control"}),
            )

    def scores(self) -> dict[str, int]:
        """Return the scores that were given."""
        given = {name: self.cleaned_data.get(f"score:{name}") for name in self.scales}
        return {name: score for name, score in given.items() if score is not None}


class FindingForm(Described):
    """An exchange drafted as a case."""

    evaluation_set = forms.ChoiceField(
        label="Evaluation set", help_text="The case goes into the draft of its next version."
    )
    slice_name = forms.CharField(label="Red-team slice", max_length=64, initial="red-team")
    expects = forms.ChoiceField(label="A good answer would", choices=list(EXPECTS.items()))
    target = forms.CharField(
        label="The right answer", required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, sets: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "evaluation_set", sets)
