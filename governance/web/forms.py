"""The forms of pages. They check shape only; whether something may happen is the services' to say."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from governance import access
from governance.bodies import LONGEST_WAIT_DAYS
from governance.inforce import Standing
from governance.proof.passkey_history import REASONS
from governance.selectors.presentation import MEANINGS


class Described(forms.Form):
    """A form whose fields point to their help and errors, look as Bootstrap wants, and share a page with others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", type(self).__name__.lower() + "_%s")
        super().__init__(*args, **kwargs)
        describe(self)


def describe(form: forms.BaseForm) -> None:
    """Give each widget its class; Django itself writes aria-describedby and aria-invalid."""
    for field in form.fields.values():
        widget = field.widget
        if isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple | forms.RadioSelect):
            widget.attrs.setdefault("class", "form-check-input")
        elif isinstance(widget, forms.Select):
            widget.attrs.setdefault("class", "form-select")
        elif not widget.is_hidden:
            widget.attrs.setdefault("class", "form-control")


def offer(form: forms.BaseForm, name: str, choices: list[tuple[str, str]]) -> None:
    """Give a field the choices that only this request knows."""
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"the field {name!r} offers no choices")
    field.choices = choices


class SignInForm(AuthenticationForm):
    """Name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        describe(self)


def password_field(label: str) -> forms.CharField:
    """A password entered anew, kept exactly as typed."""
    return forms.CharField(
        label=label,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Entered anew for this act; it is not stored with it.",
    )


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
    code = forms.CharField(
        label="One-time code",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        help_text="From your authenticator app. With it the signature says that it was checked, too.",
    )


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


class MeetForm(Described):
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


class DelegationForm(Described):
    """Letting somebody sign for me."""

    to = forms.ChoiceField(label="Who may sign for you")
    role = forms.ChoiceField(label="As")
    project = forms.ChoiceField(label="In", required=False)
    starts = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    ends = forms.DateField(
        label="Last day",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="At most 92 days. Both names stand on what is signed.",
    )
    reason = forms.CharField(label="Why", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(
        self,
        *args: Any,
        people: list[tuple[str, str]],
        roles: list[str],
        places: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "to", people)
        offer(self, "role", [(role, access.ROLES[role]) for role in roles])
        offer(self, "project", places)


class CommentForm(Described):
    """Words pinned to a part of a document."""

    place = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)
    answers = forms.UUIDField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        choices=[("question", "A question"), ("comment", "A comment"), ("answer", "An answer")],
        widget=forms.HiddenInput,
    )
    text = forms.CharField(label="Words", max_length=10_000, widget=forms.Textarea(attrs={"rows": 2}))


class PasskeyForm(Described):
    """A new passkey: what one calls it, the password again, and what the browser answered."""

    enrolment = forms.UUIDField(widget=forms.HiddenInput)
    credential = forms.JSONField(widget=forms.HiddenInput, error_messages={"required": "The browser made no passkey."})
    name = forms.CharField(
        label="What you call it",
        max_length=60,
        help_text="Such as “blue key” or “laptop”. Only you, owners and compliance officers see it.",
    )
    password = password_field("Your password")

    def clean_credential(self) -> dict[str, Any]:
        found = self.cleaned_data["credential"]
        if not isinstance(found, dict):
            raise forms.ValidationError("The browser made no passkey.")
        return found


class VouchForm(Described):
    """How one checked whose passkey it is."""

    how = forms.CharField(
        label="How you checked",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Such as “met in person, staff card seen”. It can be erased later; that you vouched cannot.",
    )


class PasskeyRevokeForm(Described):
    """Why a passkey must not be trusted any more, and from when on."""

    reason = forms.ChoiceField(label="Why", choices=[(name, words) for name, words in REASONS.items()])
    since = forms.DateTimeField(
        label="Not to be trusted since (UTC)",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
        help_text="Empty: from now on. What it signed from then on no longer counts; what it signed before does.",
    )


class IdentityForm(Described):
    """How somebody's identity was checked."""

    how = forms.CharField(
        label="How you checked who they are",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Which kind of document, in person or not. It can be erased later; that you checked cannot.",
    )


class CompetenceForm(Described):
    """What shows that somebody can judge what they sign."""

    evidence = forms.CharField(
        label="What shows their competence", max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    attachment = forms.CharField(
        label="Digest of a paper (optional)",
        required=False,
        max_length=71,
        help_text="sha256:… of a certificate kept elsewhere.",
    )


class LeaveForm(Described):
    """Who takes somebody's tasks over."""

    successor = forms.ChoiceField(label="Who takes the open tasks over", required=False)

    def __init__(self, *args: Any, persons: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "successor", [("", "nobody"), *persons])


class RejectForm(Described):
    """Saying no, with the reason."""

    reason = forms.CharField(
        label="Why you reject it",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="The authors read this. The request is over then; they can ask again with a new version.",
    )


class RevokeForm(Described):
    """Taking a sign-off back."""

    reason = forms.CharField(
        label="Why the sign-off is revoked", max_length=10_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    password = password_field("Your password")


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


class CloseReviewForm(Described):
    """The document stands as it is."""

    finding = forms.CharField(
        label="What you looked at and found",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="If it cannot stand as it is, revoke its sign-off or have a new version signed instead.",
    )
    password = password_field("Your password")


class AsOfForm(Described):
    """A moment of the past, and what is asked about it."""

    time = forms.DateTimeField(
        label="Moment (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"})
    )
    since = forms.DateTimeField(
        label="Changed since (UTC)",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}),
    )
    project = forms.ChoiceField(label="Project", required=False)
    document = forms.RegexField(regex=r"^sha256:[0-9a-f]{64}$", required=False, widget=forms.HiddenInput)
    all = forms.BooleanField(label="Also what was not in force", required=False)

    def __init__(self, *args: Any, projects: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "project", [("", "all"), *projects])


class DueFilter(Described):
    """What of all that falls due is shown."""

    project = forms.ChoiceField(label="Project", required=False)
    what = forms.ChoiceField(label="What", required=False)
    days = forms.ChoiceField(
        label="Ahead",
        required=False,
        choices=[("90", "90 days"), ("30", "30 days"), ("7", "7 days"), ("365", "a year")],
    )
    sort = forms.ChoiceField(
        label="Sort by", required=False, choices=[("at", "date"), ("project", "project"), ("what", "what")]
    )
    mine = forms.BooleanField(label="Only mine", required=False)

    def __init__(self, *args: Any, projects: list[tuple[str, str]], what: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "project", [("", "all"), *projects])
        offer(self, "what", [("", "everything"), *what])


class DocumentFilter(Described):
    """Which documents a list shows."""

    q = forms.CharField(
        label="Name or digest", required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )
    kind = forms.ChoiceField(label="Kind", required=False)
    standing = forms.ChoiceField(
        label="Standing",
        required=False,
        choices=[("", "any standing"), *((standing.value, standing.value) for standing in Standing)],
    )

    def __init__(self, *args: Any, kinds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "kind", [("", "all kinds"), *kinds])


class LedgerFilter(Described):
    """Which ledger entries a page shows."""

    event = forms.ChoiceField(label="Event", required=False)
    subject = forms.CharField(
        label="About",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
        help_text="A digest (sha256:…) or identifier (user:…, project:…, draft:…), from its beginning.",
    )
    before = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args: Any, events: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "event", [("", "every event"), *events])


class ConsistencyForm(Described):
    """A checkpoint that somebody kept, and the report they want to hold against it."""

    old = forms.IntegerField(
        label="Entries of the older one", min_value=0, help_text="The second line of the checkpoint that you kept."
    )
    new = forms.IntegerField(
        label="Entries of the newer one", min_value=0, help_text="A report says it as its ledger size, on page one."
    )


class SearchForm(Described):
    """Anything by name or digest."""

    q = forms.CharField(
        label="Name, digest or identifier", max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )


class ReportForm(Described):
    """Which document a report is about."""

    document = forms.ChoiceField(label="Document", help_text="The report tells this document's whole lineage.")

    def __init__(self, *args: Any, documents: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "document", documents)


class EnrolForm(Described):
    """A person who will sign in."""

    username = forms.CharField(label="Name to sign in with", max_length=150)
    printed_name = forms.CharField(label="Name as printed on signatures", max_length=200)
    email = forms.EmailField(label="E-mail (optional)", required=False)
    password = forms.CharField(
        label="First password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least twelve characters, not a common one.",
    )


class GrantForm(Described):
    """A role for somebody."""

    user = forms.ChoiceField(label="Person")
    role = forms.ChoiceField(label="Role", choices=list(access.ROLES.items()))
    project = forms.ChoiceField(label="In", required=False)

    def __init__(
        self, *args: Any, persons: list[tuple[str, str]], places: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "user", persons)
        offer(self, "project", places)


class ProjectForm(Described):
    """A new project."""

    name = forms.CharField(label="Name", max_length=200, help_text="Its address is made from it.")


class PasswordAgainForm(Described):
    """The password again, for a change to one's own account."""

    password = password_field("Your password")


class CodesForm(Described):
    """The first one-time code, which shows that the app has the seed."""

    code = forms.CharField(
        label="Code that the app shows now",
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    password = password_field("Your password")


class PasswordChangeForm(Described):
    """The password now, and the one from now on, twice."""

    password = password_field("Your password now")
    new = forms.CharField(
        label="New password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least twelve characters, not a common one.",
    )
    again = forms.CharField(
        label="New password again", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean_again(self) -> str:
        again = str(self.cleaned_data["again"])
        if again != self.cleaned_data.get("new"):
            raise forms.ValidationError("The two differ; type the new password again.")
        return again


class TokenForm(Described):
    """An API token: what for, what it may, how long."""

    name = forms.CharField(label="What it is for", max_length=100)
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        choices=[(name, words.capitalize()) for name, words in access.SCOPES.items()],
        initial=[access.READ],
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        label="Until",
        coerce=int,
        initial=90,
        choices=[
            (7, "in a week"),
            (30, "in 30 days"),
            (90, "in 90 days"),
            (365, "in a year"),
        ],
    )
    password = password_field("Your password")


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


class ReadsFilter(Described):
    """Which lines of the access log a page shows."""

    person = forms.CharField(label="Signs in as", required=False, max_length=150)
    subject = forms.CharField(label="Digest or identifier", required=False, max_length=100)
    since = forms.DateTimeField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateTimeField(label="Before", required=False, widget=forms.DateInput(attrs={"type": "date"}))
