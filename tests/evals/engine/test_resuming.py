"""An evaluation that is killed goes on where it was, and ends as if nothing had happened."""

import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from evals.engine.journal import FILE, FOLDER
from governance.proof.formats.canonical import dumps
from tests.evals.engine.builders import case, rubric_dict
from tests.evals.engine.test_run import Recorder, documents, run, work

pytestmark = [pytest.mark.ml, pytest.mark.crash]
__all__ = ["work"]

CASES, KILLED_AT = 1000, 900
DECODING = rubric_dict()["decoding"] | {"batch_size": 25, "max_new_tokens": 4}
DRAWN = DECODING | {"do_sample": True, "temperature": "1.2", "seed": 3}


class Killed(Recorder):
    """A reporter whose process ends at once when it hears of the `at`-th answer."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._at = at

    def progress(self, done: float, message: str, **figures: float | int | str) -> None:
        if figures.get("answers") == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


def fill(work: Path, decoding: dict[str, Any], last: str = "") -> Any:
    cases = [
        case(
            f"c{number:04}", messages=[{"role": "user", "content": f"pain in the {'left ' * (number % 7)}eye {number}"}]
        )
        for number in range(CASES)
    ]
    cases[-1] = case(f"c{CASES - 1:04}", messages=[{"role": "user", "content": "the last" + last}])
    content = b"".join(dumps(found.model_dump(exclude_none=True)) + b"\n" for found in cases)
    (work / "inputs/cases/holdout.jsonl").write_bytes(content)
    return documents(work, cases=CASES, decoding=decoding)


def killed(work: Path, permit: Any, at: int = KILLED_AT) -> None:
    """Evaluate in a process of its own that is killed; a fork, which need not load torch anew."""
    child = os.fork()
    if child == 0:
        try:
            run(work, permit, Killed(at))
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    assert (work / FOLDER / FILE).read_bytes().count(b"\n") == at + 1
    assert not (work / "outputs").exists()


def outputs(outcome: Any) -> list[dict[str, Any]]:
    """Return the lines of the outputs without what a clock measured."""
    lines = [json.loads(line) for line in outcome.files[0].path.read_bytes().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]


@pytest.mark.parametrize("decoding", [DECODING, DRAWN], ids=["greedy", "drawn"])
def test_killed_at_case_900_it_goes_on_at_901_and_ends_the_same(work: Path, decoding: dict[str, Any]) -> None:
    permit = fill(work, decoding)
    whole = outputs(run(work, permit))
    assert len(whole) == CASES
    for folder in (FOLDER, "outputs"):
        shutil.rmtree(work / folder)
    killed(work, permit)
    with (work / FOLDER / FILE).open("ab") as journal:
        journal.write(b'0123456789abcdef {"id":"c0901","text":"half of a li')  # as if killed while writing
    report = Recorder()
    assert outputs(run(work, permit, report)) == whole
    assert report.lines == ["900 of 1000 answers are there from an earlier attempt; going on"]
    assert report.shares[0] == KILLED_AT / CASES


def test_no_answer_is_taken_over_once_anything_it_depends_on_is_another(work: Path) -> None:
    killed(work, fill(work, DECODING), at=50)
    kept = (work / FOLDER / FILE).read_bytes()
    for change in (
        lambda: fill(work, DECODING, last=" one"),  # the cases
        lambda: fill(work, DECODING | {"max_new_tokens": 3}),  # the rubric
        lambda: _touch_model(work),  # the model
    ):
        (work / FOLDER / FILE).write_bytes(kept)
        permit = change() or fill(work, DECODING)
        report = Recorder(stop_after=0)
        with pytest.raises(Exception, match=r"stopped after 25 of 1000"):
            run(work, permit, report)
        assert report.lines == []


def _touch_model(work: Path) -> None:
    path = work / "inputs/base/config.json"
    path.write_text(path.read_text() + "\n")
