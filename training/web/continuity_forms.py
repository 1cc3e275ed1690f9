"""The forms of deployments, fallback plans, drills and estimates."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms

from governance.proof.sections.continuity import ROUTES, STAGES
from governance.web.forms.base import Described, describe, offer

POINTS: Final = {"low": "At best", "likely": "Most likely", "high": "At worst"}
CRITICALITY: Final = [("", "choose"), ("low", "low"), ("standard", "standard"), ("high", "high")]


def _day(label: str, **more: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **more)


def _text(label: str, rows: int, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=20_000, widget=forms.Textarea(attrs={"rows": rows}), **more)


class DeploymentForm(Described):
    """A service that a model stands behind."""

    service = forms.CharField(label="Service", max_length=300)
    environment = forms.CharField(label="Environment", max_length=300, help_text="Such as production or staging.")
    serves = forms.ChoiceField(
        label="It serves",
        required=False,
        help_text="A release is best. Without any of them its origin is unproven, and shown so everywhere.",
    )
    stated_base = forms.CharField(
        label="Said to run on (where nothing proves it)",
        required=False,
        max_length=300,
        help_text="The name of the base model, as the service's people give it.",
    )
    criticality = forms.ChoiceField(label="Criticality", choices=CRITICALITY)
    max_outage_hours = forms.IntegerField(label="Longest tolerable outage, in hours", min_value=0, max_value=87_600)
    since = _day("Serving since")
    until = _day("Ended, or ends, on", required=False)
    need_until = _day("Needed until", required=False, help_text="Empty: as long as the use case says.")
    owner = forms.CharField(label="Owner", max_length=300, help_text="A role or a team.")
    daily_impact = forms.DecimalField(
        label="What a day without it costs", required=False, min_value=0, max_digits=18, decimal_places=2
    )
    currency = forms.CharField(label="Currency", required=False, max_length=3, help_text="Three letters, such as EUR.")

    def __init__(self, *args: Any, origins: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "serves", [("", "nothing that is on record here"), *origins])

    def row(self) -> dict[str, str]:
        """Return what was filled in, as a row of a table would say it."""
        given: Mapping[str, Any] = self.cleaned_data
        role, _, digest = str(given["serves"]).partition("=")
        said = {name: value for name, value in given.items() if name != "serves" and value not in (None, "")}
        plain = {name: format(value, "f") if name == "daily_impact" else str(value) for name, value in said.items()}
        return plain | ({role: digest} if digest else {})


class DeploymentsForm(Described):
    """A table of deployments."""

    file = forms.FileField(
        label="Table",
        help_text="A CSV file or a workbook (.xlsx), one deployment a row, at most 2,000.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
    )


class FallbackForm(Described):
    """What is done when a base model goes away."""

    title = forms.CharField(label="Title", max_length=300)
    base_model = forms.ChoiceField(label="For the base model")
    route = forms.ChoiceField(
        label="Route", choices=[("", "choose"), *((name, words.capitalize()) for name, words in ROUTES.items())]
    )
    successor = forms.ChoiceField(label="Successor", required=False)
    thresholds = forms.ChoiceField(
        label="The successor is measured by",
        required=False,
        help_text="Acceptance thresholds with their evaluation set; the plan's page starts the measuring.",
    )
    steps = _text("Steps", 5, help_text="What is done, in order, and where what it needs is found.")
    owner = forms.CharField(label="Owner", max_length=300, help_text="A role or a team.")
    trigger_date = _day("Begins on, at the latest")
    drill_days = forms.IntegerField(label="Practised at least every … days", min_value=1, max_value=1095, initial=180)
    base = forms.ChoiceField(label="Next version of", required=False)

    def __init__(
        self,
        *args: Any,
        models: list[tuple[str, str]],
        thresholds: list[tuple[str, str]],
        plans: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "base_model", [("", "choose"), *models])
        offer(self, "successor", [("", "none"), *models])
        offer(self, "thresholds", [("", "nothing yet"), *thresholds])
        offer(self, "base", [("", "a new plan"), *plans])

    def body(self) -> dict[str, Any]:
        """Return the body of the plan."""
        given = self.cleaned_data
        return {name: given[name] for name in ("title", "route", "steps", "owner", "drill_days")} | {
            "trigger_date": given["trigger_date"].isoformat()
        }

    def references(self) -> list[dict[str, str]]:
        """Return what it refers to."""
        given = self.cleaned_data
        return [
            {"role": role, "digest": given[role]} for role in ("base_model", "successor", "thresholds") if given[role]
        ]


class DrillForm(Described):
    """What came of practising a plan."""

    date = _day("Held on")
    outcome = forms.ChoiceField(
        label="Outcome", choices=[("passed", "it went as the plan says"), ("failed", "it did not")],
        widget=forms.RadioSelect,
    )  # fmt: skip
    finding = _text("Finding", 3, help_text="What was done, how long it took, what has to change.")


class EstimateForm(Described):
    """Three points for each stage; stages without any are left out."""

    title = forms.CharField(label="Title", max_length=300)
    basis = _text("Basis", 3, help_text="What the figures rest on, and which roles were asked.")
    base = forms.ChoiceField(label="Next version of", required=False)

    def __init__(self, *args: Any, estimates: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for stage in STAGES:
            for point, words in POINTS.items():
                self.fields[f"{stage}_{point}"] = forms.DecimalField(
                    label=words,
                    required=False,
                    min_value=0,
                    max_value=3650,
                    max_digits=7,
                    decimal_places=2,
                )
        describe(self)
        offer(self, "base", [("", "a new estimate"), *estimates])

    @property
    def stages(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields of each stage, by what ends it."""
        return [(until, [self[f"{stage}_{point}"] for point in POINTS]) for stage, until in STAGES.items()]

    def body(self) -> dict[str, Any]:
        """Return the body of the estimate; a stage with some points only is kept, so that it is refused in words."""
        given = self.cleaned_data
        stages = []
        for stage in STAGES:
            points = {point: given[f"{stage}_{point}"] for point in POINTS}
            if any(value is not None for value in points.values()):
                said = {point: format(value, "f") for point, value in points.items() if value is not None}
                stages.append({"stage": stage, **said})
        return {"title": given["title"], "basis": given["basis"], "stages": stages}
