import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.engine.cases import MAX_LINE_BYTES, CasesInvalid, check_cases, check_declared, read_cases, strict_json
from evals.engine.evaluation_set import sizes
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


MANY = st.lists(
    st.fixed_dictionaries(
        {
            "cluster": st.sampled_from([None, "A", "B"]),
            "risk": st.sampled_from([None, "low", "high"]),
            "slices": st.sets(st.sampled_from(["common", "rare"])).map(sorted),
            "messages": st.sampled_from(["What is it?", " what  IS it? ", "What else?"]).map(
                lambda content: [{"role": "user", "content": content}]
            ),
        }
    ),
    min_size=1,
    max_size=12,
)


@given(MANY, st.data())
def test_sizes_are_counted_from_the_cases_and_nothing_else_is_taken(
    many: list[dict[str, Any]], data: st.DataObject
) -> None:
    cases = [case(f"c{number}", **fields) for number, fields in enumerate(many)]
    names = {name for one in cases for name in one.slices}
    found = sizes(cases, names)
    assert list(found) == ["all", *sorted(names)]
    for name, size in found.items():
        own = [one for one in cases if name == "all" or name in one.slices]
        alone = [one for one in own if one.cluster is None]
        asked = {" ".join(one.messages[0].content.lower().split()) for one in own}
        assert size.cases == len(own)
        assert size.clusters == len({one.cluster for one in own} - {None}) + len(alone)
        assert (size.high_risk, size.repeats) == (sum(one.risk == "high" for one in own), len(own) - len(asked))
    told = {name: size.model_dump() for name, size in found.items()}
    slices = dict.fromkeys(names, "some")
    check_declared(cases, evaluation_set(len(cases), slices=slices, sizes=told))
    check_declared(cases, evaluation_set(len(cases), slices=slices))

    name, what = data.draw(st.sampled_from(sorted(told))), data.draw(st.sampled_from(sorted(told["all"])))
    other = told | {name: told[name] | {what: told[name][what] + data.draw(st.sampled_from([-1, 1]))}}
    with pytest.raises(ValueError, match=r"found|greater than or equal to 0"):
        check_declared(cases, evaluation_set(len(cases), slices=slices, sizes=other))


def test_a_size_that_the_files_do_not_hold_is_refused_by_name() -> None:
    cases = [case("a", cluster="A", risk="high"), case("b", cluster="A"), case("c", slices=[])]
    size = {"cases": 2, "clusters": 1, "high_risk": 1, "repeats": 0}
    told = {"all": size | {"cases": 3, "clusters": 2}, "common": size}
    check_declared(cases, evaluation_set(3, sizes=told))
    wrong = told | {"common": size | {"clusters": 2}}
    with pytest.raises(CasesInvalid, match="found 1 as clusters of the slice 'common', expected the declared 2"):
        check_declared(cases, evaluation_set(3, sizes=wrong))


@pytest.mark.parametrize(
    "text", ['{"a":1,"a":1}', "NaN", "-Infinity", '"\\udc00"', "[" * 5000, "", "{} {}", "9" * 5000]
)
def test_strict_json_refuses(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (the words are the JSON reader's own)
        strict_json(text)
