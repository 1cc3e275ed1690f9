"""Manifest paths cannot leave their directory."""

import pytest
from pydantic import ValidationError

from governance.proof.formats.manifest import FileEntry, safe_path

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    "path", ["a", "cases/holdout.jsonl", "documents/run_spec.json", "übung/1.txt", "a b.txt", "..a"]
)
def test_plain_relative_paths_are_kept(path: str) -> None:
    assert safe_path(path) == path


@pytest.mark.parametrize(
    "path",
    ["", ".", "..", "/etc/passwd", "../a", "a/../b", "a/./b", "a//b", "a/", "./a", "a\\b", "C:a", "a\x00b", "a\nb",
     "a\u202eb", "a" * 513],
)  # fmt: skip
def test_paths_that_escape_or_have_two_spellings_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="found the path"):
        safe_path(path)


@pytest.mark.parametrize(
    "change",
    [{"path": "../x"}, {"size": -1}, {"size": True}, {"size": "1"}, {"sha256": "a" * 64}, {"sha256": DIGEST + "\n"},
     {"md5": "a" * 31}, {"extra": 1}],
)  # fmt: skip
def test_entries_are_strict(change: dict[str, object]) -> None:
    good = {"path": "a", "size": 1, "sha256": DIGEST, "md5": None}
    assert FileEntry.model_validate(good).model_dump() == good
    with pytest.raises(ValidationError):
        FileEntry.model_validate(good | change)
