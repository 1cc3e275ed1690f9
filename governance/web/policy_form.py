"""The guided editor of a policy: one small form a kind, instead of JSON. It checks shape only.

What it leaves to be said is what the schema and `policy.vet` say of the saved draft, beside the form.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from django import forms
from pydantic import ValidationError

from governance import access, policy_words, registry
from governance.gates import Weight
from governance.policy import MOST_DAYS_KEPT, MOST_SIGNATURES, PolicyBody, SigningRule
from governance.proof.answers.quorum import METHODS
from governance.web.forms.base import Described, offer

SIGNERS = sorted(access.SIGNERS)
KEEP = ""
"""The choice of a check's own weight: the policy does not name it."""


def _whole(label: str, most: int, **more: Any) -> forms.IntegerField:
    more = {"required": False, "min_value": 1, "max_value": most, **more}
    return forms.IntegerField(label=label, **more)


class RuleForm(Described):
    """Who signs one kind, how, and for how long."""

    any_count = _whole("So many more signatures", MOST_SIGNATURES)
    any_roles = forms.MultipleChoiceField(
        label="Each of these by any one of",
        required=False,
        choices=[(role, access.label(role)) for role in SIGNERS],
        widget=forms.CheckboxSelectMultiple,
    )
    exclude = forms.MultipleChoiceField(
        label="Who else may not sign", required=False, widget=forms.CheckboxSelectMultiple
    )
    method = forms.ChoiceField(label="Signed at least by", choices=list(policy_words.METHODS.items()))
    validity_days = _whole("Valid for (days)", 3650, required=True)
    open_all = forms.BooleanField(label="The document must have been opened", required=False)
    identity = forms.BooleanField(label="The signer's identity must be on record", required=False)
    sample = _whole("Cases to review, where there are cases", 500, min_value=0)
    request_days = _whole("A request runs out after (days)", 365)
    remind_days = _whole("Reminder after (days)", 365)
    escalate_days = _whole("Told to somebody else after (days)", 365)
    escalate_to = forms.ChoiceField(
        label="namely the",
        required=False,
        choices=[("", "nobody"), *((role, access.label(role)) for role in SIGNERS)],
    )
    review_days = _whole("A review opens before the end (days)", 365, min_value=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "rule_%s")
        super().__init__(*args, **kwargs)
        offer(self, "exclude", [(e.name, e.label) for e in registry.EXCLUSIONS.values()])

    def role_fields(self) -> list[forms.BoundField]:
        """How many signatures of each role."""
        return [self[f"role_{role}"] for role in SIGNERS]

    def rule(self) -> dict[str, Any]:
        """Return the rule as a policy's body holds it; what is left empty is left out."""
        given = self.cleaned_data
        counts = {role: given.get(f"role_{role}") for role in SIGNERS}
        found: dict[str, Any] = {"roles": {role: count for role, count in counts.items() if count}}
        if given.get("any_count") or given.get("any_roles"):
            found["any_of"] = {"roles": sorted(given["any_roles"]), "count": given.get("any_count") or 1}
        return found | {name: given[name] for name in SigningRule.model_fields if given.get(name)}


for _role in SIGNERS:
    RuleForm.base_fields[f"role_{_role}"] = _whole(access.label(_role).capitalize(), MOST_SIGNATURES, min_value=0)


class HeadForm(Described):
    """What a policy says once: title, tier, attempts, the weights of checks, how long things are kept, and periods."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    title = forms.CharField(label="Title", max_length=200)
    tier = forms.ChoiceField(
        label="Risk tier it governs", choices=[(t, t) for t in get_args(PolicyBody.model_fields["tier"].annotation)]
    )
    max_attempts = _whole("Attempts of an unchanged job without a new launch", 10, required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gates: list[tuple[str, list[str]]] = []
        for gate in registry.GATES.values():
            names = []
            for check in gate.checks:
                name = f"check_{check.name}"
                choices = [w.value for w in Weight if not _lighter(w, check.least)]
                if len(choices) > 1 and name not in self.fields:
                    own = f"as it is: {check.default.value}"
                    self.fields[name] = forms.ChoiceField(
                        label=check.title, required=False, choices=[(KEEP, own), *((c, c) for c in choices)]
                    )
                    self.fields[name].widget.attrs["class"] = "form-select"
                    names.append(name)
            if names:
                self.gates.append((gate.label, names))
        for kind in registry.KINDS.values():
            self.fields[f"retention_{kind.name}"] = _whole(kind.label.capitalize(), MOST_DAYS_KEPT)
            self.fields[f"retention_{kind.name}"].widget.attrs["class"] = "form-control"
        for period in registry.PERIODS.values():
            label = f"{period.label.capitalize()} (days; {period.days} unless set)"
            self.fields[f"period_{period.name}"] = _whole(label, period.most)
            self.fields[f"period_{period.name}"].widget.attrs["class"] = "form-control"

    def retention_fields(self) -> list[forms.BoundField]:
        """For how long files and private parts of each kind are kept, by the kind's label."""
        kinds = sorted(registry.KINDS.values(), key=lambda kind: kind.label)
        return [self[f"retention_{kind.name}"] for kind in kinds]

    def retained(self) -> int:
        """Return for how many kinds a time is given."""
        return sum(bool(field.value()) for field in self.retention_fields())

    def retention_errors(self) -> bool:
        """Return whether one of them has to be mended."""
        return any(field.errors for field in self.retention_fields())

    def retention(self) -> dict[str, int]:
        """Return for how many days files and private parts are kept, of the kinds for which that was said."""
        return self._days("retention", registry.KINDS)

    def period_fields(self) -> list[forms.BoundField]:
        """The periods that can be set."""
        return [self[f"period_{name}"] for name in registry.PERIODS]

    def periods(self) -> dict[str, int]:
        """Return the periods that were set."""
        return self._days("period", registry.PERIODS)

    def _days(self, what: str, names: Iterable[str]) -> dict[str, int]:
        given = {name: self.cleaned_data.get(f"{what}_{name}") for name in names}
        return {name: days for name, days in given.items() if days}

    def check_fields(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """The weights that can be chosen, gate by gate; a check of two gates stands at the first."""
        for label, names in self.gates:
            yield label, [self[name] for name in names]

    def checks(self) -> dict[str, str]:
        """Return the weights that were chosen."""
        return {
            name.removeprefix("check_"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("check_") and value != KEEP
        }


def _lighter(weight: Weight, least: Weight) -> bool:
    order = (Weight.ADVISORY, Weight.SOFT, Weight.HARD)
    return order.index(weight) < order.index(least)


@dataclass(frozen=True)
class Part:
    """The form of one kind, with what it says in words (empty while it says nothing that holds)."""

    kind: str
    label: str
    form: RuleForm
    words: str

    @property
    def open(self) -> bool:
        """True when there is something to mend in it."""
        return bool(self.form.errors) or not self.words


class PolicyForm:
    """All of a policy: `head` and one `part` for each kind that is signed."""

    def __init__(self, data: Any = None, *, body: Mapping[str, Any], revision: int) -> None:
        self._before = body
        chosen = _mapping(body.get("checks"))
        self.head = HeadForm(
            data,
            initial={
                "revision": revision,
                "title": body.get("title", ""),
                "tier": body.get("tier", "standard"),
                "max_attempts": body.get("max_attempts", 1),
                **{f"check_{name}": weight for name, weight in chosen.items()},
                **{f"retention_{name}": days for name, days in _mapping(body.get("retention")).items()},
                **{f"period_{name}": days for name, days in _mapping(body.get("periods")).items()},
            },
        )
        rules = _mapping(body.get("rules"))
        kinds = sorted((k for k in registry.KINDS.values() if k.signed), key=lambda k: k.label)
        self.parts = [_part(kind, data, _mapping(rules.get(kind.name))) for kind in kinds]

    def is_valid(self) -> bool:
        """Return whether everything typed has the right shape."""
        return all([self.head.is_valid(), *(part.form.is_valid() for part in self.parts)])

    def body(self) -> dict[str, Any]:
        """Return the body. Weights of checks that no gate here asks, and times of unknown kinds, stay as they were."""
        given = self.head.cleaned_data
        asked = {check.name for gate in registry.GATES.values() for check in gate.checks}
        kept = {n: w for n, w in _mapping(self._before.get("checks")).items() if n not in asked}
        strange = {n: d for n, d in _mapping(self._before.get("retention")).items() if n not in registry.KINDS}
        return {
            "title": given["title"],
            "tier": given["tier"],
            "rules": {part.kind: part.form.rule() for part in self.parts},
            "checks": kept | self.head.checks(),
            "max_attempts": given["max_attempts"],
            **({"retention": retention} if (retention := strange | self.head.retention()) else {}),
            **({"periods": periods} if (periods := self.head.periods()) else {}),
        }


def _part(kind: registry.Kind, data: Any, rule: Mapping[str, Any]) -> Part:
    try:
        words = policy_words.rule_words(kind.name, SigningRule.model_validate(dict(rule))).who
    except ValidationError:
        words = ""
    some = _mapping(rule.get("any_of"))
    initial = {name: rule[name] for name in RuleForm.base_fields if name in rule}
    initial |= {f"role_{role}": count for role, count in _mapping(rule.get("roles")).items()}
    initial |= {"any_count": some.get("count"), "any_roles": some.get("roles", [])}
    initial.setdefault("validity_days", 365)
    initial.setdefault("method", METHODS[0])
    return Part(kind.name, kind.label, RuleForm(data, prefix=kind.name, initial=initial), words)


def _mapping(value: Any) -> Mapping[str, Any]:
    """A draft may hold anything yet; what is no object counts as empty."""
    return value if isinstance(value, Mapping) else {}
