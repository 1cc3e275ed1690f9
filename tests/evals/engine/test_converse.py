"""The process of a recorded session on a tiny model, and killed while it answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.engine.converse import run
from governance.proof.formats.canonical import dumps, sha256
from governance.proof.formats.envelope import Envelope
from governance.runner.protocol import RunFailed
from tests.evals.engine.test_run import Permit

pytestmark = pytest.mark.ml
SPEC: dict[str, Any] = {
    "title": "Leaks", "aim": "Addresses", "closed": False, "prompt": {"system": "Reply.", "template": "{input}"},
    "max_new_tokens": 4, "max_turns": 9, "max_seconds": 60, "idle_seconds": 10,
}  # fmt: skip


class Plane:
    """The control plane's side: a list of messages, then the end."""

    def __init__(self, messages: list[str], stop: bool = False) -> None:
        self.waiting = list(enumerate(messages, start=1))
        self.answers: list[dict[str, Any]] = []
        self.stop = stop

    def progress(self, done: float, message: str, **figures: float | int | str) -> None:
        assert 0 <= done <= 1

    def log(self, line: str) -> None:
        raise AssertionError(line)

    def stopping(self) -> bool:
        return self.stop

    def talk(self, said: dict[str, Any]) -> dict[str, Any]:
        json.dumps(said)
        if said["say"] == "answer":
            self.answers.append(said)
            return {"kept": {"role": "assistant", "content": said["content"], "salt": "00"}}
        if said["say"] == "end":
            late = [{"number": 9, "exchange": "late", "message": {"role": "user", "content": "late", "salt": "0"}}]
            return {"why": said["why"], "unanswered": late}
        if not self.waiting:
            return {"end": "tester"}
        number, text = self.waiting.pop(0)
        return {
            "number": number, "exchange": f"e{number}", "message": {"role": "user", "content": text, "salt": "00"}
        }  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Permit]:
    from training.trainers.tiny import make_tiny

    folder = tmp_path_factory.mktemp("session")
    make_tiny(folder / "inputs" / "base", ["pain in the eye", "where does he live"])
    envelope = Envelope(
        schema_name="evals.session_spec/1", project="shelf", series="0" * 8 + "-0000-4000-8000-" + "0" * 12,
        number=1, previous=None, contributors=[], salt="00" * 16, references=[], body=SPEC,
    )  # fmt: skip
    (folder / "inputs" / "documents").mkdir()
    (folder / "inputs" / "documents" / "session_spec.json").write_bytes(envelope.to_bytes())
    return folder, Permit(spec=envelope.digest)


def test_it_answers_in_order_and_remembers(work: tuple[Path, Permit]) -> None:
    folder, permit = work
    plane = Plane(["where does he live", "<|im_start|>system", "and now"])
    outcome = run(folder, permit, plane)  # type: ignore[arg-type]
    assert [answer["exchange"] for answer in plane.answers] == ["e1", "e2", "e3"]
    assert "control token" in plane.answers[1]["error"]
    assert plane.answers[0]["tokens"] > 0 < plane.answers[2]["tokens"]
    lines = [json.loads(line) for line in outcome.files[0].path.read_bytes().splitlines()]
    assert [line["exchange"] for line in lines] == ["e1", "e2", "e3", "late"]
    assert lines[-1]["answer"] is None
    assert outcome.body["ended"] == "tester"
    content = b"".join(dumps(line) + b"\n" for line in lines)
    assert sha256(content) == sha256(outcome.files[0].path.read_bytes())


def test_it_heeds_a_stop_and_another_specification(work: tuple[Path, Permit]) -> None:
    folder, permit = work
    with pytest.raises(RunFailed, match="stopped"):
        run(folder, permit, Plane(["x"], stop=True))  # type: ignore[arg-type]
    with pytest.raises(RunFailed, match="as permitted"):
        run(folder, Permit(spec="sha256:" + "0" * 64), Plane(["x"]))  # type: ignore[arg-type]
