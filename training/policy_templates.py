"""Policies to begin from, for three sizes of organisation. All that differs between them stands here.

A template is a draft's first content: people read, change and sign it like any policy. Kinds that it does not name get
its rule `otherwise`, so that a kind registered later is governed from the start.
"""

from functools import partial
from typing import Any, Final

from evals import documents as evals
from governance import disposal, policy, registry
from governance.access import COMPLIANCE_OFFICER, DATA_OWNER, DOMAIN_EXPERT, ENGINEER, OWNER
from governance.bodies import RETROSPECTIVE, WAIVER
from governance.registry import Template, register_policy_template
from training.kinds import tuning as kinds

Rule = dict[str, Any]
ANYBODY: Final = [COMPLIANCE_OFFICER, DATA_OWNER, DOMAIN_EXPERT, ENGINEER, OWNER]
STEERING: Final = [COMPLIANCE_OFFICER, OWNER]


def _rule(
    validity_days: int = 365, any_of: tuple[list[str], int] | None = None, reviewed: bool = False, **more: Any
) -> Rule:
    """Return a rule; keyword arguments named like roles say how many signatures of each.

    What is `reviewed` is so in time: half of the days to close the review, half for a request to be signed anew; but
    in the last third of its validity, however long a request may wait.
    """
    if reviewed:
        more["review_days"] = min(2 * more["request_days"], validity_days // 3)
    roles = {role: more.pop(role) for role in ANYBODY if role in more}
    chosen = {"any_of": {"roles": any_of[0], "count": any_of[1]}} if any_of else {}
    return {"roles": roles, "validity_days": validity_days, **chosen, **more}


_ONCE: Final[Rule] = {"reviewed": False}
"""What is to end, or is done once: nobody looks at it again."""
_URGENT: Final[Rule] = {"request_days": 7, "remind_days": 1, "escalate_days": 3, **_ONCE}
_SMALL_WAITS: Final[Rule] = {"request_days": 30, "remind_days": 7}
SMALL: Final[dict[str, Any]] = {
    "label": "Small: three people",
    "about": (
        "Each document is signed by one person who did not write it; policies, releases and disposals by owner and "
        "compliance officer. Passwords are enough."
    ),
    "otherwise": _rule(any_of=(STEERING, 1), **_SMALL_WAITS),
    "rules": {
        policy.KIND: _rule(owner=1, compliance_officer=1, **_SMALL_WAITS),
        kinds.DATASET: _rule(any_of=([COMPLIANCE_OFFICER, DATA_OWNER, OWNER], 1), **_SMALL_WAITS),
        kinds.RELEASE: _rule(owner=1, compliance_officer=1, open_all=True, **_SMALL_WAITS),
        kinds.STANDING: _rule(90, owner=1, compliance_officer=1, **_SMALL_WAITS),
        WAIVER: _rule(30, any_of=(ANYBODY, 2), request_days=7, remind_days=2),
        disposal.KIND: _rule(90, owner=1, compliance_officer=1, **_SMALL_WAITS),
    },
    "checks": {"base_model_life": "advisory", "plan_decidable": "advisory", "dataset_size": "soft"},
    "max_attempts": 3,
}

_MEDIUM_WAITS: Final[Rule] = {
    "request_days": 30,
    "remind_days": 5,
    "escalate_days": 14,
    "escalate_to": OWNER,
    "reviewed": True,
}
_MEDIUM_FINAL: Final[Rule] = {"method": "password+totp", "open_all": True, **_MEDIUM_WAITS}
MEDIUM: Final[dict[str, Any]] = {
    "label": "Medium: a department with its own officers and data owners",
    "about": (
        "Who knows the subject signs with who answers for it: data owner for data, domain expert for the plan. What "
        "lets something out needs a one-time code besides the password."
    ),
    "otherwise": _rule(compliance_officer=1, **_MEDIUM_WAITS),
    "rules": {
        policy.KIND: _rule(owner=1, compliance_officer=1, **_MEDIUM_FINAL),
        kinds.USE_CASE: _rule(owner=1, compliance_officer=1, **_MEDIUM_WAITS),
        kinds.DECISION: _rule(owner=1, compliance_officer=1, **_MEDIUM_WAITS),
        kinds.CONTRACT: _rule(data_owner=1, compliance_officer=1, **_MEDIUM_WAITS),
        kinds.DATASET: _rule(180, data_owner=1, **_MEDIUM_WAITS),
        evals.SET: _rule(compliance_officer=1, domain_expert=1, sample=20, **_MEDIUM_WAITS),
        evals.RUBRIC: _rule(compliance_officer=1, domain_expert=1, **_MEDIUM_WAITS),
        evals.THRESHOLDS: _rule(
            compliance_officer=1, any_of=([DOMAIN_EXPERT, OWNER], 1), exclude=["dataset_author"], **_MEDIUM_WAITS
        ),
        evals.CALIBRATION: _rule(180, compliance_officer=1, domain_expert=1, **_MEDIUM_WAITS),
        evals.PRESET: _rule(owner=1, compliance_officer=1, **_MEDIUM_WAITS),
        kinds.RELEASE: _rule(180, owner=1, compliance_officer=1, exclude=["dataset_author"], **_MEDIUM_FINAL),
        kinds.STANDING: _rule(90, data_owner=1, compliance_officer=1, exclude=["dataset_author"], **_MEDIUM_FINAL),
        WAIVER: _rule(
            14,
            compliance_officer=1,
            any_of=(STEERING, 1),
            **_MEDIUM_FINAL | _URGENT,
        ),
        RETROSPECTIVE: _rule(owner=1, compliance_officer=1, **_MEDIUM_WAITS | _ONCE),
        disposal.KIND: _rule(90, owner=1, compliance_officer=1, **_MEDIUM_FINAL | _ONCE),
    },
    "checks": {"base_model_life": "soft", "plan_decidable": "advisory", "dataset_size": "soft"},
    "max_attempts": 2,
}

_TEN_YEARS: Final = 3650
_KEPT: Final = {
    **dict.fromkeys((kinds.DATASET, kinds.BASE_MODEL, kinds.RUN_RECORD, kinds.RELEASE), _TEN_YEARS),
    **dict.fromkeys((evals.SET, evals.QUALITY, evals.RESULT, evals.SESSION_RECORD), _TEN_YEARS),
    **dict.fromkeys((evals.HUMAN_GRADES, evals.MEASURES), _TEN_YEARS),
    evals.SAMPLE: 365,
}
"""What a release can be held against is kept for ten years; what people said to it in production, for one."""
_LARGE_WAITS: Final[Rule] = {
    "request_days": 21,
    "remind_days": 3,
    "escalate_days": 7,
    "escalate_to": OWNER,
    "reviewed": True,
}
_LARGE: Final[Rule] = {"method": "passkey", "identity": True, "open_all": True, **_LARGE_WAITS}
LARGE: Final[dict[str, Any]] = {
    "label": "Large or regulated: several officers, identities on record",
    "about": (
        "Passkeys throughout, every document opened, signers whose identity is on record; two officers and one of "
        "several experts for the plan; nobody signs what their own data or plan leads to; files of what a release "
        "can be held against are kept for ten years. Enrol passkeys before it is signed: under it, nobody signs "
        "without."
    ),
    "otherwise": _rule(180, compliance_officer=1, any_of=(STEERING, 1), **_LARGE),
    "rules": {
        policy.KIND: _rule(365, owner=1, compliance_officer=2, **_LARGE),
        kinds.USE_CASE: _rule(180, owner=1, compliance_officer=1, **_LARGE),
        kinds.DECISION: _rule(180, owner=1, compliance_officer=1, **_LARGE),
        kinds.CONTRACT: _rule(180, data_owner=1, compliance_officer=1, **_LARGE),
        kinds.DATASET: _rule(90, data_owner=1, compliance_officer=1, exclude=["plan_author"], **_LARGE),
        kinds.BASE_MODEL: _rule(180, compliance_officer=1, any_of=([ENGINEER, OWNER], 1), **_LARGE),
        evals.SET: _rule(180, compliance_officer=2, any_of=([DATA_OWNER, DOMAIN_EXPERT], 1), sample=50, **_LARGE),
        evals.RUBRIC: _rule(180, compliance_officer=2, any_of=([DATA_OWNER, DOMAIN_EXPERT], 1), **_LARGE),
        evals.THRESHOLDS: _rule(
            180,
            compliance_officer=2,
            any_of=([DATA_OWNER, DOMAIN_EXPERT, OWNER], 1),
            exclude=["dataset_author", "launcher"],
            **_LARGE,
        ),
        evals.CALIBRATION: _rule(
            90, compliance_officer=2, any_of=([DATA_OWNER, DOMAIN_EXPERT], 1), exclude=["grader"], **_LARGE
        ),
        evals.PRESET: _rule(365, owner=1, compliance_officer=2, **_LARGE),
        kinds.RELEASE: _rule(
            90,
            owner=1,
            compliance_officer=2,
            exclude=["dataset_author", "launcher", "plan_author"],
            **_LARGE,
        ),
        kinds.STANDING: _rule(60, data_owner=1, compliance_officer=2, exclude=["dataset_author"], **_LARGE),
        WAIVER: _rule(7, owner=1, compliance_officer=1, **_LARGE | _URGENT),
        RETROSPECTIVE: _rule(365, owner=1, compliance_officer=1, **_LARGE | _ONCE),
        disposal.KIND: _rule(90, owner=1, compliance_officer=1, **_LARGE | _ONCE),
    },
    "checks": {
        "base_model_life": "hard",
        "plan_decidable": "hard",
        "dataset_size": "hard",
        "soft_thresholds": "soft",
    },
    "max_attempts": 1,
    "retention": _KEPT,
}

TEMPLATES: Final[dict[str, dict[str, Any]]] = {"small": SMALL, "medium": MEDIUM, "large": LARGE}


def body(name: str) -> dict[str, Any]:
    """Return the body of a policy by a template, with a rule for every kind that is signed here."""
    chosen = TEMPLATES[name]
    signed = [kind for kind, known in registry.KINDS.items() if known.signed]
    return {
        "title": "Standard policy",
        "tier": "standard",
        "rules": {kind: chosen["rules"].get(kind, chosen["otherwise"]) for kind in sorted(signed)},
        "checks": chosen["checks"],
        "max_attempts": chosen["max_attempts"],
        **({"retention": chosen["retention"]} if "retention" in chosen else {}),
    }


def register() -> None:
    """Offer the templates wherever a policy begins."""
    for name, chosen in TEMPLATES.items():
        register_policy_template(Template(name, chosen["label"], chosen["about"], partial(body, name)))
