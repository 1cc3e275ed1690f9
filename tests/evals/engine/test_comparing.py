"""Arms against one of them: the difference is the paired one, and nothing lost helps."""

from pathlib import Path
from typing import Any

import pytest

from evals.engine.comparing import ComparingRequest, comparison
from evals.engine.comparisons import Difference
from evals.engine.spec import Case
from evals.engine.statistics import share_difference
from governance.proof.formats.canonical import dumps
from tests.evals.engine.builders import case, evaluation_set, outputs, rubric, rubric_dict

LABELS = ["eye", "ear"]


def made(number: int) -> Case:
    return Case.model_validate(case(f"c{number:03}").model_dump() | {"target": '{"chapter":"eye"}'})


CASES = [made(number) for number in range(80)]


def compare(tmp_path: Path, right: dict[str, int], missing: int = 0) -> Any:
    """Arms that get their first so many cases right; the new one leaves out its last `missing`."""
    body = rubric()
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b"".join(dumps(one.model_dump(exclude_none=True)) + b"\n" for one in CASES))
    arms = {}
    for name, count in right.items():
        texts = {
            one.id: '{"chapter":"eye"}' if number < count else '{"chapter":"ear"}'
            for number, one in enumerate(CASES)
            if name != "new" or number < len(CASES) - missing
        }
        path = tmp_path / f"{name}.jsonl"
        path.write_bytes(outputs(body, CASES, texts, "base"))
        arms[name] = {"outputs": str(path), "asked_as": "base"}
    request = {
        "evaluation_set": evaluation_set(len(CASES), labels=LABELS).model_dump(mode="json"), "rubric": rubric_dict(),
        "cases": {"cases.jsonl": str(file)}, "arms": arms, "reference": "old",
    }  # fmt: skip
    return comparison(ComparingRequest.model_validate(request)).arms["new"]["all"]


def test_the_difference_is_tangos_on_the_pairs(tmp_path: Path) -> None:
    found = compare(tmp_path, {"old": 30, "new": 55})["exact_match"]
    expected = share_difference([n < 55 for n in range(80)], [n < 30 for n in range(80)], 0.05)
    assert float(found.value) == pytest.approx(25 / 80, abs=1e-6)
    assert expected.low is not None
    assert float(found.low) == pytest.approx(expected.low, abs=2e-6)
    assert found.said == "better"


def test_an_arm_against_itself_is_not_told_apart(tmp_path: Path) -> None:
    found = compare(tmp_path, {"old": 40, "new": 40})
    assert {one.said for one in found.values()} == {"not told apart"}
    assert float(found["exact_match"].value) == 0


def test_a_lost_answer_is_never_better_than_a_wrong_one(tmp_path: Path) -> None:
    wrong = compare(tmp_path, {"old": 30, "new": 50})["exact_match"]
    lost = compare(tmp_path, {"old": 30, "new": 50}, missing=20)["exact_match"]
    assert float(lost.value) <= float(wrong.value)


@pytest.mark.parametrize(
    ("how", "low", "high", "better", "said"),
    [
        ("difference", "0.01", "0.2", True, "better"),
        ("difference", "0.01", "0.2", False, "worse"),
        ("difference", "-0.2", "-0.01", True, "worse"),
        ("difference", "-0.2", "0.1", True, "not told apart"),
        ("difference", None, None, True, "not told apart"),
        ("ratio", "0.2", "0.9", False, "better"),
        ("ratio", "0.9", "1.2", False, "not told apart"),
    ],
)
def test_what_bounds_tell(how: Any, low: str | None, high: str | None, better: bool, said: str) -> None:
    found = Difference(how=how, value="0.5", low=low, high=high, n=10, method="m", better=better)
    assert found.said == said
