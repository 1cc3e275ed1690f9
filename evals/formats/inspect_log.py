"""What an evaluation left behind as a log of Inspect: a ZIP of JSON that its reader, viewer and data frames open.

`python -m evals.formats.inspect_log FOLDER FILE.eval`, where FOLDER is one that `python -m evals.engine` filled.

Source of the format: UKGovernmentBEIS/inspect_ai, `src/inspect_ai/log/_log.py` (schema version 2) and
`log/_recorders/eval.py` (members of the ZIP). Written: header.json, _journal/start.json, summaries.json,
reductions.json and samples/ID_epoch_N.json. Repeats become epochs. An answer that is missing is told as an error of its
sample, and the metrics in the header are ours: theirs would be means over the samples that survived.
"""

import json
import sys
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from pydantic import ValidationError

from evals.engine.answers import render
from evals.engine.cases import CasesInvalid, read_cases
from evals.engine.results import EvaluationResultBody
from evals.engine.spec import ALL, Case, EvaluationSetBody, EvaluationSpecBody, RubricBody
from governance.proof.formats.canonical import NotCanonical
from governance.proof.formats.envelope import Envelope

VERSION: Final = 2
REDUCER: Final = "mean"
EPOCH: Final = "1970-01-01T00:00:00+00:00"
"""Where Inspect wants a time and the record has none; the same content gives the same bytes."""


def inspect_log(
    spec: EvaluationSpecBody,
    evaluation_set: EvaluationSetBody,
    rubric: RubricBody,
    result: EvaluationResultBody,
    cases: Sequence[Case],
    outputs: bytes,
    *,
    created: str = EPOCH,
) -> bytes:
    """Return the bytes of the `.eval` file; `outputs` are the bytes of outputs.jsonl, `created` an ISO 8601 time.

    Raises:
        ValueError: a line of the outputs is not JSON.
    """
    lines = {(line["id"], line.get("repeat", 1)): line for line in map(json.loads, outputs.splitlines())}
    samples = [
        _sample(case, repeat, spec, rubric, lines.get((case.id, repeat)))
        for case in cases
        for repeat in range(1, result.repeats + 1)
    ]
    start = {
        "version": VERSION,
        "eval": _eval(spec, evaluation_set, rubric, result, cases, created),
        "plan": _plan(rubric),
    }
    header = start | {
        "status": "success",
        "results": _results(result, samples),
        "stats": {"started_at": created, "completed_at": created, "model_usage": {}, "role_usage": {}},
    }
    members: dict[str, Any] = {"_journal/start.json": start}
    for sample in samples:
        members[f"samples/{quote(sample['id'], safe='')}_epoch_{sample['epoch']}.json"] = sample
    members["summaries.json"] = [_summary(sample) for sample in samples]
    members["reductions.json"] = _reductions(samples)
    members["header.json"] = header
    return _zipped(members)


def _eval(
    spec: EvaluationSpecBody,
    evaluation_set: EvaluationSetBody,
    rubric: RubricBody,
    result: EvaluationResultBody,
    cases: Sequence[Case],
    created: str,
) -> dict[str, Any]:
    model = spec.endpoint.model if spec.endpoint is not None else spec.arm
    name = result.outputs.sha256.removeprefix("sha256:")[:22]
    return {
        "eval_id": name, "run_id": name, "task_id": name, "created": created,
        "task": evaluation_set.title, "task_version": 0, "task_args": {}, "task_attribs": {},
        "dataset": {
            "name": evaluation_set.title, "samples": len(cases), "sample_ids": [case.id for case in cases],
            "shuffled": False,
        },
        "model": f"countersign/{model}",
        "model_args": {},
        "model_generate_config": _config(rubric),
        "config": {"epochs": result.repeats, "epochs_reducer": [REDUCER], "log_samples": True},
        "packages": {},
        "metadata": {
            "outputs": result.outputs.sha256, "arm": spec.arm, "rubric": rubric.title, "verdict": result.verdict,
            "environment": result.environment,
        },
        "scorers": [{"name": name, "options": {}, "metrics": [{"name": REDUCER, "options": {}}], "metadata": {}}
                    for name in ("passed", *(criterion.name for criterion in rubric.criteria))],
    }  # fmt: skip


def _config(rubric: RubricBody) -> dict[str, Any]:
    decoding = rubric.decoding
    found = {
        "max_tokens": decoding.max_new_tokens,
        "temperature": float(decoding.temperature) if decoding.temperature is not None else 0.0,
        "top_p": float(decoding.top_p) if decoding.top_p is not None else None,
        "top_k": decoding.top_k,
        "seed": decoding.seed,
        "stop_seqs": list(decoding.stop) or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _plan(rubric: RubricBody) -> dict[str, Any]:
    return {"name": "plan", "steps": [{"solver": "generate", "params": {}, "params_passed": {}}],
            "config": _config(rubric)}  # fmt: skip


def _results(result: EvaluationResultBody, samples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    overall = result.metrics.get(ALL, {})
    metrics = {
        name: {
            "name": name,
            "value": float(measure.value),
            "params": {},
            "metadata": {"method": measure.method, "n": measure.n},
        }
        for name, measure in sorted(overall.items())
    }
    scored = sum(sample["scores"] is not None for sample in samples)
    score = {
        "name": "passed", "scorer": "passed", "reducer": REDUCER, "scored_samples": scored,
        "unscored_samples": len(samples) - scored, "params": {}, "metrics": metrics,
    }  # fmt: skip
    return {"total_samples": len(samples), "completed_samples": scored, "scores": [score]}


def _sample(
    case: Case, repeat: int, spec: EvaluationSpecBody, rubric: RubricBody, line: Mapping[str, Any] | None
) -> dict[str, Any]:
    chat = render(rubric.prompt_of(spec.arm), case.messages)
    messages: list[dict[str, Any]] = [
        {"id": f"{case.id}-{repeat}-{number}", **message} for number, message in enumerate(chat)
    ]
    sample: dict[str, Any] = {
        "id": case.id, "epoch": repeat, "input": messages, "target": list(case.answers) or "", "messages": messages,
        "choices": list(case.choices) or None, "scores": None, "store": {}, "events": [], "attachments": {},
        "uuid": f"{case.id}-{repeat}", "model_usage": {},
        "metadata": {"slices": list(case.slices), "expects": case.expects, "risk": case.risk, "group": case.group},
    }  # fmt: skip
    if line is None:
        reason = "no answer; counted as a failure"
        return sample | {"error": {"message": reason, "traceback": "", "traceback_ansi": ""},
                         "output": {"model": spec.arm, "choices": []}}  # fmt: skip
    tokens_in, tokens = line.get("tokens_in", 0), line["tokens"]
    usage = {"input_tokens": tokens_in, "output_tokens": tokens, "total_tokens": tokens_in + tokens}
    said = {"id": f"{case.id}-{repeat}-answer", "role": "assistant", "content": line["output"], "source": "generate"}
    seconds = line.get("seconds")
    return sample | {
        "messages": [*messages, said],
        "output": {
            "model": spec.arm,
            "choices": [{"message": said, "stop_reason": "stop" if line["finished"] else "max_tokens"}],
            "completion": line["output"],
            "usage": usage,
            "time": float(seconds) if seconds is not None else None,
        },
        "scores": _scores(line),
        "model_usage": {spec.arm: usage},
        "total_time": float(seconds) if seconds is not None else None,
    }


def _scores(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return the grades as Inspect's scores: of the whole answer, and of each criterion where they are recorded."""
    answer = line["output"]
    scores = {"passed": {"value": int(line["passed"]), "answer": answer, "metadata": {"parsed": line["parsed"]}}}
    for name, grade in line.get("grades", {}).items():
        scores[name] = {"value": float(grade["score"]), "answer": answer, "metadata": {"met": grade["met"]}}
    return scores


def _summary(sample: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("id", "epoch", "input", "choices", "target", "metadata", "scores", "model_usage", "total_time", "uuid")
    found = {name: sample[name] for name in kept if name in sample}
    error = sample.get("error")
    return found | {"error": error["message"] if error else None, "completed": True,
                    "message_count": len(sample["messages"])}  # fmt: skip


def _reductions(samples: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return each scorer's mean over the repeats of each case."""
    values: dict[str, dict[str, list[float]]] = {}
    for sample in samples:
        for name, score in (sample["scores"] or {}).items():
            values.setdefault(name, {}).setdefault(sample["id"], []).append(score["value"])
    return [
        {
            "scorer": name,
            "reducer": REDUCER,
            "samples": [{"sample_id": case, "value": sum(found) / len(found)} for case, found in by_case.items()],
        }
        for name, by_case in values.items()
    ]


def _zipped(members: Mapping[str, Any]) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in members.items():
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))  # so that the bytes do not depend on the day
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return content.getvalue()


def main(arguments: Sequence[str]) -> int:
    """Write the log of an evaluated folder; exit code 0, or 2 with the reason on standard error."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m evals.formats.inspect_log FOLDER FILE.eval\n")
        return 2
    folder, target = map(Path, arguments)
    documents = folder / "inputs" / "documents"

    def body(role: str) -> dict[str, Any]:
        return Envelope.from_bytes((documents / f"{role}.json").read_bytes()).body

    try:
        evaluation_set = EvaluationSetBody.model_validate(body("evaluation_set"))
        content = inspect_log(
            EvaluationSpecBody.model_validate(body("evaluation_spec")),
            evaluation_set,
            RubricBody.model_validate(body("rubric")),
            EvaluationResultBody.model_validate_json((folder / "result.json").read_bytes()),
            read_cases((entry.path, folder / "inputs" / "cases" / entry.path) for entry in evaluation_set.files),
            (folder / "outputs" / "outputs.jsonl").read_bytes(),
        )
        target.write_bytes(content)
    except (OSError, ValidationError, CasesInvalid, NotCanonical, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
