"""`python -m evals.engine` as an engineer calls it, and its folder as a log that Inspect's own reader opens."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from evals.engine.__main__ import main
from evals.formats.inspect_log import main as write_log
from governance.proof.formats.canonical import dumps, sha256
from tests.evals.engine.backends.endpoint import serving
from tests.evals.engine.builders import QUESTIONS, case, evaluation_set, rubric

pytestmark = pytest.mark.ml
READ = """
import json, sys
from inspect_ai.log import read_eval_log
log = read_eval_log(sys.argv[1])
print(json.dumps({
    "status": log.status, "ids": [s.id for s in log.samples], "said": [s.output.completion for s in log.samples],
    "asked": [s.input[-1].text for s in log.samples], "errors": [bool(s.error) for s in log.samples],
    "passed": [s.scores and s.scores["passed"].value for s in log.samples],
    "pass_rate": log.results.scores[0].metrics["pass_rate"].value, "reductions": len(log.reductions or []),
}))
"""


@pytest.fixture
def plan(tmp_path: Path) -> list[str]:
    cases = [case(f"c{n:02}", messages=[{"role": "user", "content": text}]) for n, text in enumerate(QUESTIONS)]
    content = b"".join(dumps(found.model_dump(exclude_none=True)) + b"\n" for found in cases)
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "holdout.jsonl").write_bytes(content)
    entry = {"path": "holdout.jsonl", "size": len(content), "sha256": sha256(content)}
    (tmp_path / "set.json").write_text(evaluation_set(len(QUESTIONS), files=[entry]).model_dump_json())
    (tmp_path / "rubric.json").write_text(rubric().model_dump_json())
    named = {"set": "set.json", "rubric": "rubric.json", "cases": "cases", "out": "out"}
    return [part for name, path in named.items() for part in (f"--{name}", str(tmp_path / path))]


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(line["binding"] is False for line in lines)
    return {line["arm"]: line["result"] for line in lines}


def test_base_and_tuned_side_by_side_and_again_without_asking(
    plan: list[str], base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import peft
    from transformers import AutoModelForCausalLM

    config = peft.LoraConfig(task_type="CAUSAL_LM", r=4, target_modules=["q_proj"], init_lora_weights=False)
    peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(tmp_path / "adapter")
    arguments = [*plan, "--base", str(base), "--adapter", str(tmp_path / "adapter")]
    assert main(arguments) == 0
    first = told(capsys)
    assert first["base"]["outputs"] != first["tuned"]["outputs"]
    assert main(arguments) == 0
    assert "12 of 12 answers are there" in capsys.readouterr().err


def test_an_endpoint_is_asked_and_its_answers_graded(
    plan: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(lambda body, before: None) as (address, seen):
        prices = {"price_in": "1", "price_out": "2"}
        (tmp_path / "endpoint.json").write_text(json.dumps({"address": address, "model": "m"} | prices))
        assert main([*plan, "--endpoint", str(tmp_path / "endpoint.json")]) == 0
    found = told(capsys)["other"]
    assert len(seen.bodies) == found["n"] == len(QUESTIONS)
    assert found["environment"]["endpoint"] == address


def recorded(tmp_path: Path) -> Path:
    lines = [{"id": f"c{n:02}", "output": json.dumps({"chapter": ["eye", "ear"][n % 2]})} for n in range(11)]
    path = tmp_path / "recorded.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_recorded_answers_are_graded_and_one_that_is_missing_is_a_failure(
    plan: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*plan, "--recorded", str(recorded(tmp_path))]) == 0
    assert told(capsys)["retrieval"]["metrics"]["all"]["pass_rate"]["value"] == "0.500000"


def test_what_cannot_be_done_is_said(plan: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "endpoint.json").write_text(
        '{"address": "http://127.0.0.1:9", "model": "m", "key_from": "NO_SUCH_KEY"}'
    )
    assert main([*plan, "--endpoint", str(tmp_path / "endpoint.json")]) == 2
    assert "NO_SUCH_KEY" in capsys.readouterr().err
    (tmp_path / "cases" / "holdout.jsonl").write_text("{}\n")
    assert main([*plan, "--recorded", str(recorded(tmp_path))]) == 2
    assert "as signed" in capsys.readouterr().err


def test_the_log_has_what_was_asked_and_answered_and_is_the_same_every_time(plan: list[str], tmp_path: Path) -> None:
    assert main([*plan, "--recorded", str(recorded(tmp_path))]) == 0
    logs = [tmp_path / "one.eval", tmp_path / "two.eval"]
    for log in logs:
        assert write_log([str(tmp_path / "out" / "retrieval"), str(log)]) == 0
    assert logs[0].read_bytes() == logs[1].read_bytes()
    with zipfile.ZipFile(logs[0]) as archive:
        assert {"header.json", "_journal/start.json", "summaries.json", "reductions.json"} <= set(archive.namelist())
        sample = json.loads(archive.read("samples/c03_epoch_1.json"))
        assert sample["messages"][-1]["content"] == '{"chapter": "ear"}'
        assert json.loads(archive.read("samples/c11_epoch_1.json"))["error"]["message"].startswith("no answer")
    assert write_log([str(tmp_path / "nowhere"), str(logs[0])]) == 2


@pytest.mark.skipif(
    not os.environ.get("COUNTERSIGN_PEERS"), reason="needs Inspect: python -m benchmarks.peers.environment"
)
def test_inspects_own_reader_opens_the_log(plan: list[str], tmp_path: Path) -> None:
    assert main([*plan, "--recorded", str(recorded(tmp_path))]) == 0
    assert write_log([str(tmp_path / "out" / "retrieval"), str(tmp_path / "log.eval")]) == 0
    python = Path(os.environ["COUNTERSIGN_PEERS"]) / "bin" / "python"
    done = subprocess.run([python, "-c", READ, tmp_path / "log.eval"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["status"] == "success"
    assert found["ids"] == [f"c{n:02}" for n in range(12)]
    assert found["said"][:2] == ['{"chapter": "eye"}', '{"chapter": "ear"}']
    assert found["asked"][0] == f"Phrase: {QUESTIONS[0]}"
    assert found["errors"] == [False] * 11 + [True]
    assert found["passed"][:2] == [1, 0]
    assert found["pass_rate"] == 0.5
    assert found["reductions"] >= 1
    assert sys.version_info >= (3, 11)
