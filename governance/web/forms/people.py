"""The forms about people: enrolment, roles, records, delegations, projects."""

from typing import Any

from django import forms

from governance import access
from governance.web.forms.base import Described, offer
from governance.web.forms.proof import ProofForm


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


class GrantForm(ProofForm):
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


class IdentityForm(ProofForm):
    """How somebody's identity was checked."""

    how = forms.CharField(
        label="How you checked who they are",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Which kind of document, in person or not. It can be erased later; that you checked cannot.",
    )


class AddressForm(ProofForm):
    """Where somebody's mail goes."""

    email = forms.EmailField(
        label="E-mail", required=False, help_text="Notices go there, and single sign-on knows them by it. Empty: none."
    )


class CompetenceForm(ProofForm):
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


class LeaveForm(ProofForm):
    """Who takes somebody's tasks over."""

    successor = forms.ChoiceField(label="Who takes the open tasks over", required=False)

    def __init__(self, *args: Any, persons: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "successor", [("", "nobody"), *persons])


class DelegationForm(ProofForm):
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
