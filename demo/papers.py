"""What the demo decides on paper, before any run: policy, use case, decision record, data contract, base model."""

from datetime import date
from typing import Any, Final

from demo.data import PER_CHAPTER
from governance.access import COMPLIANCE_OFFICER, DATA_OWNER, OWNER

RULES: Final[dict[str, dict[str, int]]] = {
    "governance.policy": {OWNER: 1, COMPLIANCE_OFFICER: 1},
    "governance.disposal": {OWNER: 1, COMPLIANCE_OFFICER: 1},
    "training.use_case": {COMPLIANCE_OFFICER: 1},
    "training.decision_record": {OWNER: 1, COMPLIANCE_OFFICER: 1},
    "training.data_contract": {COMPLIANCE_OFFICER: 1},
    "training.dataset": {DATA_OWNER: 1},
    "training.base_model": {COMPLIANCE_OFFICER: 1},
    "evals.evaluation_set": {COMPLIANCE_OFFICER: 2},
    "evals.rubric": {COMPLIANCE_OFFICER: 2},
    "evals.thresholds": {COMPLIANCE_OFFICER: 2},
    "evals.preset": {OWNER: 1, COMPLIANCE_OFFICER: 1},
    "evals.judge_calibration": {OWNER: 1, COMPLIANCE_OFFICER: 1},
    "training.release": {OWNER: 1, COMPLIANCE_OFFICER: 1},
    "governance.waiver": {OWNER: 1, COMPLIANCE_OFFICER: 1},
    "governance.retrospective": {COMPLIANCE_OFFICER: 1},
    "training.standing_approval": {OWNER: 1, COMPLIANCE_OFFICER: 1},
    "training.requalification_estimate": {COMPLIANCE_OFFICER: 1},
    "training.fallback_plan": {OWNER: 1, COMPLIANCE_OFFICER: 1},
}
"""Who signs what. Contributors, requesters and launchers are excluded whatever a policy says."""


def policy() -> dict[str, Any]:
    """Return the body of the standard policy."""
    return {
        "title": "Standard policy",
        "tier": "standard",
        "rules": {kind: {"roles": roles, "validity_days": 365} for kind, roles in RULES.items()},
        "checks": {"base_model_life": "advisory", "plan_decidable": "advisory", "dataset_size": "soft"},
        "max_attempts": 2,
    }


USE_CASE: Final[dict[str, Any]] = {
    "title": "Medical coding triage",
    "description": (
        "Coders receive short clinical phrases in one queue. Sorting them by ICD-10-CM chapter before they reach a "
        "specialist coder takes time, and a phrase in the wrong queue waits twice. The answer only chooses a queue: a "
        "coder assigns the code and can send the phrase on."
    ),
    "goal": {
        "statement": "Send each phrase to the queue of its chapter, and those too vague to file to a person.",
        "metric": "Share of phrases answered with the right chapter as valid JSON, on the signed holdout",
        "target": "0.5",
    },
    "need": "behavioural",
    "constraints": {
        "privacy": "Phrases may come from records: nothing may leave the premises, so a small model runs locally.",
        "latency": "Under one second a phrase on a processor without a graphics card.",
        "cost": "No charge a call.",
        "auditability": "Every release can be traced to its data, its evaluation and those who signed it.",
    },
    "risk_tier": "standard",
    "owner": "Head of clinical coding (example)",
}


def use_case(today: date) -> dict[str, Any]:
    """Return the body of the use case, which is needed until the end of the next year."""
    return USE_CASE | {"need_until": f"{today.year + 1}-12-31"}


DECISION: Final[dict[str, Any]] = {
    "title": "Why a tuned model",
    "need": "behavioural",
    "rungs": [
        {
            "technique": "prompt",
            "tried": False,
            "score": None,
            "finding": (
                "The untuned model with the signed prompt is the baseline: it is measured before the run, and the "
                "gate asks for it. A model this small is not expected to follow a list of 22 labels."
            ),
        },
        {
            "technique": "retrieval",
            "tried": False,
            "score": None,
            "finding": "Looking up similar terms adds a search index to keep in step with every release.",
        },
        {
            "technique": "fine-tune",
            "tried": False,
            "score": None,
            "finding": "LoRA on a small open model: cheap to repeat for every release of the classification.",
        },
        {
            "technique": "distil",
            "tried": False,
            "score": None,
            "finding": "No larger model is licensed for this purpose here.",
        },
    ],
    "chosen": "fine-tune",
    "reason": "The classification is fixed and known; what is missing is a reliable decision in a strict form.",
    "method": "lora",
    "method_reason": "A few thousand rows, one narrow task: training all weights would forget more and gain little.",
}

CONTRACT: Final[dict[str, Any]] = {
    "title": "ICD-10-CM inclusion terms",
    "fields": [
        {"name": "id", "type": "text", "description": "Unique in the dataset"},
        {"name": "messages", "type": "list of {role, content}", "description": "What is asked; the last is the user's"},
        {"name": "target", "type": "canonical JSON", "description": 'The answer to learn, such as {"chapter":"eye"}'},
    ],
    "collection": (
        "The inclusion terms of the official tabular list (National Center for Health Statistics, US), one dataset "
        f"version a release; at most {PER_CHAPTER} terms a chapter, chosen by hash. Categories are split by hash into "
        "training, development and holdout; training terms that equal, resemble or contain a term of the other parts "
        "are left out."
    ),
    "labelling": (
        "The label is the chapter in which the classification itself puts the term; a phrase that occurs in two is "
        "left out. Vague phrases are labelled escalate by the authors of this demo."
    ),
    "redaction": "None needed; the quality report looks for patterns of personal data all the same.",
    "licence": "Public domain (work of the United States government); added examples Apache-2.0",
    "retention": "As long as a release made from it is in use, and ten years after.",
    "personal_data": "none",
    "synthetic": {"share": "0.05", "how": "Vague phrases and general questions, written by hand for this demo."},
}


def base_model(found: dict[str, Any], files: list[dict[str, Any]], licence_sha256: str) -> dict[str, Any]:
    """Return the body of the base-model document; `found` is what `trainers.make_base` prints of files now stored."""
    return {
        "title": found["name"],
        "name": found["name"],
        "version": found["version"],
        "source": found["source"],
        "source_sha256": found["source_sha256"],
        "parameters": found["parameters"],
        "context_window": found["context_window"],
        "licence": {
            "id": found["licence"],
            "name": "Apache License 2.0",
            "text_sha256": licence_sha256,
            "commercial_use": True,
            "derivatives": True,
        },
        "files": files,
        "lifecycle": [],
        "custody": "Weights are held in this installation's byte store; a restore drill has not been made yet.",
    }
