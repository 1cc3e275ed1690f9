"""A policy as a compliance officer reads it: who signs what, how, for how long, and how much each check weighs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from governance.proof.sections.blocks import Block, Column, facts, table
from governance.proof.sections.held import Paper
from governance.proof.words import vocabulary
from governance.proof.words.vocabulary import PolicyWords, role

METHODS: Final = {
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


def listed(roles: Iterable[str]) -> str:
    """Return the roles as people read them."""
    return ", ".join(role(one) for one in sorted(roles))


def who(rule: Mapping[str, Any]) -> str:
    """Return who must sign: "1 × owner, and 2 of: compliance officer, domain expert"."""
    named = " and ".join(f"{count} × {role(one)}" for one, count in sorted(rule.get("roles", {}).items()))
    some = rule.get("any_of")
    if some is None:
        return named
    told = f"{some['count']} of: {listed(some['roles'])}"
    return f"{named}, and {told}" if named else told


def rule_words(kind: str, rule: Mapping[str, Any], known: PolicyWords) -> RuleWords:
    """Return one rule in words."""
    how, waits = [f"at least by {METHODS[rule.get('method', 'password')]}"], []
    if rule.get("open_all"):
        how.append("every document opened")
    if sample := rule.get("sample"):
        how.append(f"{sample} cases reviewed" if sample > 1 else "1 case reviewed")
    if rule.get("identity"):
        how.append("identity on record")
    if rule.get("request_days"):
        waits.append(f"a request runs out after {days(rule['request_days'])}")
    if rule.get("remind_days"):
        waits.append(f"reminder after {days(rule['remind_days'])}")
    if rule.get("escalate_days") and rule.get("escalate_to"):
        waits.append(f"told to the {role(rule['escalate_to'])} after {days(rule['escalate_days'])}")
    if rule.get("review_days"):
        waits.append(f"a review opens {days(rule['review_days'])} before its end")
    return RuleWords(
        kind=kind,
        label=known.kinds.get(kind, kind),
        who=who(rule),
        excluded="; ".join(known.exclusions.get(name, name) for name in sorted(rule.get("exclude", ()))),
        how=tuple(how),
        valid=days(rule["validity_days"]),
        waits=tuple(waits),
    )


def rules(body: Mapping[str, Any], known: PolicyWords) -> list[RuleWords]:
    """Return every rule of a policy's body in words, by the label of its kind."""
    found = [rule_words(kind, rule, known) for kind, rule in body["rules"].items()]
    return sorted(found, key=lambda words: words.label)


def checks(body: Mapping[str, Any], known: PolicyWords) -> list[tuple[str, str, str]]:
    """Return the checks whose weight a policy sets: (title, weight, where it is asked)."""
    found = []
    for name, weight in body["checks"].items():
        title, asked = known.checks.get(name, (name, ()))
        found.append((title, str(weight), ", ".join(sorted(asked))))
    return sorted(found)


def kept(body: Mapping[str, Any], known: PolicyWords) -> list[tuple[str, str]]:
    """Return for how long a policy has files and private parts kept at least: (label of the kind, period)."""
    return sorted((known.kinds.get(kind, kind), days(count)) for kind, count in body.get("retention", {}).items())


def periods(body: Mapping[str, Any], known: PolicyWords) -> list[tuple[str, str]]:
    """Return the periods that a policy sets: (what it is for, how long)."""
    return sorted((known.periods.get(name, name), days(count)) for name, count in body.get("periods", {}).items())


def policy(held: Paper) -> list[Block]:
    """The signing rules, kind by kind, the checks whose weight the policy sets, and how long things are kept."""
    body, known = held.body, vocabulary.policies()
    told = rules(body, known)
    signing = (Column("Document", 18), Column("Who signs", 36), Column("How", 30), Column("Valid for", 16))
    waiting = (Column("Document", 22), Column("Excluded besides", 34), Column("Waiting", 44))
    return [
        facts(("Tier", body["tier"]), ("Attempts of an unchanged job", body["max_attempts"])),
        table(
            "Who signs. Contributors, requester and launcher are excluded whatever the table says.",
            signing,
            [(rule.label, rule.who, ", ".join(rule.how), rule.valid) for rule in told],
        ),
        table(
            "Who else may not sign, what happens while signatures are missing, and when a review opens.",
            waiting,
            [
                (rule.label, rule.excluded or "nobody", ", ".join(rule.waits) or "no limit")
                for rule in told
                if rule.excluded or rule.waits
            ],
            "Nobody else, and requests wait without limit.",
        ),
        table(
            "Gate checks whose weight the policy sets; all others keep their own.",
            (Column("Check", 40), Column("Weight", 20), Column("Asked of a", 40)),
            checks(body, known),
            "None: every check keeps its own weight.",
        ),
        table(
            "How long files and private parts are kept at least.",
            (Column("Document", 40), Column("Kept at least", 60)),
            kept(body, known),
            "The policy states no periods.",
        ),
        table(
            "Other periods that the policy sets; all others keep their own.",
            (Column("What", 60), Column("Period", 40)),
            periods(body, known),
            "None.",
        ),
    ]
