import json
from pathlib import Path

import pytest

from evals.engine.cases import MAX_LINE_BYTES, CasesInvalid, check_cases, read_cases, strict_json
from tests.evals.engine.builders import case, evaluation_set, rubric

GOOD = json.dumps(case("a").model_dump(exclude_none=True)).encode()


def read(tmp_path: Path, *contents: bytes) -> list[str]:
    files = []
    for number, content in enumerate(contents):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(content)
        files.append((path.name, path))
    return [found.id for found in read_cases(files)]


def test_cases_come_sorted_from_all_files(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD.replace(b'"a"', b'"z"') + b"\n", GOOD) == ["a", "z"]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"", 0, "empty"),
        (b"\n", 1, "blank"),
        (GOOD + b"\n\n", 2, "blank"),
        (GOOD + b"\n" + GOOD, 2, "is taken by 0.jsonl:1"),
        (b"\xff\xfe", 1, "not UTF-8 at byte 0"),
        (b"\xef\xbb\xbf" + GOOD, 1, "byte order mark"),
        (GOOD[:-1], 1, "not JSON"),
        (b"[]", 1, "valid dictionary"),
        (GOOD.replace(b'"id": "a"', b'"id": "a", "id": "b"'), 1, "occurs twice"),
        (GOOD.replace(b'"id"', b'"ID"'), 1, "ID: Extra inputs"),
        (GOOD.replace(b"{", b'{"weight": NaN, ', 1), 1, "NaN is not JSON"),
        (GOOD.replace(b"question of a", b"\\ud800"), 1, "surrogate"),
        (b"[" * 100_000, 1, "not JSON"),
        (b'"' + b"x" * MAX_LINE_BYTES + b'"', 1, "over 1,048,576 bytes"),
        (GOOD + b" {}", 1, "not JSON"),
    ],
)
def test_a_file_with_two_readings_is_refused_by_line(tmp_path: Path, content: bytes, line: int, reason: str) -> None:
    with pytest.raises(CasesInvalid, match=reason) as caught:
        read(tmp_path, content)
    assert (caught.value.file, caught.value.line) == ("0.jsonl", line)


def test_an_id_may_not_come_back_in_another_file(tmp_path: Path) -> None:
    with pytest.raises(CasesInvalid, match=r"taken by 0\.jsonl:1"):
        read(tmp_path, GOOD, GOOD)


def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(CasesInvalid, match="no file"):
        read_cases([])


def test_cases_must_be_what_the_set_declares() -> None:
    cases = [case("a", cluster="A00"), case("b", cluster="A01")]
    check_cases(cases, evaluation_set(2), rubric())
    for wrong, number, reason in [
        (cases, 3, "found 2 cases, expected the declared 3"),
        ([cases[0], case("b", slices=["rare"])], 2, "expected among: common"),
        ([cases[0], case("b", target='{"chapter":"nose"}')], 2, "does not declare"),
        ([cases[0], case("b", target="eye")], 2, "is not JSON"),
        ([case("a", slices=[]), case("b", slices=[])], 2, r"no case is in the slices \['common'\]"),
    ]:
        with pytest.raises(CasesInvalid, match=reason):
            check_cases(wrong, evaluation_set(number), rubric())


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":1}', "NaN", "-Infinity", '"\\udc00"', "[" * 5000, "", "{} {}", "9" * 5000]
)
def test_strict_json_refuses(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (the words are the JSON reader's own)
        strict_json(text)
