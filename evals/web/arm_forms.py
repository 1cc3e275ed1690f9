"""The forms of arms: which are looked at, and one for each way to answer that a further one may have."""

from collections.abc import Sequence
from typing import Any

from django import forms

from evals.engine.fields import ALL
from evals.engine.metric_names import in_words
from evals.selectors.arms import Arm
from evals.services.arms import Answers
from governance.endpoints import Listed
from governance.web.forms.base import Described, offer

ARMS = [
    ("retrieval", "Retrieval: a model that looks things up"),
    ("other", "Other: another model or system"),
]


def note_field() -> forms.CharField:
    """What the author wants to say."""
    return forms.CharField(
        label="Note", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="Optional."
    )


class ArmsForm(Described):
    """Which arms stand side by side, drawn by which metric, compared with which of them."""

    arm = forms.MultipleChoiceField(
        label="Arms", required=False, widget=forms.CheckboxSelectMultiple, help_text="None chosen: the newest of each."
    )
    against = forms.ChoiceField(label="Compared with", required=False)
    metric = forms.ChoiceField(label="Drawn", required=False)

    def __init__(self, *args: Any, arms: Sequence[Arm], metrics: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(arm.result.digest, f"{arm.name}: {arm.answered}, attempt {arm.spec.attempt_index}") for arm in arms]
        offer(self, "arm", named)
        offer(self, "against", [("", "the base model"), *named])
        offer(self, "metric", [("", "what the plan asks first")] + [
            (name, in_words(name)) for piece, name in metrics if piece == ALL
        ])  # fmt: skip
        self.cleaned_data: dict[str, Any] = {}


class AnswersFilter(Described):
    """Which cases are looked at."""

    q = forms.CharField(label="Words in the question", required=False, max_length=200)
    slice = forms.ChoiceField(label="Slice", required=False)
    apart = forms.BooleanField(label="Only where the arms disagree", required=False)

    def __init__(self, *args: Any, slices: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "slice", [("", "all"), *((name, name) for name in slices)])


class PricedForm(Described):
    """What tokens cost."""

    price_in = forms.DecimalField(
        label="Price of a million tokens read, in US dollars", required=False, min_value=0, decimal_places=6
    )
    price_out = forms.DecimalField(
        label="Price of a million tokens written, in US dollars", required=False, min_value=0, decimal_places=6
    )

    def prices(self) -> dict[str, str]:
        """Return the prices that were given."""
        given = {name: self.cleaned_data[name] for name in ("price_in", "price_out")}
        return {name: f"{value:f}" for name, value in given.items() if value is not None}


class RecordedForm(PricedForm):
    """Answers that another system recorded, and where they come from."""

    arm = forms.ChoiceField(label="Arm", choices=ARMS, widget=forms.RadioSelect, initial="retrieval")
    file = forms.FileField(
        label="Recorded answers",
        help_text="JSON Lines with id and output for every case, and what is known of repeat, tokens_in, tokens, "
        "seconds and cost.",
    )
    system = forms.CharField(label="What answered", max_length=300, help_text="System and version.")
    made_by = forms.CharField(label="Who had it answer", max_length=300, help_text="A team or a role, no name.")
    made_on = forms.DateField(label="On", widget=forms.DateInput(attrs={"type": "date"}))
    model = forms.CharField(label="The model it used", max_length=300, required=False)
    sources = forms.CharField(label="What it could look things up in", max_length=300, required=False)
    note = note_field()
    field_order = ("arm", "file", "system", "model", "sources", "made_by", "made_on", "price_in", "price_out", "note")

    def asked(self) -> dict[str, Any]:
        """Return what the service is asked."""
        given = self.cleaned_data
        recording = {name: given[name] for name in ("system", "made_by", "model", "sources") if given[name]}
        recording |= {"made_on": given["made_on"].isoformat(), **self.prices()}
        file = given["file"]
        return {"arm": given["arm"], "answers": Answers(file.name or "answers.jsonl", file.chunks(), recording)}


class EndpointForm(PricedForm):
    """A model behind an endpoint that the operator lists."""

    arm = forms.ChoiceField(label="Arm", choices=ARMS, widget=forms.RadioSelect, initial="other")
    endpoint = forms.ChoiceField(label="Endpoint", help_text="The operator lists them, each with its key.")
    model = forms.CharField(label="Model, as it is called there", max_length=300)
    concurrency = forms.IntegerField(label="Requests at once", min_value=1, max_value=256, initial=8)
    requests_per_minute = forms.IntegerField(
        label="Requests a minute at most", min_value=1, max_value=1_000_000, required=False
    )
    timeout = forms.IntegerField(label="Seconds to wait for an answer", min_value=1, max_value=3600, initial=120)
    note = note_field()
    field_order = (
        "arm", "endpoint", "model", "price_in", "price_out", "concurrency", "requests_per_minute", "timeout", "note",
    )  # fmt: skip

    def __init__(self, *args: Any, listed: tuple[Listed, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._listed = listed
        words = (f"{one.address}, key from {one.variable}" if one.variable else one.address for one in listed)
        offer(self, "endpoint", [(str(number), text) for number, text in enumerate(words)])

    def asked(self) -> dict[str, Any]:
        """Return what the service is asked."""
        given, chosen = self.cleaned_data, self._listed[int(self.cleaned_data["endpoint"])]
        endpoint = {
            "address": chosen.address,
            "model": given["model"],
            "key_from": chosen.variable,
            "concurrency": given["concurrency"],
            "requests_per_minute": given["requests_per_minute"],
            "timeout": str(given["timeout"]),
        }
        return {"arm": given["arm"], "endpoint": endpoint | self.prices()}


class ModelForm(Described):
    """A model of another run, or another base model."""

    subject = forms.ChoiceField(label="Model", help_text="It is measured as it is, and gets no verdict.")
    note = note_field()

    def __init__(self, *args: Any, subjects: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "subject", subjects)

    def asked(self) -> dict[str, Any]:
        """Return what the service is asked, but for the model itself."""
        return {"arm": "other"}
