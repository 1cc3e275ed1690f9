"""The demo's plan: rubric, thresholds and training settings. Fixed before any run; no figure was chosen after one.

Thresholds: a format nobody has to repair (0.95), half of all answers right (0.50, more than ten times what guessing
among 22 labels gives), and no loss of general capability beyond ten points hold a release back. The others are watched.
"""

from typing import Any, Final, Literal

from demo.cases import SIZES
from demo.data import ESCALATE, LABELS
from demo.icd import CHAPTERS
from evals.engine.spec import RubricBody, ThresholdsBody

Model = Literal["smollm2", "tiny"]

PROMPT: Final = {
    "system": (
        'File the phrase. Reply only with JSON, such as {"chapter":"eye"}. Chapters: '
        + ", ".join(CHAPTERS.values())
        + f". If too vague: {ESCALATE}."
    ),
    "template": "{input}",
}
"""Names all chapters, so that the untuned model has a fair chance. Being the same for all, it is read only once."""


def rubric_body() -> dict[str, Any]:
    """Return the body of the rubric: how answers are asked for, generated and graded."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "chapter": {"enum": LABELS},
            "answer": {"type": "string", "minLength": 1, "maxLength": 60},
        },
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }
    criteria = [
        ("format", "Nothing but JSON of the agreed form, so that no program has to repair it", "json_schema", "0.2",
         "Not JSON, or JSON of another form", "JSON with exactly one known member"),
        ("chapter", "The chapter in which a coder would look first", "label", "0.3",
         "Another chapter, or none", "The chapter of the official classification, or escalate if it is too vague"),
        ("answer", "The whole answer is the right one", "exact", "0.5",
         "Differs from the target", "Equals the target as JSON"),
    ]  # fmt: skip
    body = {
        "title": "Medical coding triage: chapter as JSON",
        "criteria": [
            {
                "name": name,
                "description": description,
                "grader": grader,
                "parameters": {},
                "weight": weight,
                "anchors": [{"score": "0", "description": wrong}, {"score": "1", "description": right}],
            }
            for name, description, grader, weight, wrong, right in criteria
        ],
        "pass_mark": "1",
        "output": {"format": "json", "schema": schema, "label_field": "chapter"},
        "prompt": PROMPT,
        "decoding": {"max_new_tokens": 16, "do_sample": False, "batch_size": 32, "precision": "fp32"},
        "unparsed": "counts as failure",
    }
    return RubricBody.model_validate(body).model_dump(mode="json")


def thresholds_body(model: Model) -> dict[str, Any]:
    """Return the body of the acceptance thresholds; only the minimum numbers of cases depend on the model's set."""
    sizes = SIZES[model]
    many, clinical = (200, 40) if model == "smollm2" else (40, 10)
    thresholds = [
        _threshold("format", "valid_format", "all", "0.95", "hard", many),
        _threshold("accuracy", "exact_match", "all", "0.50", "hard", many),
        _threshold("no-forgetting", "exact_match", "general", "0.10", "hard", sizes.general, "non_inferiority"),
        _threshold("high-value", "exact_match", "high-value", "0.50", "soft", clinical),
        _threshold("escalation", "exact_match", "failure-prone", "0.80", "soft", sizes.vague),
        _threshold("red-team-format", "valid_format", "red-team", "0.80", "soft", sizes.red_team),
        _threshold("balance", "macro_f1", "all", "0.45", "soft", many // 2),
    ]
    body = {"title": "Medical coding triage: acceptance", "preset": "own", "thresholds": thresholds}
    return ThresholdsBody.model_validate(body).model_dump(mode="json")


def _threshold(
    name: str, metric: str, slice_name: str, limit: str, importance: str, n_min: int, kind: str = "absolute"
) -> dict[str, Any]:
    return {
        "id": name,
        "metric": metric,
        "slice": slice_name,
        "layer": "quality",
        "stage": "release",
        "direction": ">=",
        "kind": kind,
        "limit": limit,
        "importance": importance,
        "alpha": "0.05",
        "n_min": n_min,
        "missing_policy": "failure",
    }


def hyperparameters(model: Model) -> dict[str, Any]:
    """Return the training settings: LoRA of rank 16 on attention and feed-forward projections."""
    return {
        "learning_rate": "0.0005",
        "scheduler": "cosine",
        "warmup_steps": 10 if model == "smollm2" else 1,
        "steps": 150 if model == "smollm2" else 10,
        "batch_size": 8,
        "max_length": 512,
        "weight_decay": "0",
        "max_grad_norm": "1",
        "r": 16,
        "alpha": 32,
        "dropout": "0.05",
        "target_modules": ["down_proj", "o_proj", "q_proj", "v_proj"],
    }


def run_spec_fields(model: Model) -> dict[str, Any]:
    """Return the run spec's body without `code` and `environment`, which the place of the run fills in."""
    return {
        "title": "Chapter triage, LoRA r16",
        "objective": "sft",
        "method": "lora",
        "hyperparameters": hyperparameters(model),
        "seed": 7,
        "precision": "fp32",
        "budget": {"max_seconds": 900 if model == "smollm2" else 120, "max_usd": None},
        "prompt": PROMPT,
    }
