"""Small valid documents for the engine's tests; each test changes the one thing it is about."""

from typing import Any

from evals.engine.graders import Expected, Grades
from evals.engine.spec import Case, EvaluationSetBody, RubricBody, Threshold, ThresholdsBody

QUESTIONS = [
    f"pain in the {word}" + " again" * number for number, word in enumerate(["eye", "ear", "left eye", "nose"] * 3)
]
LABELS = ["eye", "ear", "escalate"]


def rubric_dict(**changes: Any) -> dict[str, Any]:
    anchors = [{"score": "0", "description": "wrong"}, {"score": "1", "description": "right"}]

    def criterion(name: str, grader: str, weight: str) -> dict[str, Any]:
        return {
            "name": name,
            "description": name,
            "grader": grader,
            "parameters": {},
            "weight": weight,
            "anchors": anchors,
        }

    return {
        "title": "Chapters",
        "criteria": [
            criterion("form", "json_schema", "0.2"),
            criterion("label", "label", "0.3"),
            criterion("answer", "exact", "0.5"),
        ],
        "pass_mark": "1",
        "output": {
            "format": "json",
            "schema": {
                "type": "object",
                "properties": {"chapter": {"enum": LABELS}, "answer": {"type": "string"}},
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
            "label_field": "chapter",
        },
        "prompt": {"system": "Reply in JSON.", "template": "Phrase: {input}"},
        "decoding": {"max_new_tokens": 8, "do_sample": False, "batch_size": 4, "precision": "fp32"},
        "unparsed": "counts as failure",
    } | changes


def rubric(**changes: Any) -> RubricBody:
    return RubricBody.model_validate(rubric_dict(**changes))


def case(name: str, target: str = '{"chapter":"eye"}', **changes: Any) -> Case:
    content = {"role": "user", "content": f"question of {name}"}
    fields = {
        "id": name,
        "messages": [content],
        "target": target,
        "slices": ["common"],
        "provenance": "made for a test",
    }
    return Case.model_validate(fields | changes)


def evaluation_set(cases: int, **changes: Any) -> EvaluationSetBody:
    fields = {
        "title": "Holdout",
        "purpose": "holdout",
        "task": "classification",
        "description": "made for a test",
        "slices": {"common": "everyday"},
        "labels": LABELS,
        "files": [{"path": "holdout.jsonl", "size": 1, "sha256": "sha256:" + "0" * 64}],
        "cases": cases,
    }
    return EvaluationSetBody.model_validate(fields | changes)


def threshold_dict(**changes: Any) -> dict[str, Any]:
    return {
        "id": "accuracy",
        "metric": "exact_match",
        "slice": "all",
        "layer": "quality",
        "stage": "release",
        "direction": ">=",
        "kind": "absolute",
        "limit": "0.5",
        "importance": "hard",
        "alpha": "0.05",
        "n_min": 1,
        "missing_policy": "failure",
    } | changes


def threshold(**changes: Any) -> Threshold:
    return Threshold.model_validate(threshold_dict(**changes))


def thresholds(*items: dict[str, Any]) -> ThresholdsBody:
    return ThresholdsBody.model_validate({"title": "t", "preset": "standard", "thresholds": list(items)})


def expected(count: int, label: str = "eye", slices: tuple[str, ...] = ("common",)) -> list[Expected]:
    return [Expected(f"case-{label}-{number:04}", frozenset(slices), label) for number in range(count)]


def right(label: str = "eye") -> Grades:
    return Grades(parsed=True, correct=True, valid=True, passed=True, label=label)


def wrong(label: str = "(unparsed)") -> Grades:
    return Grades(parsed=label != "(unparsed)", correct=False, valid=False, passed=False, label=label)
