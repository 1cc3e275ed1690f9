"""The forms of what sources say of base models: a feed, and one word that somebody read."""

from datetime import UTC
from typing import Any

from django import forms
from django.utils import timezone

from governance.proof.sections.tuning import PHASES
from governance.web.forms.base import Described
from training.lifecycle.feeds.reading import LONGEST, LONGEST_URL, LONGEST_WORDS, PRECISIONS
from training.lifecycle.feeds.registry import FORMATS, RANKS

DAY = {"type": "date"}
PRECISION_WORDS = {
    "exact": "that very day",
    "earliest": "that day or later",
    "tentative": "a day that may still move",
}


def _day(label: str, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"), **more)


class _FromSource(Described):
    """What both forms ask: when the source said so, and where."""

    retrieved_on = _day("Retrieved on (UTC)", help_text="When the source said so. After a while it counts as stale.")
    url = forms.URLField(label="Address", required=False, max_length=LONGEST_URL, assume_scheme="https")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["retrieved_on"].initial = timezone.now().astimezone(UTC).date


class FeedForm(_FromSource):
    """A file with everything that a source says, or a part of it."""

    form = forms.ChoiceField(label="Format", choices=[(one.name, one.label) for one in FORMATS.values()])
    file = forms.FileField(
        label="File", widget=forms.ClearableFileInput(attrs={"accept": ".json,.csv"}), max_length=200
    )
    source = forms.CharField(
        label="Source",
        required=False,
        max_length=LONGEST,
        help_text="What the source is called; empty for the format’s own name. A table or JSON of ours needs one.",
    )
    complete = forms.BooleanField(
        label="It says everything that this source says (for a table or JSON of ours)",
        required=False,
        help_text="Then what it does not list any more is recorded as gone.",
    )
    field_order = ("form", "file", "source", "url", "retrieved_on", "complete")


class ObservationForm(_FromSource):
    """One thing that somebody read at a source."""

    source = forms.CharField(label="Source", max_length=LONGEST, help_text="Such as “OpenAI’s page of deprecations”.")
    rank = forms.TypedChoiceField(
        label="What it is", coerce=int, choices=[(n, w.capitalize()) for n, w in RANKS.items() if n > 1], initial=2
    )
    model = forms.CharField(label="Model", max_length=LONGEST, help_text="As the source writes it.")
    channel = forms.CharField(
        label="Channel", max_length=LONGEST, help_text="Such as openai, azure, bedrock/eu-west-1."
    )
    phase = forms.ChoiceField(
        label="About", choices=[(name, words.capitalize()) for name, words in PHASES.items()], initial="retired"
    )
    date = _day("Date", required=False, help_text="Empty: the source names none.")
    precision = forms.ChoiceField(label="Meant as", choices=[(name, PRECISION_WORDS[name]) for name in PRECISIONS])
    announced_on = _day("Announced on", required=False)
    words = forms.CharField(
        label="In the source’s words",
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Copied, not told anew.",
    )
    idle_days = forms.IntegerField(
        label="Lost before, when unused for (days)", required=False, min_value=1, max_value=3650
    )
    field_order = (
        "source", "rank", "url", "retrieved_on", "model", "channel", "phase", "date", "precision", "announced_on",
        "words", "idle_days",
    )  # fmt: skip
