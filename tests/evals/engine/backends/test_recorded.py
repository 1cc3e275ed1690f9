"""Recorded answers: those bytes and no others, to what was asked and nothing else."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from evals.engine.answers import Answer
from evals.engine.backends.base import Key, Request
from evals.engine.backends.recorded import RecordedAnswers
from evals.engine.spec import Decoding
from governance.runner.protocol import RunFailed

TWICE = Decoding(max_new_tokens=1, do_sample=False, batch_size=1, precision="fp32", repeats=2)
REQUESTS = [Request(case, repeat, []) for case in ("a", "b") for repeat in (1, 2)]


def recorded(path: Path, *lines: dict[str, Any], digest: str | None = None) -> RecordedAnswers:
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    path.write_bytes(content)
    return RecordedAnswers(path, digest or f"sha256:{sha256(content).hexdigest()}")


def test_what_is_recorded_is_answered_and_what_is_not_stays_missing(tmp_path: Path) -> None:
    found: dict[Key, Answer] = {}
    backend = recorded(
        tmp_path / "r.jsonl",
        {"id": "b", "repeat": 2, "output": "second", "tokens_in": 9, "tokens": 3, "seconds": "0.25", "cost": "0.01"},
        {"id": "a", "output": "first", "prompt": "sha256:" + "1" * 64, "finished": False},
    )
    backend.answer(REQUESTS, TWICE, found.update)
    assert found == {
        ("a", 1): Answer("first", 0, False, prompt="sha256:" + "1" * 64),
        ("b", 2): Answer("second", 3, True, 9, 0.25, 0.01),
    }
    assert backend.environment()["recorded"].startswith("sha256:")


@pytest.mark.parametrize(
    ("lines", "digest", "reason"),
    [
        ([{"id": "a", "output": "x"}], "sha256:" + "0" * 64, "expected sha256:000"),
        ([{"id": "a", "output": "x"}, {"id": "a", "repeat": 1, "output": "y"}], None, "recorded twice"),
        ([{"id": "a", "output": "x", "grade": 1}], None, "cannot be used"),
        ([{"id": "a", "output": 7}], None, "cannot be used"),
        ([], None, "empty"),
        ([{"id": "c", "output": "x"}], None, "nothing that is asked"),
        ([{"id": "a", "repeat": 3, "output": "x"}], None, "nothing that is asked"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, lines: list[dict[str, Any]], digest: str | None, reason: str) -> None:
    with pytest.raises(RunFailed, match=reason):
        recorded(tmp_path / "r.jsonl", *lines, digest=digest).answer(REQUESTS, TWICE, lambda batch: None)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="cannot be read"):
        RecordedAnswers(tmp_path / "none.jsonl", "sha256:" + "0" * 64)
