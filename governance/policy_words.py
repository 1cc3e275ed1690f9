"""A policy as a compliance officer reads it: one account in words, for page, report and comparison. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance import access, registry
from governance.policy import SigningRule

METHODS = {
    "password": "password",
    "password+totp": "password and one-time code",
    "passkey": "passkey",
}
"""The methods of signing in words; a policy names the weakest that counts."""


@dataclass(frozen=True)
class RuleWords:
    """What a policy says of one kind. `how` and `waits` are lists of short phrases; each may be empty."""

    kind: str
    label: str
    who: str
    excluded: str
    how: tuple[str, ...]
    valid: str
    waits: tuple[str, ...]


def days(count: int) -> str:
    """Return a number of days in words."""
    return "1 day" if count == 1 else f"{count:,} days"


def who(rule: SigningRule) -> str:
    """Return who must sign: "1 × owner, and 2 of: compliance officer, domain expert"."""
    named = " and ".join(f"{count} × {access.label(role)}" for role, count in sorted(rule.roles.items()))
    if rule.any_of is None:
        return named
    some = f"{rule.any_of.count} of: {access.words(rule.any_of.roles)}"
    return f"{named}, and {some}" if named else some


def rule_words(kind: str, rule: SigningRule) -> RuleWords:
    """Return one rule in words."""
    known, how, waits = registry.KINDS.get(kind), [f"at least by {METHODS[rule.method]}"], []
    if rule.open_all:
        how.append("every document opened")
    if rule.sample:
        how.append(f"{rule.sample} cases reviewed" if rule.sample > 1 else "1 case reviewed")
    if rule.identity:
        how.append("identity on record")
    if rule.request_days:
        waits.append(f"a request runs out after {days(rule.request_days)}")
    if rule.remind_days:
        waits.append(f"reminder after {days(rule.remind_days)}")
    if rule.escalate_days and rule.escalate_to:
        waits.append(f"told to the {access.label(rule.escalate_to)} after {days(rule.escalate_days)}")
    labels = [registry.EXCLUSIONS[n].label if n in registry.EXCLUSIONS else n for n in sorted(rule.exclude)]
    return RuleWords(
        kind=kind,
        label=known.label if known else kind,
        who=who(rule),
        excluded="; ".join(labels),
        how=tuple(how),
        valid=days(rule.validity_days),
        waits=tuple(waits),
    )


def rules(body: Mapping[str, Any]) -> list[RuleWords]:
    """Return every rule of a policy's body in words, by the label of its kind."""
    found = [rule_words(kind, SigningRule.model_validate(rule)) for kind, rule in body["rules"].items()]
    return sorted(found, key=lambda words: words.label)


def checks(body: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the checks whose weight a policy sets: (title, weight, where it is asked)."""
    found = []
    for name, weight in body["checks"].items():
        asked = [gate for gate in registry.GATES.values() if any(c.name == name for c in gate.checks)]
        title = next((c.title for gate in asked for c in gate.checks if c.name == name), name)
        found.append((title, str(weight), ", ".join(sorted(gate.label for gate in asked))))
    return sorted(found)


def kept(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return for how long a policy has files and private parts kept at least: (label of the kind, period)."""
    found = body.get("retention", {}).items()
    return sorted(
        (registry.KINDS[kind].label if kind in registry.KINDS else kind, days(count)) for kind, count in found
    )


def periods(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the periods that a policy sets: (what it is for, how long)."""
    found = body.get("periods", {}).items()
    known = registry.PERIODS
    return sorted((known[name].label if name in known else name, days(count)) for name, count in found)


def told(body: dict[str, Any]) -> dict[str, Any]:
    """Return a policy's body with its rules in words, to compare two versions as people read them."""
    return {
        "title": body["title"],
        "tier": body["tier"],
        "documents": {
            words.label: {
                "who_signs": words.who,
                "excluded_besides": words.excluded,
                "how": ", ".join(words.how),
                "valid_for": words.valid,
                "waiting": ", ".join(words.waits),
            }
            for words in rules(body)
        },
        "checks": {title: weight for title, weight, _ in checks(body)},
        "max_attempts": body["max_attempts"],
        **({"retention": dict(kept(body))} if body.get("retention") else {}),
        **({"periods": dict(periods(body))} if body.get("periods") else {}),
    }
