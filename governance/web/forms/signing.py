"""The forms of signing: signature, conditions, rejection, revocation, reviews, waivers, comments."""

from typing import Any

from django import forms

from governance import access
from governance.bodies import LONGEST_WAIT_DAYS
from governance.selectors.presentation import MEANINGS
from governance.web.forms.base import Described, offer, password_field
from governance.web.forms.proof import ProofForm, code_field


class SignForm(Described):
    """One signature: as what, for whom, meaning what, why, the password again, and which page it is given on."""

    role = forms.ChoiceField(label="Sign as", choices=list(access.ROLES.items()), widget=forms.HiddenInput)
    delegation = forms.UUIDField(required=False, widget=forms.HiddenInput)
    presented = forms.CharField(required=False, max_length=71, widget=forms.HiddenInput)
    shown_at = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    meaning = forms.ChoiceField(
        label="Meaning", choices=[(text, text) for text in MEANINGS], initial=MEANINGS[0], widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label="Reason",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Why you can sign: what you looked at, in a sentence. It is printed beside your name.",
    )
    password = password_field("Your password")
    code = code_field("From your authenticator app. With it the signature says that it was checked, too.")


class ConditionForm(Described):
    """A condition to sign under; a row left empty is none."""

    kind = forms.ChoiceField(
        label="Kind",
        choices=[("gate", "must be met before anything rests on it"), ("task", "must be done by a day")],
        required=False,
    )
    text = forms.CharField(label="Condition", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    owner = forms.ChoiceField(label="Who sees to it (of a task)", required=False)
    due = forms.DateField(
        label="Done by (of a task)", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        offer(self, "owner", [("", "nobody"), *owners])


ConditionForms = forms.formset_factory(ConditionForm, extra=1, max_num=20, absolute_max=20)


class MeetForm(ProofForm):
    """Confirming that a condition is met."""

    evidence = forms.CharField(
        label="What shows that it is met", max_length=10_000, widget=forms.Textarea(attrs={"rows": 2})
    )


class HandOverForm(Described):
    """Giving a task to somebody else."""

    to = forms.ChoiceField(label="Hand over to")

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "to", people)


class CommentForm(Described):
    """Words pinned to a part of a document."""

    place = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)
    answers = forms.UUIDField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        choices=[("question", "A question"), ("comment", "A comment"), ("answer", "An answer")],
        widget=forms.HiddenInput,
    )
    text = forms.CharField(label="Words", max_length=10_000, widget=forms.Textarea(attrs={"rows": 2}))


class RejectForm(Described):
    """Saying no, with the reason."""

    reason = forms.CharField(
        label="Why you reject it",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The authors read this. The request is over then; they can ask again with a new version.",
    )


class RevokeForm(ProofForm):
    """Taking a sign-off back."""

    reason = forms.CharField(
        label="Why the sign-off is revoked", max_length=10_000, widget=forms.Textarea(attrs={"rows": 2})
    )


class ReviewForm(Described):
    """Reopening an agreed document."""

    trigger = forms.ChoiceField(label="What happened")
    due = forms.DateField(
        label="To be reviewed by",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The end of that day, UTC. Unless the review is closed by then, the sign-off lapses.",
    )
    reason = forms.CharField(
        label="Why",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Those who sign it read this.",
    )

    def __init__(self, *args: Any, triggers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "trigger", triggers)


class CloseReviewForm(ProofForm):
    """The document stands as it is."""

    finding = forms.CharField(
        label="What you looked at and found",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="If it cannot stand as it is, revoke its sign-off or have a new version signed instead.",
    )


class WaiverForm(Described):
    """A waiver: which soft checks, why, at which risk, until when."""

    checks = forms.MultipleChoiceField(
        label="Checks that may stay red",
        widget=forms.CheckboxSelectMultiple,
        help_text="Only checks that the policy calls soft are listed; hard ones are never waived.",
        error_messages={"required": "Choose at least one check."},
    )
    title = forms.CharField(label="Title", max_length=300)
    reason = forms.CharField(label="Why it cannot wait", max_length=20_000, widget=forms.Textarea(attrs={"rows": 3}))
    risk = forms.CharField(
        label="Risk that is accepted, and who bears it", max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    measures = forms.CharField(
        label="What is done instead", max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    expires_on = forms.DateField(
        label="Last day on which it counts",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Until the end of that day, UTC.",
    )
    retrospective_on = forms.DateField(
        label="Retrospective due on",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=(
            f"At most {LONGEST_WAIT_DAYS} days after the last day above. When it is not signed by then, no waiver "
            "counts in this project."
        ),
    )

    def __init__(self, *args: Any, checks: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "checks", checks)
