import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from evals.engine.answers import Answer
from evals.engine.graders import Grader, grade_all
from evals.engine.judgement import OutputsInvalid, judge, read_outputs, write_outputs
from evals.engine.metrics import confusion, measure
from evals.engine.spec import Case
from tests.evals.engine.builders import LABELS, case, evaluation_set, rubric, threshold_dict, thresholds

RUBRIC = rubric()
GRADER = Grader(RUBRIC)
CASES = [case(f"c{number:03}", f'{{"chapter":"{LABELS[number % 3]}"}}') for number in range(90)]


def outputs(answers: dict[str, str], cases: list[Case] = CASES) -> bytes:
    given = {name: Answer(text, 3, True) for name, text in answers.items()}
    return write_outputs(given, grade_all(GRADER, cases, answers))


RIGHT = {found.id: str(found.target) for found in CASES}


def test_outputs_are_canonical_sorted_lines_that_read_back() -> None:
    data = outputs({"c002": "x", "c001": RIGHT["c001"]})
    assert data.startswith(
        b'{"correct":true,"finished":true,"id":"c001","label":"ear","output":"{\\"chapter\\":\\"ear\\"}"'
    )
    assert data == outputs({"c001": RIGHT["c001"], "c002": "x"})
    assert {name: grades.correct for name, grades in read_outputs(data, CASES, GRADER).items()} == {
        "c001": True,
        "c002": False,
    }


def test_the_whole_way_from_bytes_to_verdict() -> None:
    body = thresholds(
        threshold_dict(),
        threshold_dict(id="form", metric="valid_format", limit="0.95", importance="soft"),
        threshold_dict(id="kept", kind="non_inferiority", limit="0.05"),
    )
    judgement = judge(body, outputs(RIGHT), outputs(dict.fromkeys(RIGHT, "no")), CASES, RUBRIC)
    assert judgement.verdict == "PASS"
    assert [line.verdict for line in judgement.verdicts] == ["PASS", "PASS", "PASS"]
    assert judge(body, outputs({}), outputs(RIGHT), CASES, RUBRIC).verdict == "FAIL"
    assert judge(body, outputs(RIGHT), None, CASES, RUBRIC).verdict == "INCONCLUSIVE"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"correct":false', b'"correct":true', "other than the rubric gives"),
        (b'"valid":false', b'"valid":true', "other than the rubric gives"),
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
        read_outputs(data.replace(old, new, 1), CASES, GRADER)


def test_a_case_cannot_be_answered_twice() -> None:
    line = outputs({"c000": "x"})
    with pytest.raises(OutputsInvalid, match="repeated"):
        read_outputs(line + line, CASES, GRADER)


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
    expected = [GRADER.expected(found) for found in CASES]
    grades = grade_all(GRADER, CASES, answers)
    figures = measure(RUBRIC, expected, grades)
    assert set(figures) == {"all", "common"}
    assert set(figures["all"]) == {"pass_rate", "exact_match", "valid_format", "macro_f1", *(f"f1:{x}" for x in LABELS)}
    assert figures["all"]["exact_match"].value == "0.955556"
    assert figures["all"]["exact_match"].n == 90
    low, value = figures["all"]["macro_f1"].low, figures["all"]["macro_f1"].value
    assert low is not None
    assert float(low) < float(value) < 1
    matrix = confusion(LABELS, expected, grades)
    assert matrix.columns == [*LABELS, "(other)", "(unparsed)"]
    assert matrix.rows == [[28, 0, 0, 0, 2], [0, 29, 0, 1, 0], [1, 0, 29, 0, 0]]
    assert asdict(grades["c001"])["label"] == "nose"
