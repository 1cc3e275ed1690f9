"""Figures made again from what was delivered, held against the recording that it came of."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.engine.answers import Answer
from evals.engine.grading import Grading
from evals.engine.measuring import MeasuringRequest, figures
from evals.engine.output_lines import OutputsInvalid
from evals.engine.outputs import write_outputs
from tests.evals.engine.builders import case, evaluation_set, outputs, rubric

RIGHT, WRONG = '{"chapter":"eye"}', '{"chapter":"ear"}'
SENT = {"a": "sha256:" + "a" * 64, "b": "sha256:" + "b" * 64}
RUBRIC, CASES = rubric(), [case("a"), case("b")]


def request(
    folder: Path, said: dict[str, str], delivered: dict[str, str], prompts: dict[str, str], **recorded: Any
) -> MeasuringRequest:
    """A recording of `said`, and what was delivered of it: answers, and the digests of the prompts by case."""
    lines = [{"id": name, "output": text, "prompt": SENT[name]} | recorded for name, text in said.items()]
    (folder / "recorded.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "cases.jsonl").write_text("".join(one.model_dump_json(exclude_defaults=True) + "\n" for one in CASES))
    given = {(name, 1): Answer(text, 0, True, 0, None, None, prompts[name]) for name, text in delivered.items()}
    graded = Grading(RUBRIC).grade_all(CASES, {key: answer.text for key, answer in given.items()})
    (folder / "outputs.jsonl").write_bytes(write_outputs(given, graded, {}))
    return MeasuringRequest(
        evaluation_set=evaluation_set(len(CASES)),
        rubric=RUBRIC,
        cases={"cases.jsonl": str(folder / "cases.jsonl")},
        arm="retrieval",
        outputs=str(folder / "outputs.jsonl"),
        recorded=str(folder / "recorded.jsonl"),
    )


def test_what_was_recorded_is_measured(tmp_path: Path) -> None:
    found = figures(request(tmp_path, {"a": RIGHT, "b": WRONG}, {"a": RIGHT, "b": WRONG}, dict(SENT)))
    assert found.metrics["all"]["exact_match"].value == "0.500000"


def test_another_prompt_than_was_recorded_is_told(tmp_path: Path) -> None:
    """The answers are right to the letter; what they were asked with is made up."""
    said = {"a": RIGHT, "b": RIGHT}
    with pytest.raises(OutputsInvalid, match="name other prompts than were recorded"):
        figures(request(tmp_path, said, said, SENT | {"b": SENT["a"]}))


def test_where_no_prompt_was_recorded_none_is_held_against_it(tmp_path: Path) -> None:
    said = {"a": RIGHT, "b": RIGHT}
    assert figures(request(tmp_path, said, said, SENT | {"b": SENT["a"]}, prompt=None)).missing == 0


@pytest.mark.parametrize("delivered", [{"a": RIGHT, "b": RIGHT}, {"a": RIGHT}])
def test_another_answer_than_was_recorded_is_told(tmp_path: Path, delivered: dict[str, str]) -> None:
    with pytest.raises(OutputsInvalid, match="1 of the delivered outputs are not what was recorded, first of 'b'"):
        figures(request(tmp_path, {"a": RIGHT, "b": WRONG}, delivered, dict(SENT)))


def beside(folder: Path, tuned: dict[str, str], base: dict[str, str]) -> MeasuringRequest:
    """Answers of a tuned model, held against a baseline's."""
    (folder / "cases.jsonl").write_text("".join(one.model_dump_json(exclude_defaults=True) + "\n" for one in CASES))
    (folder / "tuned.jsonl").write_bytes(outputs(RUBRIC, CASES, tuned, "tuned"))
    (folder / "base.jsonl").write_bytes(outputs(RUBRIC, CASES, base, "base"))
    return MeasuringRequest(
        evaluation_set=evaluation_set(len(CASES)),
        rubric=RUBRIC,
        cases={"cases.jsonl": str(folder / "cases.jsonl")},
        arm="tuned",
        outputs=str(folder / "tuned.jsonl"),
        compared={"baseline": str(folder / "base.jsonl")},
    )


def test_a_result_keeps_what_became_of_answers_and_of_those_before(tmp_path: Path) -> None:
    found = figures(beside(tmp_path, {"a": RIGHT}, {"a": WRONG, "b": RIGHT}))
    became = found.became["all"]
    assert (became.passed, became.failed, became.unparsed, became.missing) == (1, 0, 0, 1)
    assert {(one.failed, one.n) for one in became.missed.values()} == {(1, 2)}
    moved = found.moved["baseline"]["all"]
    assert (moved.still_right, moved.newly_right, moved.newly_wrong, moved.still_wrong) == (0, 1, 1, 0)
    difference = found.differences["all"]["exact_match"]
    assert (difference.how, float(difference.value), difference.n) == ("difference", 0, 2)
    last = beside(tmp_path, {"a": RIGHT}, {"a": WRONG})
    last = last.model_copy(update={"compared": {"last_release": last.outputs}})
    assert figures(last).moved["last_release"]["all"].model_dump() == {
        "still_right": 1, "newly_right": 0, "newly_wrong": 0, "still_wrong": 1,
    }  # fmt: skip
    assert figures(last).differences == {}, "those from the baseline alone"
    alone = beside(tmp_path, {"a": RIGHT}, {"a": WRONG}).model_copy(update={"compared": {}})
    assert (figures(alone).moved, figures(alone).differences) == ({}, {})
