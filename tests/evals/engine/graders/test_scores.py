"""What judges and people say is read strictly, and what says nothing is a failure."""

from typing import Any

import pytest

from evals.engine.catalogue import Scale
from evals.engine.deciders import UNCALIBRATED, UNGRADED
from evals.engine.graders.scores import score_in
from evals.engine.grading import Grading
from evals.engine.judgement import ungraded, unjudged
from evals.engine.samples import Answers
from evals.engine.spec import RubricBody
from tests.evals.engine.builders import case, rubric, rubric_dict

JUDGE = {
    "backend": "local", "model_digest": "sha256:" + "1" * 64,
    "prompt": "{question}\n---\n{answer}\n---\n{target} {passages} {criterion}",
}  # fmt: skip


def graded_by(grader: str, **parameters: Any) -> RubricBody:
    criterion = dict(rubric_dict()["criteria"][0], name="it", grader=grader, parameters=parameters, weight="1")
    return rubric(criteria=[criterion], output={"format": "text"}, judges={"j": JUDGE})


@pytest.mark.parametrize(
    ("reply", "score"),
    [("4", 4), (" 5\n", 5), ('{"score": 3, "why": "so"}', 3), ("6", None), ("four", None), ("4/5", None),
     ("true", None), ("4.0", None), ('{"score": "4"}', None), ("Score: 4", None), ("", None), ("4 5", None)],
)  # fmt: skip
def test_a_reply_is_a_score_or_a_failure(reply: str, score: int | None) -> None:
    assert score_in(reply, Scale()) == score


def test_a_judge_is_asked_with_the_signed_prompt_and_answers_cannot_fill_it_in() -> None:
    grading = Grading(graded_by("judge", judge="j"))
    asked = grading.questions(case("a", "Paris"), "{target} is what I say")
    assert asked == {"it": ("j", ["user: question of a\n---\n{target} is what I say\n---\nParis  form"])}


@pytest.mark.parametrize(
    ("replies", "score", "met"), [(["4"], 0.75, True), (["3"], 0.5, False), (["?"], 0, False), (["4", "4"], 0, False)]
)
def test_a_judges_reply_becomes_a_grade(replies: list[str], score: float, met: bool) -> None:
    grading = Grading(graded_by("judge", judge="j"))
    found = grading.grade_all([case("a", "x")], {("a", 1): "x"}, {("a", 1): {"it": replies}})["a", 1]
    assert (found.grades["it"].score, found.grades["it"].met, found.passed) == (score, met, met)
    silent = grading.grade_all([case("a", "x")], {("a", 1): "x"})["a", 1]
    assert (dict(silent.grades), silent.passed) == ({}, False)


def test_a_judge_may_be_asked_claim_by_claim() -> None:
    grading = Grading(graded_by("groundedness", method="judge", judge="j", met_from="0.5"))
    asked = case("a", "x", passages=[{"id": "p", "text": "t"}])
    text = "One claim. Another claim."
    assert len(grading.questions(asked, text)["it"][1]) == 2
    for replies, score in ((["1", "0"], 0.5), (["1", "?"], 0.5), (["1"], 0.0)):
        found = grading.grade_all([asked], {("a", 1): text}, {("a", 1): {"it": replies}})
        assert found["a", 1].grades["it"].score == score


def test_people_grade_together_or_not_yet() -> None:
    body = graded_by("human", graders=2)
    grading, texts = Grading(body), {("a", 1): "x"}
    few = grading.grade_all([case("a", "x")], texts, given={("a", 1): {"it": [5]}})
    assert ungraded(body, Answers(few, {})) == {"it": UNGRADED}
    enough = grading.grade_all([case("a", "x")], texts, given={("a", 1): {"it": [5, 4]}})
    assert (enough["a", 1].grades["it"].score, enough["a", 1].passed) == (0.875, True)
    assert ungraded(body, Answers(enough, {})) == {}
    with pytest.raises(ValueError, match="expected 1 to 5"):
        grading.grade_all([case("a", "x")], texts, given={("a", 1): {"it": [9]}})


def test_a_judge_that_nobody_calibrated_decides_nothing() -> None:
    body = graded_by("judge", judge="j")
    assert unjudged(body) == {"it": UNCALIBRATED}
    assert unjudged(body, ["it"]) == {}
