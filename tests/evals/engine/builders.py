"""Small valid documents for the engine's tests; each test changes the one thing it is about."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evals.engine.answers import Answer, prompt_digest, render
from evals.engine.graders.base import Grade
from evals.engine.grading import Expected, Graded, Grading
from evals.engine.judging import judge_chat, texts_of
from evals.engine.output_lines import JudgeReply
from evals.engine.outputs import write_outputs
from evals.engine.samples import Answers, Call
from evals.engine.spec import Arm, Case, EvaluationSetBody, RubricBody, Threshold, ThresholdsBody, VerdictLine
from evals.engine.verdicts import Evidence, verdicts

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


def case(name: str, target: str | None = '{"chapter":"eye"}', **changes: Any) -> Case:
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


RUBRIC = rubric()


def expected(count: int, label: str = "eye", slices: tuple[str, ...] = ("common",), **changes: Any) -> list[Expected]:
    applies = frozenset(criterion.name for criterion in RUBRIC.criteria)
    return [
        Expected(f"case-{label}-{number:04}", frozenset(slices), label, applies=applies, **changes)
        for number in range(count)
    ]


def graded(met: bool, label: str, parsed: bool = True) -> Graded:
    grade = Grade(float(met), met)
    return Graded(parsed, met, {"form": grade, "answer": grade, "label": Grade(float(met), met, {"label": label})})


def right(label: str = "eye") -> Graded:
    return graded(True, label)


def wrong(label: str = "(unparsed)") -> Graded:
    return graded(False, label, label != "(unparsed)")


def answers(found: Mapping[str, Graded], seconds: float = 0.5) -> Answers:
    """All that was measured of an arm, from the grades by case id: one answer each."""
    return Answers(
        {(name, 1): grades for name, grades in found.items()}, {(name, 1): Call(seconds, 20, 0.001) for name in found}
    )


def judged(
    cases: Sequence[Expected],
    tuned: Mapping[str, Graded],
    baseline: Mapping[str, Graded] | None = None,
    **changes: Any,
) -> VerdictLine:
    """The verdict on one threshold, `threshold_dict` with `changes`."""
    references = {} if baseline is None else {"baseline": answers(baseline)}
    evidence = Evidence(RUBRIC, cases, answers(tuned), references)
    return verdicts([threshold(**changes)], evidence).verdicts[0]


def outputs(
    body: RubricBody,
    cases: Sequence[Case],
    texts: Mapping[str, str] | Mapping[tuple[str, int], str],
    arm: Arm = "tuned",
    says: Callable[[str], str] | None = None,
) -> bytes:
    """The file of outputs that the engine would write for these texts, by case id or by case id and repeat.

    `says` is what the rubric's judges reply to a prompt.
    """
    by_key = {name if isinstance(name, tuple) else (name, 1): text for name, text in texts.items()}
    given = {key: Answer(text, 3, True, 5, 0.25) for key, text in by_key.items()}
    prompts = {case.id: prompt_digest(render(body.prompt_of(arm), case.messages)) for case in cases}
    grading, known = Grading(body), {case.id: case for case in cases}
    said = {key: _said(grading, known[key[0]], text, says) for key, text in by_key.items()} if says else {}
    return write_outputs(given, grading.grade_all(cases, by_key, texts_of(said)), prompts, said)


def _said(grading: Grading, asked: Case, text: str, says: Callable[[str], str]) -> dict[str, list[JudgeReply]]:
    def reply(criterion: str, prompt: str) -> JudgeReply:
        words = says(prompt)
        score = grading.score_in(criterion, words)
        return JudgeReply(
            prompt=prompt_digest(judge_chat(prompt)),
            state="unparsed" if score is None else "scored",
            reply=words,
            finished=True,
            score=score,
        )

    return {name: [reply(name, p) for p in prompts] for name, (_, prompts) in grading.questions(asked, text).items()}
