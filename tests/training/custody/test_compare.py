"""The file of answers, and the process that counts and compares it."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from training.custody.answers import AnswersInvalid, Line, read, written
from training.custody.compare import Request, compared

PROMPTS = ["capital", "sum"]


def lines(capital: Iterable[str], total: Iterable[str]) -> list[Line]:
    said = [("capital", capital), ("sum", total)]
    return [Line(name, number, text, 3, True) for name, texts in said for number, text in enumerate(texts, start=1)]


def put(folder: Path, name: str, found: list[Line]) -> dict[str, Any]:
    path = folder / name
    path.write_bytes(written(found))
    return {"path": str(path), "repeats": sum(line.prompt == "sum" for line in found)}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = Path(put(tmp_path, "a", lines(["Paris", "“Paris”\n"], ["4", "four"]))["path"])
    assert read(path, PROMPTS, 2) == {"capital": ["Paris", "“Paris”\n"], "sum": ["4", "four"]}


WHOLE = written(lines(["Paris"] * 2, ["4"] * 2))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (WHOLE.splitlines(keepends=True)[0], "3 answers are missing, first 2 to 'capital'"),
        (WHOLE + WHOLE, "line 5"),
        (WHOLE + written([Line("other", 1, "x", 1, True)]), "'other'"),
        (WHOLE + written([Line("sum", 3, "x", 1, True)]), "answer 3 to 'sum'"),
        (WHOLE.replace(b'"tokens":3', b'"tokens":"3"', 1), "line 1"),
        (WHOLE.replace(b'{"finished"', b'{ "finished"', 1), "line 1"),
        (WHOLE.replace(b'"finished":true,', b"", 1), "line 1"),
        (b"[1]\n", "line 1"),
        (b"\xff\n", "line 1"),
    ],
)
def test_a_file_that_is_none_of_these_answers(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "answers"
    path.write_bytes(content)
    with pytest.raises(AnswersInvalid, match=words):
        read(path, PROMPTS, 2)


def test_the_distribution_is_counted_from_the_answers(tmp_path: Path) -> None:
    now = put(tmp_path, "now", lines(["Paris", "Paris", "Lyon", "x" * 900], ["4"] * 4))
    found = compared(Request.model_validate({"prompts": PROMPTS, "now": now, "before": None}))
    capital = found.prompts[0]
    assert (capital.answers, capital.distinct, capital.difference) == (4, 3, None)
    assert [(one.text, one.count) for one in capital.common] == [("Paris", 2), ("Lyon", 1), ("x" * 500, 1)]
    assert found.whole is None


def ask(request: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "training.custody.compare"]
    return subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=False)


def test_the_process_compares_and_says_no(tmp_path: Path) -> None:
    before = put(tmp_path, "before", lines(["Paris"] * 10, ["4"] * 10))
    now = put(tmp_path, "now", lines(["Paris"] * 10, ["5"] * 10))
    done = ask({"prompts": PROMPTS, "now": now, "before": before})
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [float(one["difference"]["adjusted"]) <= 0.01 for one in told["prompts"]] == [False, True]
    assert float(told["whole"]["adjusted"]) <= 0.01
    assert ask({"prompts": PROMPTS, "now": now, "before": before}).stdout == done.stdout
    refused = ask({"prompts": PROMPTS, "now": now | {"repeats": 9}, "before": before})
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "answer 10" in refused.stderr
