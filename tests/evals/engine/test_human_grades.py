"""Drawing, naming and ordering outputs; whose turn it is; when a third person decides; how far people agree."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.engine.human_grades import (
    Asked,
    Given,
    Item,
    RoundBody,
    Step,
    asked,
    disagree,
    in_order,
    items,
    lines,
    read_texts,
    states,
)  # fmt: skip
from evals.engine.output_lines import OutputsInvalid
from evals.engine.rater_agreement import Rated, figure
from evals.engine.spec import RubricBody
from tests.evals.engine.builders import case, outputs, rubric_dict

SEED = "ab" * 32
ZERO, ONE = "sha256:" + "0" * 64, "sha256:" + "1" * 64
SLICES = {f"case-{n}": ["even" if n % 2 == 0 else "odd"] for n in range(40)} | {"rare": ["rare"]}
KEYS = [(case, 1) for case in SLICES]
SCALE = Asked(name="tone", description="Kind", low=1, high=5, met_from=4, steps=[Step(score=1, description="rude")])


def body(graders: int = 2) -> RoundBody:
    return RoundBody(
        title="Round", results=[ZERO], rubric=ZERO, evaluation_set=ZERO, cases=5, graders=graders, criteria=[SCALE]
    )


def grade(by: str, score: int, seq: int, *, item: str = ONE, adjudicates: bool = False, number: int = 1) -> Given:
    return Given(item, by, adjudicates, number, (score,), seq)


def test_the_same_cases_are_drawn_of_every_result_and_from_every_slice() -> None:
    found = items(SEED, SLICES, {ZERO: KEYS, ONE: KEYS}, 6)
    by_result = {digest: {item.case for item in found if item.result == digest} for digest in (ZERO, ONE)}
    assert by_result[ZERO] == by_result[ONE]
    assert len(found) == 12
    assert "rare" in by_result[ZERO]
    assert found == items(SEED, SLICES, {ONE: KEYS, ZERO: list(reversed(KEYS))}, 6)
    assert not {item.name for item in found} & {item.name for item in items("cd" * 32, SLICES, {ZERO: KEYS}, 6)}


def test_a_missing_output_is_no_item_and_a_repeat_is_one() -> None:
    keys = [("rare", 1), ("rare", 2)]
    assert [
        (item.case, item.repeat) for item in sorted(items(SEED, SLICES, {ZERO: keys}, 41), key=lambda i: i.repeat)
    ] == keys


def test_each_grader_has_an_order_of_their_own() -> None:
    found = items(SEED, SLICES, {ZERO: KEYS, ONE: KEYS}, 20)
    orders = [in_order(found, SEED, who) for who in ("one", "two")]
    assert sorted(orders[0], key=lambda item: item.name) == found
    assert orders[0] != orders[1]


@pytest.mark.parametrize(
    ("scores", "decided"), [([4, 4], False), ([4, 5], False), ([3, 4], True), ([1, 3], True), ([1, 2, 2], False)]
)
def test_when_a_third_person_decides(scores: list[int], decided: bool) -> None:
    assert disagree(scores, 4) is decided


@given(st.permutations([("a", 5), ("b", 2), ("c", 4)]))
def test_whose_turn_it_is(order: list[tuple[str, int]]) -> None:
    item = Item(ONE, ZERO, "rare", 1)
    given_ = [grade(who, score, seq) for seq, (who, score) in enumerate(order[:2])]
    state = states([item], body(), given_)[ONE]
    first, second, third = (who for who, _ in order)
    assert (state.turn_of(first), state.turn_of(second)) == ("", "")
    assert state.turn_of(third) == ("adjudicate" if state.disputed else "")
    assert state.done is not state.disputed
    decided = states([item], body(), [*given_, grade(third, 4, 9, adjudicates=True)])[ONE]
    assert decided.done
    assert decided.final() == [[4, 4]]
    assert decided.turn_of("d") == ""


def test_a_later_grade_replaces_an_earlier_one_and_both_are_written() -> None:
    item = Item(ONE, ZERO, "rare", 1)
    given_ = [grade("a", 1, 1), grade("b", 5, 2), grade("a", 5, 3, number=2), grade("x", 5, 4, item=ZERO)]
    found = states([item], body(), given_)
    assert found[ONE].final() == [[5, 5]]
    told = [json.loads(line) for line in lines(found, given_[:3]).splitlines()]
    assert [(line["by"], line["counts"]) for line in told] == [("a", False), ("b", True), ("a", True)]


def rubric(**scale: int) -> RubricBody:
    made: dict[str, Any] = rubric_dict()
    anchors = [{"score": "0", "description": "rude"}, {"score": "0.5", "description": "plain"}]
    made["criteria"] = [
        {"name": "tone", "description": "Kind", "grader": "human", "parameters": {"scale": scale, "graders": 3},
         "weight": "1", "anchors": anchors},
    ]  # fmt: skip
    return RubricBody.model_validate(made)


def test_what_people_are_asked() -> None:
    [tone], graders = asked(rubric(low=1, high=5, met_from=4))
    assert graders == 3
    assert [(step.score, step.description) for step in tone.steps] == [
        (1, "rude"),
        (2, ""),
        (3, "plain"),
        (4, ""),
        (5, ""),
    ]
    assert (tone.share(1), tone.share(5)) == (0, 1)
    plain = RubricBody.model_validate(rubric_dict())
    [exact], graders = asked(plain, [plain.criteria[0].name])
    assert (exact.low, exact.high, exact.met_from, graders) == (0, 1, 1, 2)
    for wrong, names in ((plain, []), (plain, ["nothing"]), (rubric(low=0, high=50, met_from=30), [])):
        with pytest.raises(ValueError, match="criteri"):
            asked(wrong, names)


def test_outputs_that_no_evaluation_wrote_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "outputs.jsonl"
    said = RubricBody.model_validate(rubric_dict(decoding=rubric_dict()["decoding"] | {"repeats": 2}))
    written = outputs(said, [case("rare")], {("rare", 1): "no", ("rare", 2): "yes"})
    path.write_bytes(written)
    assert read_texts(path) == {("rare", 1): "no", ("rare", 2): "yes"}
    bare = b'{"id": "rare", "output": "yes", "repeat": 2}\n'
    for content in (b"[]\n", b"text\n", bare, written + written.replace(b'"passed":', b'"passes":', 1)):
        path.write_bytes(content)
        with pytest.raises(OutputsInvalid, match="cannot be read"):
            read_texts(path)


def test_agreement_by_hand_and_what_says_nothing() -> None:
    found = figure(Rated(met_from=4, scores=[[4, 4], [2, 3], [1, 5], [3]], clusters=["a", "b", "c", "d"]))
    assert (found.items, found.same, found.together) == (3, "0.333333", "0.666667")
    assert found.alpha is not None
    same = figure(Rated(met_from=4, scores=[[4, 4], [4, 4]], clusters=["a", "b"]))
    assert (same.alpha, same.low, same.same) == (None, None, "1.000000")
    assert figure(Rated(met_from=4, scores=[[4], [3]], clusters=["a", "b"])).items == 0


def test_outputs_that_depend_on_one_another_are_worth_less() -> None:
    scores = [[1, 2], [5, 5], [2, 2], [4, 4], [1, 1], [3, 5], [4, 5], [2, 1]] * 4
    apart = figure(Rated(met_from=4, scores=scores, clusters=[str(n) for n in range(32)]))
    together = figure(Rated(met_from=4, scores=scores, clusters=[str(n % 8) for n in range(32)]))
    assert apart.alpha == together.alpha
    assert float(str(together.low)) < float(str(apart.low))


def test_the_command_answers_or_says_what_is_wrong() -> None:
    def ask(text: str) -> Any:
        command = [sys.executable, "-m", "evals.engine.rater_agreement"]
        return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=300)

    rated = {"tone": {"met_from": 4, "scores": [[1, 2], [5, 5]], "clusters": ["a", "b"]}}
    assert json.loads(ask(json.dumps({"rated": rated})).stdout)["tone"]["items"] == 2
    wrong = ask("{}")
    assert wrong.returncode == 2
    assert "rated" in wrong.stderr
