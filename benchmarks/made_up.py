"""A made-up classification task of any size, as files: what the evaluation benchmarks measure with."""

import json
from pathlib import Path
from typing import Any, Final

from demo.plan import PROMPT
from evals.engine.spec import EvaluationSetBody, FileEntry, RubricBody
from governance.proof.formats.canonical import sha256

LABELS: Final = ["eye", "ear", "skin"]
_WORDS: Final = ["acute", "chronic", "fracture", "of", "the", "left", "eye", "with", "infection", "unspecified"]


def phrase(number: int) -> str:
    """Return the question of a case: 2 to 10 words."""
    return " ".join(_WORDS[(number + place) % 10] for place in range(2 + number % 9))


def target(number: int) -> str:
    """Return the right answer to a case."""
    return json.dumps({"chapter": LABELS[number % 3]})


def write_cases(folder: Path, count: int) -> EvaluationSetBody:
    """Write `count` cases into `folder`/cases.jsonl and return the set that declares them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        {"id": f"c{number:06}", "messages": [{"role": "user", "content": phrase(number)}], "target": target(number),
         "slices": ["common"], "provenance": "made up"}
        for number in range(count)
    ]  # fmt: skip
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    (folder / "cases.jsonl").write_bytes(content)
    entry = FileEntry(path="cases.jsonl", size=len(content), sha256=sha256(content))
    return EvaluationSetBody(
        title="Made up", purpose="development", task="classification", description="made up",
        slices={"common": "all"}, labels=LABELS, files=[entry], cases=count,
    )  # fmt: skip


def rubric(graders: list[str], batch_size: int = 32) -> RubricBody:
    """Return a rubric with one criterion for each of `graders`, all needed to pass, and the demo's prompt."""
    anchors = [{"score": "0", "description": "wrong"}, {"score": "1", "description": "right"}]
    weights = ["1"] if len(graders) == 1 else ["0.5", *[str(0.5 / (len(graders) - 1))] * (len(graders) - 1)]
    criteria: list[dict[str, Any]] = [
        {
            "name": grader,
            "description": grader,
            "grader": grader,
            "parameters": {},
            "weight": weight,
            "anchors": anchors,
        }
        for grader, weight in zip(graders, weights, strict=True)
    ]
    schema = {"type": "object", "properties": {"chapter": {"enum": LABELS}}, "required": ["chapter"]}
    return RubricBody.model_validate(
        {
            "title": "Made up",
            "criteria": criteria,
            "pass_mark": "1",
            "output": {"format": "json", "schema": schema, "label_field": "chapter"},
            "prompt": PROMPT,
            "decoding": {
                "max_new_tokens": 16, "do_sample": False, "batch_size": batch_size, "precision": "fp32",
            },
            "unparsed": "counts as failure",
        }
    )  # fmt: skip


def write_recorded(path: Path, count: int) -> Path:
    """Write an answer to each of `count` cases, nine of ten right, as recorded answers; return `path`."""
    lines = [
        {"id": f"c{number:06}", "output": target(number + (number % 10 == 0)), "tokens": 7} for number in range(count)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path
