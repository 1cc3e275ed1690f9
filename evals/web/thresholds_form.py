"""The form of acceptance thresholds: metric, slice, limit and importance in words, the rest filled by a preset.

It checks shape only. What it leaves to be said is what the schema says of the saved draft, beside the form.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.http import QueryDict

from evals.engine.fields import ALL
from evals.engine.metric_names import METRICS, in_words
from evals.engine.presets import BUILT_IN, PresetBody
from evals.engine.spec import EvaluationSetBody, RubricBody
from evals.engine.stages import STAGES
from governance.web.forms.base import Described, offer

MOST: Final = 60
"""thresholds that one form holds"""
KINDS: Final = (
    ("absolute", "the limit itself"),
    ("non_inferiority", "what it is compared with, less the limit"),
    ("relative", "the limit times what it is compared with"),
    ("zero_tolerance", "not one failure, which rules out a failure rate of the limit"),
    ("gap", "a difference between groups of the limit"),
)
CALCULATED: Final = (
    "alpha", "power", "n_min", "estimand", "cluster_key", "missing_policy", "against", "groups", "stage", "layer",
)  # fmt: skip

ALWAYS: Final = (
    "id", "metric", "slice", "layer", "stage", "direction", "kind", "limit", "importance", "cluster_key",
    "missing_policy",
)  # fmt: skip


class ThresholdForm(Described):
    """One threshold."""

    id = forms.CharField(label="Name", max_length=64)
    metric = forms.ChoiceField(label="What is measured")
    slice = forms.ChoiceField(label="On which cases")
    direction = forms.ChoiceField(label="It must be", choices=[(">=", "at least"), ("<=", "at most")])
    kind = forms.ChoiceField(label="Held against", choices=KINDS)
    limit = forms.CharField(label="Limit", max_length=40, help_text="Such as 0.9 for 90 in 100.")
    importance = forms.ChoiceField(
        label="If it is not shown", choices=[("hard", "no release (hard)"), ("soft", "it is only told (soft)")]
    )
    exception = forms.CharField(
        label="Why it is signed though its cases cannot decide it",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Leave it empty unless that is so.",
    )
    alpha = forms.CharField(
        label="Chance of a wrong PASS (α)", required=False, max_length=40, help_text="Empty: as the preset says."
    )
    power = forms.CharField(
        label="Chance to show what is true", required=False, max_length=40, help_text="Empty: as the preset says."
    )
    n_min = forms.IntegerField(
        label="Fewest cases", required=False, min_value=1, max_value=10_000_000, help_text="Empty: as the preset says."
    )
    estimand = forms.CharField(label="What is estimated, in words", required=False, max_length=300)
    cluster_key = forms.ChoiceField(
        label="Cases of one cluster", choices=[("cluster", "depend on one another"), ("none", "count as independent")]
    )
    missing_policy = forms.ChoiceField(
        label="A case without an answer",
        choices=[("failure", "is a failure"), ("excluded_with_bound", "is left out, with a bound for the worst")],
    )
    against = forms.ChoiceField(
        label="Compared with",
        required=False,
        choices=[("", "nothing, or the baseline"), ("baseline", "the baseline"), ("last_release", "the last release")],
    )
    groups = forms.MultipleChoiceField(
        label="Groups held against one another", required=False, widget=forms.CheckboxSelectMultiple
    )
    stage = forms.ChoiceField(
        label="Decides", choices=[("release", "the release"), ("pilot", "the pilot"), ("production", "production")]
    )
    layer = forms.ChoiceField(
        label="Says something about",
        choices=[("quality", "the model"), ("workflow", "the work"), ("business_risk", "business and risk")],
    )

    def __init__(self, *args: Any, metrics: list[tuple[str, str]], slices: list[str], **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"{kwargs['prefix']}_%s", **kwargs)
        initial = kwargs.get("initial") or {}
        offer(self, "metric", _with(metrics, initial.get("metric")))
        offer(self, "slice", _with([(ALL, "all cases"), *((name, name) for name in slices)], initial.get("slice")))
        offer(self, "groups", [(name, name) for name in slices])

    def asked_fields(self) -> list[forms.BoundField]:
        """What everybody is asked."""
        return [self[n] for n in ("id", "metric", "slice", "direction", "kind", "limit", "importance")]

    def calculated_fields(self) -> list[forms.BoundField]:
        """How it is calculated."""
        return [self[name] for name in CALCULATED]

    @property
    def calculated_wrong(self) -> bool:
        """Whether something behind the fold needs mending."""
        return any(name in self.errors for name in (*CALCULATED, "exception"))

    def threshold(self, preset: PresetBody | None) -> dict[str, Any]:
        """Return the threshold as a body holds it, filled by the preset."""
        given = self.cleaned_data
        filled = preset.fills if preset else {}
        found = {
            name: given[name] for name in ("id", "metric", "slice", "layer", "stage", "direction", "kind", "limit")
        }
        found |= {name: given[name] for name in ("importance", "cluster_key", "missing_policy")}
        for name in ("alpha", "power", "n_min"):
            value = given[name] or filled.get(name)
            if value is not None:
                found[name] = value
        for name in ("estimand", "against", "groups"):
            if given[name]:
                found[name] = given[name]
        return found


def _decides(stage: str) -> forms.CharField:
    return forms.CharField(
        label=f"What the stage {stage} decides", required=False, max_length=300, help_text=f"Empty: {STAGES[stage]}."
    )


class HeadForm(Described):
    """What the thresholds of a plan say once."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    rows = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=MOST)
    title = forms.CharField(label="Title", max_length=300)
    preset = forms.ChoiceField(
        label="Preset",
        choices=[
            *((name, f"{name}: {found.words}") for name, found in BUILT_IN.items()),
            ("own", "own: everything is said at each threshold"),
        ],
        help_text="Fills what is left empty. A signed preset, where one is chosen above, goes before it.",
    )
    subgroups = forms.CharField(
        label="Why no groups of people are compared",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Empty where a threshold compares them; signed with the plan.",
    )
    stage_release = _decides("release")
    stage_pilot = _decides("pilot")
    stage_production = _decides("production")

    def stage_fields(self) -> list[forms.BoundField]:
        """What each stage decides, in words."""
        return [self[f"stage_{name}"] for name in STAGES]

    def stages(self) -> dict[str, str]:
        """Return what the plan says that stages decide."""
        said = {name: self.cleaned_data[f"stage_{name}"].strip() for name in STAGES}
        return {name: words for name, words in said.items() if words}


class ThresholdsForm:
    """All of a plan's thresholds: a head and a row each; `act` says which button was pressed."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        body: Mapping[str, Any],
        revision: int,
        cases: EvaluationSetBody | None,
        rubric: RubricBody | None,
        measures: Sequence[str] = (),
    ) -> None:
        self._before = body
        outside = [(f"measure:{name}", in_words(f"measure:{name}")) for name in measures]
        self._metrics, self._slices = metrics(cases, rubric) + outside, sorted(cases.slices) if cases else []
        asked = _items(body)
        self.act = data.get("act", "save") if data is not None else ""
        head = {"revision": revision, "rows": max(1, len(asked)), **{k: body.get(k) for k in ("title", "subgroups")}}
        said = body.get("stages")
        head |= {f"stage_{name}": said.get(name, "") for name in STAGES} if isinstance(said, dict) else {}
        self.head = HeadForm(data, initial=head | {"preset": body.get("preset") or "standard"})
        reasons = body.get("exceptions")
        known = reasons if isinstance(reasons, dict) else {}
        if data is None:
            initial = [{**t, "exception": known.get(str(t.get("id")), "")} for t in asked] or [{}]
            self.rows = [self._row(number, initial=one) for number, one in enumerate(initial)]
            return
        text = data.get("rows", "")
        count = min(int(text), MOST) if text.isascii() and text.isdigit() and len(text) < 4 else 1
        kept = [n for n in range(count) if self.act != f"remove-{n}" or count == 1]
        if self.act == "save":
            self.rows = [self._row(number, data=data) for number in kept]
        else:
            self._change(data, kept)

    def _row(self, number: int, **more: Any) -> ThresholdForm:
        return ThresholdForm(prefix=f"t{number}", metrics=self._metrics, slices=self._slices, **more)

    def _change(self, data: QueryDict, kept: list[int]) -> None:
        """Show what was typed with one row more or fewer, numbered anew; nothing is checked or saved."""
        typed = [{name: _typed(data, f"t{n}-{name}", name) for name in ThresholdForm.base_fields} for n in kept]
        if self.act == "add" and len(typed) < MOST:
            typed.append({})
        self.rows = [self._row(number, initial=one) for number, one in enumerate(typed)]
        head = {name: data.get(name, "") for name in HeadForm.base_fields}
        self.head = HeadForm(initial=head | {"rows": len(typed)})

    def is_valid(self) -> bool:
        """Return whether everything typed has the right shape."""
        return all([self.head.is_valid(), *(row.is_valid() for row in self.rows)])

    def body(self, signed: PresetBody | None = None) -> dict[str, Any]:
        """Return the body, filled by the signed preset if one was chosen; what the form does not ask stays."""
        given = self.head.cleaned_data
        preset = signed or BUILT_IN.get(given["preset"])
        found: dict[str, Any] = {"title": given["title"], "preset": preset.preset if preset else given["preset"]}
        if stages := self.head.stages():
            found["stages"] = stages
        found["thresholds"] = [row.threshold(preset) for row in self.rows]
        if given["subgroups"].strip():
            found["subgroups"] = given["subgroups"].strip()
        reasons = {row.cleaned_data["id"]: row.cleaned_data["exception"].strip() for row in self.rows}
        if told := {name: why for name, why in reasons.items() if why}:
            found["exceptions"] = told
        return found


def metrics(cases: EvaluationSetBody | None, rubric: RubricBody | None) -> list[tuple[str, str]]:
    """Return the metrics a plan can name, in words: those that its rubric grades and its labels and criteria allow."""
    graders = {criterion.grader for criterion in rubric.criteria} if rubric else None
    found = []
    for name, known in METRICS.items():
        if known.graders and graders is not None and graders.isdisjoint(known.graders):
            continue
        if known.argument in ("", "field") and name != "measure":
            found.append(name)
        if known.argument == "label" and cases:
            found += [f"{name}:{label}" for label in cases.labels]
        if known.argument == "criterion" and rubric:
            criteria = rubric.criteria_of("human") if known.family == "agreement" else rubric.criteria
            found += [f"{name}:{criterion.name}" for criterion in criteria]
    return [(name, in_words(name)) for name in found]


def _with(choices: list[tuple[str, str]], value: Any) -> list[tuple[str, str]]:
    known = {name for name, _ in choices}
    return choices if not value or value in known else [*choices, (str(value), in_words(str(value)))]


def _typed(data: QueryDict, key: str, name: str) -> Any:
    return data.getlist(key) if name == "groups" else data.get(key, "")


def _items(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = body.get("thresholds")
    return [one for one in found if isinstance(one, dict)][:MOST] if isinstance(found, list) else []
