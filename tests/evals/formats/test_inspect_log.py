"""Logs for Inspect, through Inspect's own reader: `written_by` keeps what it made of the very log we still write."""

import io
import json
import zipfile
from typing import Any

from evals.engine.grading import Grading
from evals.engine.metrics import confusion, measure
from evals.engine.outputs import read_outputs
from evals.engine.spec import EvaluationResultBody, EvaluationSpecBody, FileEntry, Measure
from evals.formats.inspect_log import inspect_log
from governance.proof.formats.canonical import sha256
from tests.evals.engine.builders import LABELS, case, evaluation_set, outputs, rubric
from tests.evals.formats.hands import WRITTEN

RUBRIC = rubric(decoding={"max_new_tokens": 8, "do_sample": True, "temperature": "0.7", "seed": 3, "repeats": 2,
                          "batch_size": 4, "precision": "fp32", "stop": ["\n"]})  # fmt: skip
CASES = [
    case("eye:1", metadata={"author": "somebody"}),
    case("ear-2", '{"chapter":"ear"}', risk="high", group="one meaning"),
    case("talk", messages=[
        {"role": "system", "content": "Be brief; “so”."}, {"role": "user", "content": "Hello?"},
        {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "And now?\nAnd then?"},
    ]),
]  # fmt: skip
SAID = {
    ("eye:1", 1): '{"chapter":"eye"}', ("eye:1", 2): '{"chapter":"ear"}',
    ("ear-2", 1): "I can’t say \u2028 <b>", ("ear-2", 2): '{"chapter":"ear"}',
    ("talk", 1): '{"chapter":"eye"}',
}  # fmt: skip
"""The second answer of "talk" never came."""


def written() -> bytes:
    data = outputs(RUBRIC, CASES, SAID, "tuned")
    grading = Grading(RUBRIC)
    found, known = read_outputs(data, CASES, grading, "tuned"), grading.expected(CASES)
    result = EvaluationResultBody(
        arm="tuned", n=len(CASES), metrics=_with_latencies(measure(RUBRIC, known, found)), outputs=_entry(data),
        confusion=confusion(LABELS, known, found, RUBRIC), seconds="1", tokens=15, repeats=2, missing=0, verdicts=[],
        verdict=None, environment={"python": "3.11"},
    )  # fmt: skip
    spec = EvaluationSpecBody(arm="tuned", attempt_index=1, note="")
    plan = evaluation_set(len(CASES)), RUBRIC, result, CASES, data
    return inspect_log(spec, *plan, created="2026-11-26T14:00:00Z")


def _with_latencies(figures: dict[str, dict[str, Measure]]) -> dict[str, dict[str, Measure]]:
    """Add what nobody knows where an answer is missing: the log that Inspect read has a figure for it."""
    known = figures["all"]["latency_p50"]
    more = {name: known.model_copy(update={"value": "1.875000"}) for name in ("latency_p95", "latency_p99")}
    return {piece: found | more if piece == "all" else found for piece, found in figures.items()}


def _entry(data: bytes) -> FileEntry:
    return FileEntry(path="outputs.jsonl", size=len(data), sha256=sha256(data))


def members(content: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def told() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((WRITTEN / "inspect" / "log_as_read.json").read_text())
    return found


def test_what_inspect_read_is_what_we_still_write() -> None:
    assert members(written()) == members((WRITTEN / "ours" / "log.eval").read_bytes())


def test_inspect_reads_every_case_answer_and_grade() -> None:
    read = told()
    assert (read["status"], read["model"], read["epochs"]) == ("success", "countersign/tuned", 2)
    assert read["completed"] == [5, 6]
    samples = {(one["id"], one["epoch"]): one for one in read["samples"]}
    assert set(samples) == {(one.id, repeat) for one in CASES for repeat in (1, 2)}
    for key, text in SAID.items():
        assert (samples[key]["said"], samples[key]["stopped"], samples[key]["tokens"]) == (text, "stop", 3)
        assert samples[key]["error"] is None
    assert samples["talk", 2]["error"] == "no answer; counted as a failure"
    assert samples["talk", 2]["scores"] == {}
    assert samples["talk", 1]["asked"] == [[m.role, m.content] for m in CASES[2].messages]
    assert samples["eye:1", 1]["asked"] == [["system", "Reply in JSON."], ["user", "Phrase: question of eye:1"]]
    assert samples["ear-2", 1]["scores"] == {"passed": 0, "form": 0, "label": 0, "answer": 0}
    assert samples["eye:1", 2]["scores"] == {"passed": 0, "form": 1, "label": 0, "answer": 0}
    assert samples["ear-2", 1]["target"] == ['{"chapter":"ear"}']
    assert samples["ear-2", 2]["metadata"]["risk"] == "high"


def test_figures_in_the_log_are_ours_and_count_what_is_missing() -> None:
    read = told()
    assert read["figures"]["pass_rate"] == 0.5, "three of six; a mean over those that came would say 0.6"
    assert dict(read["reductions"]["passed"]) == {"eye:1": 0.5, "ear-2": 0.5, "talk": 1.0}
    assert sum(error for *_, error in read["summaries"]) == 1
