"""What lists show: filters, searches, and what a report is asked of."""

from typing import Any

from django import forms

from governance.models import Report
from governance.proof.answers.inforce import Standing
from governance.web.forms.base import Described, MomentField, offer


class AsOfForm(Described):
    """A moment of the past, and what is asked about it."""

    time = MomentField(label="Moment (UTC)")
    since = MomentField(label="Changed since (UTC)", required=False)
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


class ReportFilter(Described):
    """Which reports a list shows."""

    subject = forms.CharField(
        label="About", required=False, max_length=200, widget=forms.TextInput(attrs={"type": "search"}),
        help_text="A document’s name or digest.",
    )  # fmt: skip
    kind = forms.ChoiceField(label="Kind", required=False)
    state = forms.ChoiceField(
        label="State", required=False, choices=[("", "any state"), *((one.value, one.label) for one in Report.State)]
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


class SearchForm(Described):
    """Anything by name or digest."""

    q = forms.CharField(
        label="Name, digest or identifier", max_length=200, widget=forms.TextInput(attrs={"type": "search"})
    )


class ConsistencyForm(Described):
    """A checkpoint that somebody kept, and the report they want to hold against it."""

    old = forms.IntegerField(
        label="Entries of the older one", min_value=0, help_text="The second line of the checkpoint that you kept."
    )
    new = forms.IntegerField(
        label="Entries of the newer one", min_value=0, help_text="A report says it as its ledger size, on page one."
    )


class ReadsFilter(Described):
    """Which lines of the access log a page shows."""

    person = forms.CharField(label="Signs in as", required=False, max_length=150)
    subject = forms.CharField(label="Digest or identifier", required=False, max_length=100)
    since = forms.DateTimeField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateTimeField(label="Before", required=False, widget=forms.DateInput(attrs={"type": "date"}))
