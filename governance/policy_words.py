"""A policy as a compliance officer reads it, with the words of what is registered: for page and comparison. Pure.

How it reads is the proof's (`proof.sections.policies`): a report says the same, and whoever verifies it expects that.
"""

from collections.abc import Mapping
from typing import Any

from governance import registry
from governance.policy import SigningRule
from governance.proof.sections import policies
from governance.proof.sections.policies import METHODS, RuleWords
from governance.proof.words.vocabulary import PolicyWords

__all__ = ["METHODS", "RuleWords", "checks", "kept", "known", "periods", "rule_words", "rules", "told"]


def known() -> PolicyWords:
    """Return the words of what is registered."""
    asked: dict[str, tuple[str, list[str]]] = {}
    for gate in registry.GATES.values():
        for check in gate.checks:
            asked.setdefault(check.name, (check.title, []))[1].append(gate.label)
    return PolicyWords(
        {name: kind.label for name, kind in registry.KINDS.items()},
        {name: one.label for name, one in registry.EXCLUSIONS.items()},
        {name: (title, tuple(sorted(gates))) for name, (title, gates) in asked.items()},
        {name: one.label for name, one in registry.PERIODS.items()},
    )


def rule_words(kind: str, rule: SigningRule) -> RuleWords:
    """Return one rule in words."""
    return policies.rule_words(kind, rule.model_dump(mode="json"), known())


def rules(body: Mapping[str, Any]) -> list[RuleWords]:
    """Return every rule of a policy's body in words, by the label of its kind."""
    return policies.rules(body, known())


def checks(body: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return the checks whose weight a policy sets: (title, weight, where it is asked)."""
    return policies.checks(body, known())


def kept(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return for how long a policy has files and private parts kept at least: (label of the kind, period)."""
    return policies.kept(body, known())


def periods(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the periods that a policy sets: (what it is for, how long)."""
    return policies.periods(body, known())


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
