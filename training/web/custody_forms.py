"""The forms of restore drills and probes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django import forms

from governance.endpoints import Listed
from governance.models import Project
from governance.web.forms.base import Described, offer

LAYOUTS = [("names", "The files of the manifest by their names"), ("store", "A copy of the byte store, by digest")]


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class AboutBase(Described):
    """What drills and probes share: the project that answers for it, a title, and what is asked."""

    project = forms.ChoiceField(label="Project", help_text="Its policy applies, and its people see the result.")
    title = forms.CharField(label="Title", max_length=300)
    prompts = forms.CharField(
        label="Prompts", max_length=20_000, widget=forms.Textarea(attrs={"rows": 4}), help_text="One a line."
    )
    max_new_tokens = forms.IntegerField(label="Tokens of an answer at most", min_value=1, max_value=512, initial=32)

    def __init__(self, *args: Any, projects: Sequence[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._projects = {project.slug: project for project in projects}
        offer(self, "project", [(project.slug, project.name) for project in projects])

    def chosen(self) -> Project:
        """Return the project."""
        return self._projects[self.cleaned_data["project"]]


class DrillForm(AboutBase):
    """A restore drill: from which backup, and what the restored model is asked."""

    backup = forms.ChoiceField(label="Backup", help_text="The operator lists them.")
    layout = forms.ChoiceField(label="How it is laid out", choices=LAYOUTS, widget=forms.RadioSelect, initial="names")
    folder = forms.CharField(
        label="Folder in the backup", max_length=512, required=False, help_text="Empty: the backup's top."
    )
    max_minutes = forms.IntegerField(
        label="Time limit in minutes", min_value=1, max_value=7 * 24 * 60, initial=60,
        help_text="Fetching, loading and answering together. Large weights need hours.",
    )  # fmt: skip
    field_order = ("project", "title", "backup", "layout", "folder", "prompts", "max_new_tokens", "max_minutes")

    def __init__(self, *args: Any, listed: Mapping[str, Path], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "backup", [(name, name) for name in sorted(listed)])

    def asked(self) -> dict[str, Any]:
        """Return the body of the drill."""
        given = self.cleaned_data
        kept = {name: given[name] for name in ("title", "backup", "layout", "max_new_tokens")}
        return kept | {
            "folder": given["folder"] or None,
            "prompts": _lines(given["prompts"]),
            "max_seconds": 60 * given["max_minutes"],
        }


class ProbeForm(AboutBase):
    """A probe of a hosted model: fixed prompts, how often, and again after how many days."""

    endpoint = forms.ChoiceField(label="Endpoint", help_text="The operator lists them, each with its key.")
    model = forms.CharField(label="Model, as it is called there", max_length=300)
    system = forms.CharField(
        label="System prompt", max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    repeats = forms.IntegerField(
        label="Answers to each prompt", min_value=2, max_value=50, initial=20,
        help_text="More answers and more prompts find smaller changes; twenty to twenty is a good start.",
    )  # fmt: skip
    temperature = forms.DecimalField(
        label="Temperature", min_value=0, max_value=2, decimal_places=2, initial=1,
        help_text="Above 0 a change of the whole distribution is seen, not only of the likeliest answer.",
    )  # fmt: skip
    cadence_days = forms.IntegerField(
        label="Again every so many days", min_value=1, max_value=366, required=False, help_text="Empty: by hand alone."
    )
    alpha = forms.DecimalField(
        label="Wrong alarms at most (α)", min_value=0, max_value=1, decimal_places=3, initial="0.01",
        help_text="Of each probe, over all its tests together.",
    )  # fmt: skip
    field_order = (
        "project", "title", "endpoint", "model", "system", "prompts", "repeats", "temperature", "max_new_tokens",
        "cadence_days", "alpha",
    )  # fmt: skip

    def __init__(self, *args: Any, listed: Sequence[Listed], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._listed = {f"{one.address} {one.variable or ''}".strip(): one for one in listed}
        words = {True: "{0.address}, key from {0.variable}", False: "{0.address}"}
        offer(self, "endpoint", [(value, words[bool(one.variable)].format(one)) for value, one in self._listed.items()])

    def asked(self) -> dict[str, Any]:
        """Return the body of the probe; prompts are named by their place."""
        given, chosen = self.cleaned_data, self._listed[self.cleaned_data["endpoint"]]
        prompts = enumerate(_lines(given["prompts"]), start=1)
        return {name: given[name] for name in ("title", "repeats", "max_new_tokens", "cadence_days")} | {
            "endpoint": {"address": chosen.address, "model": given["model"], "key_from": chosen.variable},
            "system": given["system"] or None,
            "prompts": [{"id": f"prompt-{number}", "text": text} for number, text in prompts],
            "temperature": f"{given['temperature'].normalize():f}",
            "alpha": f"{given['alpha'].normalize():f}",
        }
