"""Bodies of the documents that `tests.support.story` tells of: valid, small, and with something to say in a report."""

import hashlib
from typing import Any

from governance import registry
from governance.access import COMPLIANCE_OFFICER, DATA_OWNER, OWNER
from tests.support import holdout
from training import code

LABELS = [
    "blood", "circulatory", "digestive", "ear", "endocrine", "escalate", "external", "eye", "genitourinary",
    "infectious", "injury", "mental", "nervous", "respiratory", "skin",
]  # fmt: skip
SLICES = {
    "common": "everyday phrases",
    "failure-prone": "vague phrases that must be answered “escalate”",
    "high-value": "phrases whose queue is costly to get wrong",
    "red-team": "phrases written to mislead (examples)",
}
PROMPT = {"system": "Reply in JSON.", "template": "Which chapter? {input}"}
SIGNERS = {
    "training.dataset": {DATA_OWNER: 1},
    "evals.thresholds": {COMPLIANCE_OFFICER: 2},
    "governance.waiver": {COMPLIANCE_OFFICER: 2},
    "governance.disposal": {OWNER: 1, COMPLIANCE_OFFICER: 1},
}


def digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def policy() -> dict[str, Any]:
    """Everything needs a compliance officer; policies an owner too; thresholds two officers."""
    usual = {COMPLIANCE_OFFICER: 1}
    rules = {
        name: {"roles": SIGNERS.get(name, usual), "validity_days": 365}
        for name, k in registry.KINDS.items()
        if k.signed
    }
    rules["governance.policy"] = {"roles": {OWNER: 1, COMPLIANCE_OFFICER: 1}, "validity_days": 365}
    return {
        "title": "Standard policy",
        "tier": "standard",
        "rules": rules,
        "checks": {"base_model_life": "advisory", "dataset_size": "advisory"},
        "max_attempts": 2,
    }


USE_CASE: dict[str, Any] = {
    "title": "Medical coding triage",
    "description": "Coders receive short clinical phrases in one queue; sorting them by chapter takes time.",
    "goal": {
        "statement": "Send each phrase to the queue of its chapter.",
        "metric": "Share of phrases with the right chapter on the signed holdout",
        "target": "0.5",
    },
    "need": "behavioural",
    "constraints": {
        "privacy": "Nothing may leave the premises.",
        "latency": "Under a second a phrase.",
        "cost": "No charge a call.",
        "auditability": "Every release can be traced.",
    },
    "risk_tier": "standard",
    "owner": "Head of clinical coding",
    "need_until": "2027-12-31",
}

DECISION: dict[str, Any] = {
    "title": "Why a tuned model",
    "need": "behavioural",
    "rungs": [
        {"technique": "prompt", "tried": True, "score": "0.04", "finding": "It ignores a list of fifteen labels."},
        {"technique": "retrieval", "tried": False, "score": None, "finding": "Another index to keep in step."},
    ],
    "chosen": "fine-tune",
    "reason": "What is missing is a reliable decision in a strict form.",
    "method": "lora",
    "method_reason": "One narrow task and a few thousand rows.",
}

CONTRACT: dict[str, Any] = {
    "title": "Coding terms",
    "fields": [{"name": "target", "type": "canonical JSON", "description": "The answer to learn"}],
    "collection": "Inclusion terms of the official list.",
    "labelling": "The chapter in which the list itself puts the term.",
    "redaction": "None needed.",
    "licence": "Public domain",
    "retention": "Ten years.",
    "personal_data": "none",
    "synthetic": {"share": "0.05", "how": "Vague phrases, written by hand."},
}


def base_model(file: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": "Tiny Llama",
        "name": "Tiny Llama",
        "version": "1",
        "source": "random weights from a seed",
        "source_sha256": None,
        "parameters": 134_515_008,
        "context_window": 8192,
        "licence": {
            "id": "Apache-2.0",
            "name": "Apache License 2.0",
            "text_sha256": digest("licence"),
            "commercial_use": True,
            "derivatives": True,
        },
        "files": [file | {"path": "model.safetensors"}],
        "lifecycle": [
            {
                "channel": "hosted",
                "phase": "train-new",
                "date": "2027-03-31",
                "precision": "earliest",
                "words": "New fine-tuning jobs will not start before retirement of the base, at the earliest then.",
                "source": "https://models.example/lifecycle",
                "retrieved_at": "2026-05-30",
            }
        ],
        "custody": "Held in the byte store; a restore drill has not been made.",
    }


def dataset(file: dict[str, Any], title: str = "Coding terms, April 2026") -> dict[str, Any]:
    return {
        "title": title,
        "description": "Clinical phrases with their chapter.",
        "storage": "managed",
        "repository": "story",
        "commit": "a" * 40,
        "path": "coding-terms",
        "dvc_md5": "b" * 32 + ".dir",
        "files": [file | {"path": "train.jsonl", "md5": "c" * 32}],
        "size": file["size"],
        "rows": 2000,
        "source": "Official list, release of April 2026",
    }


def cases() -> bytes:
    return holdout.lines(300, LABELS, list(SLICES))


def evaluation_set(file: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": "Holdout of coding phrases",
        "purpose": "holdout",
        "task": "classification",
        "description": "Categories that no training row comes from.",
        "slices": SLICES,
        "labels": LABELS,
        "files": [file | {"path": "holdout.jsonl"}],
        "cases": 300,
    }


def rubric() -> dict[str, Any]:
    anchors = [{"score": "0", "description": "differs"}, {"score": "1", "description": "equals the target"}]
    return {
        "title": "Chapter as JSON",
        "criteria": [
            {
                "name": n,
                "description": f"The {n} is right",
                "grader": g,
                "parameters": {},
                "weight": w,
                "anchors": anchors,
            }
            for n, g, w in (("answer", "exact", "0.5"), ("form", "json_schema", "0.2"), ("label", "label", "0.3"))
        ],
        "pass_mark": "1",
        "output": {
            "format": "json",
            "schema": {"type": "object", "properties": {"chapter": {"enum": LABELS}}, "additionalProperties": False},
            "label_field": "chapter",
        },
        "prompt": PROMPT,
        "decoding": {"max_new_tokens": 16, "do_sample": False, "batch_size": 32, "precision": "fp32"},
        "unparsed": "counts as failure",
    }


def threshold(
    name: str, metric: str, slice_: str, limit: str, importance: str = "hard", **changes: Any
) -> dict[str, Any]:
    return {
        "id": name, "metric": metric, "slice": slice_, "layer": "quality", "stage": "release", "direction": ">=",
        "kind": "absolute", "limit": limit, "importance": importance, "alpha": "0.05", "n_min": 20,
        "missing_policy": "failure",
    } | changes  # fmt: skip


def thresholds() -> dict[str, Any]:
    return {
        "title": "Acceptance of the chapter coder",
        "preset": "standard",
        "thresholds": [
            threshold("accuracy", "exact_match", "all", "0.5"),
            threshold("form", "valid_format", "all", "0.95"),
            threshold("high-value", "exact_match", "high-value", "0.6", "soft", n_min=400),
        ],
    }


def run_spec() -> dict[str, Any]:
    return {
        "title": "LoRA r16, 150 steps",
        "objective": "sft",
        "method": "lora",
        "hyperparameters": {
            "learning_rate": "0.0005", "scheduler": "cosine", "warmup_steps": 10, "steps": 150, "batch_size": 8,
            "max_length": 512, "weight_decay": "0", "max_grad_norm": "1", "r": 16, "alpha": 32, "dropout": "0.05",
            "target_modules": ["q_proj", "v_proj"],
        },
        "seed": 7,
        "precision": "fp32",
        "budget": {"max_seconds": 900, "max_usd": None},
        "prompt": PROMPT,
        "code": code.here().model_dump(),
        "environment": {},
    }  # fmt: skip


def run_record(file: dict[str, Any], permit_payload: str) -> dict[str, Any]:
    return {
        "method": "lora",
        "artefact": "adapter",
        "files": [file],
        "metrics": {
            "first_loss": "3.11", "final_loss": "0.42", "rows": 2000, "steps": 150, "epochs": "0.6",
            "seconds_per_step": "3.4", "trainable_parameters": 4_884_480, "total_parameters": 139_399_488,
        },
        "loss_curve": [
            {"step": s, "loss": f"{3.11 * 0.985**s:.4f}", "learning_rate": f"{0.0005 * (1 - s / 151):.6f}"}
            for s in range(5, 151, 5)
        ],
        "seconds": "517.3",
        "peak_rss_mb": 3512,
        "moved_modules": 120,
        "environment": {"python": "3.11.2", "torch": "2.9.1"},
        "permit": permit_payload,
        "received": "server-received",
    }  # fmt: skip


def quality_report() -> dict[str, Any]:
    def finding(check: str, status: str, found: str, expected: str, *examples: str) -> dict[str, Any]:
        return {"check": check, "status": status, "found": found, "expected": expected, "examples": list(examples)}

    return {
        "title": "Quality of the coding terms",
        "rows": 2000,
        "cases": 300,
        "findings": [
            finding("schema.target", "ok", "2000 of 2000 targets satisfy the schema", "all"),
            finding("leakage.exact", "ok", "0 cases among the rows", "none"),
            finding("duplicates.near", "warn", "3 pairs", "none", "train.jsonl:7", "train.jsonl:19", "a", "b", "c"),
        ],
        "settings": {"near_similarity": "0.8"},
    }


def _measure(right: int, n: int) -> dict[str, Any]:
    value = right / n
    return {
        "value": f"{value:.6f}",
        "n": n,
        "low": f"{max(0.0, value - 0.05):.6f}",
        "high": f"{min(1.0, value + 0.05):.6f}",
        "method": "Wilson score, one-sided 95 %",
    }


def evaluation_result(arm: str, file: dict[str, Any], share: float) -> dict[str, Any]:
    sizes = {"all": 300, "common": 180, "failure-prone": 40, "high-value": 60, "red-team": 20}
    metrics = {
        name: {"exact_match": _measure(round(n * share), n), "valid_format": _measure(n if share else n // 2, n)}
        for name, n in sizes.items()
    }
    metrics["all"]["macro_f1"] = {"value": f"{share:.6f}", "n": 300, "low": None, "high": None, "method": "point"}
    return {
        "arm": arm,
        "n": 300,
        "metrics": metrics,
        "outputs": file,
        "confusion": {
            "labels": LABELS,
            "columns": [*LABELS, "unparsed"],
            "rows": [
                [14 if i == j else (3 if (i + 1) % 15 == j else 1 * (i % 4 == j % 5)) for j in range(16)]
                for i in range(15)
            ],
        },
        "seconds": "48.1",
        "tokens": 4211,
        "verdicts": [],
        "verdict": None,
        "environment": {"torch": "2.9.1"},
    }


def judgement() -> dict[str, Any]:
    def line(
        name: str, metric: str, slice_: str, limit: str, importance: str, verdict: str, *figures: str, reason: str
    ) -> dict[str, Any]:
        value, low, high = figures
        return {
            "threshold": name, "metric": metric, "slice": slice_, "kind": "absolute", "limit": limit,
            "importance": importance, "verdict": verdict, "value": value, "low": low, "high": high, "baseline": None,
            "n": 300, "missing": 0, "method": "Wilson score, one-sided", "reason": reason,
        }  # fmt: skip

    return {
        "verdict": "PASS",
        "verdicts": [
            line(
                "accuracy",
                "exact_match",
                "all",
                "0.5",
                "hard",
                "PASS",
                "0.58",
                "0.533",
                "0.626",
                reason="0.533 is at least 0.5",
            ),
            line(
                "form",
                "valid_format",
                "all",
                "0.95",
                "hard",
                "PASS",
                "1",
                "0.991",
                "1",
                reason="0.991 is at least 0.95",
            ),
            line(
                "high-value",
                "exact_match",
                "high-value",
                "0.6",
                "soft",
                "INCONCLUSIVE",
                "0.58",
                "0.48",
                "0.68",
                reason="fewer cases than signed",
            ),
        ],
    }
