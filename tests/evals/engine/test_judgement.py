import json
import subprocess
import sys
from pathlib import Path

import pytest

from evals.engine.grading import Grading
from evals.engine.judgement import judge
from evals.engine.metrics import confusion, measure
from evals.engine.output_lines import OutputsInvalid
from evals.engine.outputs import read_outputs
from evals.engine.spec import Arm
from tests.evals.engine import builders
from tests.evals.engine.builders import LABELS, case, evaluation_set, rubric, threshold_dict, thresholds

RUBRIC = rubric()
GRADING = Grading(RUBRIC)
CASES = [case(f"c{number:03}", f'{{"chapter":"{LABELS[number % 3]}"}}') for number in range(90)]


def outputs(answers: dict[str, str], arm: Arm = "tuned") -> bytes:
    return builders.outputs(RUBRIC, CASES, answers, arm)


RIGHT = {found.id: str(found.target) for found in CASES}


def test_outputs_are_canonical_sorted_lines_that_read_back() -> None:
    data = outputs({"c002": "x", "c001": RIGHT["c001"]})
    assert data.startswith(
        b'{"cost":null,"finished":true,"grades":{"answer":{"detail":{},"met":true,"score":"1.000000"}'
    )
    assert data == outputs({"c001": RIGHT["c001"], "c002": "x"})
    found = read_outputs(data, CASES, GRADING, "tuned")
    assert {key: grades.passed for key, grades in found.graded.items()} == {("c001", 1): True, ("c002", 1): False}
    assert found.calls["c001", 1].tokens == 8


def test_the_whole_way_from_bytes_to_verdict() -> None:
    body = thresholds(
        threshold_dict(),
        threshold_dict(id="form", metric="valid_format", limit="0.95", importance="soft"),
        threshold_dict(id="kept", kind="non_inferiority", limit="0.05"),
    )
    judgement = judge(body, outputs(RIGHT), CASES, RUBRIC, baseline=outputs(dict.fromkeys(RIGHT, "no"), "base"))
    assert judgement.verdict == "PASS"
    assert [line.verdict for line in judgement.verdicts] == ["PASS", "PASS", "PASS"]
    assert judge(body, outputs({}), CASES, RUBRIC, baseline=outputs(RIGHT, "base")).verdict == "FAIL"
    assert judge(body, outputs(RIGHT), CASES, RUBRIC).verdict == "INCONCLUSIVE"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"met":false', b'"met":true', "other than the rubric gives"),
        (b'"score":"0.000000"', b'"score":"1.000000"', "other than the rubric gives"),
        (b'"passed":false', b'"passed":true', "other than the rubric gives"),
        (b'"label":"(unparsed)"', b'"label":"eye"', "other than the rubric gives"),
        (b'"prompt":"sha256:', b'"prompt":"sha256:0', "cannot be read"),
        (b'"repeat":1', b'"repeat":2', "more than the 1 asked for"),
        (b'"c000"', b'"zzz"', "no case of the set"),
        (b'"finished"', b'"Finished"', "cannot be read"),
        (b'"tokens":3', b'"tokens":-3', "cannot be read"),
        (b"{", b"", "cannot be read"),
    ],
)
def test_outputs_that_were_touched_are_refused(old: bytes, new: bytes, message: str) -> None:
    data = outputs({"c000": "nonsense"})
    assert old in data
    with pytest.raises(OutputsInvalid, match=message):
        read_outputs(data.replace(old, new, 1), CASES, GRADING)


def test_another_prompt_than_the_rubrics_is_refused() -> None:
    asked = rubric(prompts={"tuned": {"system": None, "template": "Another: {input}"}})
    data = builders.outputs(asked, CASES, {"c000": "x"})
    with pytest.raises(OutputsInvalid, match="was asked with the prompt"):
        read_outputs(data, CASES, GRADING, "tuned")
    assert read_outputs(data, CASES, Grading(asked), "tuned").graded


def test_a_case_cannot_be_answered_twice() -> None:
    line = outputs({"c000": "x"})
    with pytest.raises(OutputsInvalid, match="repeated"):
        read_outputs(line + line, CASES, GRADING)


def request(tmp_path: Path, cases: int = len(CASES)) -> str:
    (tmp_path / "cases.jsonl").write_text("".join(found.model_dump_json(exclude_none=True) + "\n" for found in CASES))
    (tmp_path / "tuned.jsonl").write_bytes(outputs(RIGHT))
    body = {
        "evaluation_set": evaluation_set(cases).model_dump(mode="json"),
        "rubric": RUBRIC.model_dump(mode="json"),
        "thresholds": thresholds(threshold_dict()).model_dump(mode="json"),
        "cases": {"cases.jsonl": str(tmp_path / "cases.jsonl")},
        "tuned_outputs": str(tmp_path / "tuned.jsonl"),
        "baseline_outputs": None,
    }
    return json.dumps(body)


def command(text: str) -> "subprocess.CompletedProcess[str]":
    call = [sys.executable, "-m", "evals.engine.judgement"]
    return subprocess.run(call, input=text, capture_output=True, text=True, check=False)


def test_the_command_judges_in_a_process_of_its_own(tmp_path: Path) -> None:
    done = command(request(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["verdict"] == "PASS"
    refused = command(request(tmp_path, cases=7))
    assert refused.returncode == 2
    assert "expected the declared 7" in refused.stderr


def test_metrics_cover_every_slice_and_label() -> None:
    answers = RIGHT | {"c000": "no", "c001": '{"chapter":"nose"}', "c002": '{"chapter":"eye"}'}
    del answers["c003"]
    expected = GRADING.expected(CASES)
    found = read_outputs(outputs(answers), CASES, GRADING)
    figures = measure(RUBRIC, expected, found)
    assert set(figures) == {"all", "common"}
    assert set(figures["all"]) == {
        "pass_rate", "exact_match", "valid_format", "met:label", "macro_f1", *(f"f1:{x}" for x in LABELS),
        "latency_p50", "latency_p95",
    }  # fmt: skip
    assert figures["all"]["latency_p95"].high is None, "one in ninety is missing: nobody knows the slowest"
    assert figures["all"]["exact_match"].value == "0.955556"
    assert figures["all"]["exact_match"].n == 90
    low, value = figures["all"]["macro_f1"].low, figures["all"]["macro_f1"].value
    assert low is not None
    assert float(low) < float(value) < 1
    matrix = confusion(LABELS, expected, found, RUBRIC)
    assert matrix.columns == [*LABELS, "(other)", "(unparsed)"]
    assert matrix.rows == [[28, 0, 0, 0, 2], [0, 29, 0, 1, 0], [1, 0, 29, 0, 0]]
    assert found.graded["c001", 1].grades["label"].detail == {"label": "nose"}
