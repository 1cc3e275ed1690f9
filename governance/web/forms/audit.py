"""The forms of auditing: findings and what is said of them."""

from typing import Any

from django import forms

from governance.proof.history import audit_findings as rules
from governance.services.audit_findings import LONGEST, PLACE
from governance.web.forms.base import Described, offer


def _words(choices: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, words.capitalize()) for name, words in choices.items()]


class FindingFilter(Described):
    """Which findings a list shows."""

    project = forms.ChoiceField(label="Project", required=False)
    state = forms.ChoiceField(
        label="State", required=False, choices=[("", "open and closed"), ("open", "open"), ("closed", "closed")]
    )
    mine = forms.BooleanField(label="Only mine", required=False)

    def __init__(self, *args: Any, projects: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "project", [("", "all"), *projects])


class FindingForm(Described):
    """A finding to pin to a record."""

    record = forms.CharField(max_length=100, widget=forms.HiddenInput)
    text = forms.CharField(
        label="What you found",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What is so, what should be, and how you know. It can be erased later if it names people.",
    )
    place = forms.CharField(
        label="Where in it",
        required=False,
        max_length=PLACE,
        help_text="If it is not about the whole: a field, a case, or a line such as “line 17”.",
    )
    severity = forms.ChoiceField(label="Severity", choices=_words(rules.SEVERITIES), widget=forms.RadioSelect)
    owner = forms.ChoiceField(label="Who answers for it")
    due = forms.DateField(
        label="To be put right by",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The end of that day, UTC.",
    )

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "owner", owners)


class FindingAnswerForm(Described):
    """What is done about a finding."""

    text = forms.CharField(
        label="What is done about it",
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Whoever raised it reads this, and so does whoever closes it.",
    )


class FindingHandOverForm(Described):
    """Who answers for a finding from now on."""

    to = forms.ChoiceField(label="Hand over to")

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "to", owners)


class FindingCloseForm(Described):
    """The end of a finding."""

    outcome = forms.ChoiceField(label="How it ends", choices=_words(rules.OUTCOMES), widget=forms.RadioSelect)
    text = forms.CharField(label="What you looked at", max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}))


class RegisterFilter(Described):
    """Which register, and which of its tables."""

    project = forms.ChoiceField(label="Of", required=False)
    table = forms.ChoiceField(
        label="Table",
        required=False,
        choices=[("runs", "runs and attempts"), ("releases", "releases"), ("refused", "refused acts")],
    )
    since = forms.DateField(
        label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, projects: list[tuple[str, str]], everything: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "project", [*([("", "the whole organisation")] if everything else []), *projects])
