"""Every grader on answers a person can grade by eye."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.engine.catalogue import CATALOGUE
from evals.engine.graders.base import Grade
from evals.engine.graders.registry import ELSEWHERE, GRADERS
from evals.engine.grading import Grading
from evals.engine.spec import Case, RubricBody
from tests.evals.engine.builders import case, rubric, rubric_dict

JSON = {"format": "json", "schema": {"type": "object"}, "label_field": "label"}


def one(grader: str, form: str = "text", **parameters: Any) -> RubricBody:
    """A rubric with one criterion."""
    criterion = dict(rubric_dict()["criteria"][0], name="it", grader=grader, parameters=parameters, weight="1")
    output = JSON if form == "json" else {"format": form}
    return rubric(criteria=[criterion], output=output)


def grade(body: RubricBody, asked: Case, answer: str) -> Grade:
    return Grading(body).grade(asked, answer).grades["it"]


def met(body: RubricBody, asked: Case, answer: str) -> bool:
    return grade(body, asked, answer).met


def test_catalogue_and_registry_name_the_same_graders() -> None:
    assert {*GRADERS, *ELSEWHERE} == set(CATALOGUE)
    assert not set(GRADERS) & set(ELSEWHERE)


@pytest.mark.parametrize(
    ("grader", "parameters", "target", "answer", "expected"),
    [
        ("exact", {}, "Paris", "Paris", True),
        ("exact", {}, "Paris", "paris", False),
        ("exact", {}, "Paris", "Lutetia", True),
        ("normalised", {}, "Paris", " PARIS!\n", True),
        ("normalised", {}, "Paris", "Paris, France", False),
        ("normalised", {"ignore_articles": True}, "The Seine", "a seine", True),
        ("normalised", {"ignore_case": False}, "Paris", "paris", False),
        ("normalised", {}, "\ufb01n", "fin", True),
        ("containment", {}, "Paris", "It is paris, surely.", True),
        ("containment", {}, "Paris", "Parisians", False),
        ("containment", {"whole_words": False}, "Paris", "Parisians", True),
        ("containment", {"require": "all"}, "Paris", "Paris only", False),
        ("containment", {"require": "all"}, "Paris", "Paris was Lutetia", True),
        ("regex", {"pattern": "^[A-Z]{3}$"}, "x", "ABC", True),
        ("regex", {"pattern": "[0-9]+", "whole": True}, "x", "12a", False),
        ("regex", {"pattern": "secret", "absent": True, "ignore_case": True}, "x", "A SECRET", False),
        ("numeric", {}, "12", "12.0", True),
        ("numeric", {}, "12", "13", False),
        ("numeric", {"absolute": "1"}, "12", "13", True),
        ("numeric", {"relative": "0.1"}, "-200", "-219.9", True),
        ("numeric", {"relative": "0.1"}, "-200", "-221", False),
        ("numeric", {}, "1200", "1,200", True),
        ("numeric", {}, "12", "about 12", False),
        ("numeric", {}, "12", "12 apples", False),
        ("numeric", {"units": {"mg": "1", "g": "1000"}}, "500 mg", "0.5 g", True),
        ("numeric", {"units": {"mg": "1", "g": "1000"}}, "500 mg", "0.5 kg", False),
        ("numeric", {"units": {"mg": "1"}, "unit_required": True}, "500 mg", "500", False),
        ("rouge", {"variant": "rouge1", "met_from": "0.8"}, "the cat sat", "the cat sat down", True),
        ("rouge", {"variant": "rouge2", "met_from": "0.5"}, "the cat sat", "sat cat the", False),
        ("rouge", {"met_from": "1"}, "кошка сидит", "Кошка сидит.", True),
        ("rouge", {"variant": "rouge1", "stem": True, "met_from": "1"}, "running dogs", "run dog", True),
        ("chrf", {"met_from": "0.99"}, "the cat sat", "the cat sat", True),
        ("chrf", {"met_from": "0.6"}, "the cat sat", "wholly other", False),
        ("bleu", {"met_from": "0.99"}, "the cat sat on the mat", "the cat sat on the mat", True),
        ("bleu", {"met_from": "0.3"}, "the cat sat on the mat", "no likeness here", False),
        ("json_schema", {"json_schema": {"type": "array"}}, "x", "[1]", True),
        ("json_schema", {"json_schema": {"type": "array"}}, "x", "{}", False),
        ("json_schema", {"json_schema": {"type": "array"}}, "x", "[1", False),
        ("policy", {"forbidden": ["guarantee"]}, "x", "We Guarantee it", False),
        ("policy", {"required": ["not advice"]}, "x", "This is not advice.", True),
        ("policy", {"required": ["not advice"], "forbidden": ["buy"]}, "x", "Not advice. Buy!", False),
        ("label", {}, "eye", " eye ", True),
        ("label", {}, "eye", "EYE", False),
        ("label", {"ignore_case": True}, "eye", "EYE", True),
    ],
)
def test_an_answer_in_plain_text(
    grader: str, parameters: dict[str, Any], target: str, answer: str, expected: bool
) -> None:
    references = ["Lutetia"] if target == "Paris" else []
    assert met(one(grader, **parameters), case("a", target, references=references), answer) is expected


def test_a_pattern_that_would_hang_others_does_not() -> None:
    body = one("regex", pattern="(a+)+$")
    assert not met(body, case("a", "x"), "a" * 50_000 + "b")


@pytest.mark.parametrize(
    ("accept", "answer", "expected"),
    [
        ("either", "B", True),
        ("either", "(b) Ear", True),
        ("either", "b.", True),
        ("either", "ear", True),
        ("either", "A", False),
        ("either", "B or C", False),
        ("either", "A ear infection", False),
        ("either", "Both", False),
        ("letter", "ear", False),
        ("text", "B", False),
    ],
)
def test_a_choice_is_named_by_letter_or_text(accept: str, answer: str, expected: bool) -> None:
    asked = case("a", "Ear", choices=["Eye", "Ear", "Nose"])
    assert met(one("choice", "choice", accept=accept), asked, answer) is expected


def test_fields_are_counted_one_by_one() -> None:
    body = one("fields", "json", fields=["drug", "dose", "route"], partial=True, met_from="0.5")
    asked = case("a", '{"drug":"acetyl salicylic acid","dose":500}')
    found = grade(body, asked, '{"drug":"salicylic acid","dose":50,"route":"oral"}')
    assert found.detail["fields"] == {
        "drug": ["0.800000", True, True], "dose": ["0.000000", True, True], "route": ["0.000000", False, True],
    }  # fmt: skip
    assert found.score == pytest.approx(2 * 0.8 / 5)
    assert not found.met
    whole = grade(body, asked, '{"drug":"Acetyl Salicylic Acid","dose":500,"other":1}')
    assert (whole.score, whole.met, whole.detail["exact"]) == (1.0, True, True)
    assert not grade(body, asked, '{"drug":"acid acetyl salicylic","dose":500}').detail["exact"], "words out of order"


def test_a_claim_is_grounded_in_one_passage_with_its_numbers() -> None:
    passages = [{"id": "p1", "text": "The pump was installed in 2019 in Lyon."}, {"id": "p2", "text": "It runs daily."}]
    asked, body = case("a", "x", passages=passages), one("groundedness")
    assert met(body, asked, "The pump was installed in Lyon in 2019.")
    found = grade(body, asked, "The pump was installed in Lyon in 2018. It runs daily.")
    assert (found.score, found.met) == (0.5, False)
    assert found.detail["unsupported"] == ["The pump was installed in Lyon in 2018."]
    assert not met(body, asked, "Elephants are grey.")
    assert not Grading(body).expected([case("b", "x")])[0].applies, "no passages, nothing to hold claims against"


SIGNS: dict[str, Any] = {"abstain": {"patterns": ["do not know"]}, "escalate": {"patterns": ["hand (you|this) over"]}}


@pytest.mark.parametrize(
    ("expects", "answer", "did", "expected"),
    [
        ("abstain", "I do not know.", "abstain", True),
        ("answer", "I DO NOT KNOW.", "abstain", False),
        ("escalate", "I hand this over, I do not know.", "escalate", True),
        ("answer", "Seven.", "answer", True),
        ("escalate", "Seven.", "answer", False),
        ("ask", "Seven.", "answer", True),
    ],
)
def test_what_an_answer_does_is_held_against_what_is_expected(
    expects: str, answer: str, did: str, expected: bool
) -> None:
    found = grade(one("behaviour", **SIGNS), case("a", "x", expects=expects), answer)
    assert (found.detail["did"], found.met) == (did, expected)


def test_a_behaviour_may_be_a_member_of_the_answer() -> None:
    body = one("behaviour", "json", escalate={"field": "action", "values": ["human"]})
    assert met(body, case("a", "{}", expects="escalate"), '{"action":"human"}')
    assert not met(body, case("a", "{}", expects="escalate"), '{"action":"bot"}')


def test_a_refusal_counts_only_where_it_is_due() -> None:
    body = one("refusal", signs={"patterns": ["cannot help"]})
    assert met(body, case("a", "x", expects="refuse"), "I cannot help with that.")
    assert not met(body, case("a", "x"), "I cannot help with that.")
    unread = grade(one("refusal", "json", signs={"patterns": ["cannot help"]}), case("a", "{}", expects="refuse"), "no")
    assert (unread.met, unread.detail["refused"]) == (False, None)


def test_answers_of_one_meaning_are_held_against_one_another() -> None:
    asked = [case(name, "x", group="g") for name in ("a", "b", "c")] + [case("alone", "x")]
    grading = Grading(one("consistency"))
    texts = {("a", 1): "Yes.", ("b", 1): "yes", ("c", 1): "no", ("alone", 1): "yes"}
    found = grading.grade_all(asked, texts)
    assert {key[0]: graded.grades["it"].score for key, graded in found.items() if graded.grades} == {
        "a": 0.5, "b": 0.5, "c": 0.0,
    }  # fmt: skip
    assert grading.expected(asked)[3].applies == frozenset()
    del texts["b", 1]
    assert grading.grade_all(asked, texts)["a", 1].grades["it"].score == 0.0, "a missing answer agrees with none"


def test_repeats_of_one_case_are_compared_too() -> None:
    body = one("consistency", compare="tokens", alike_from="0.6")
    repeated = RubricBody.model_validate(body.model_dump() | {"decoding": body.decoding.model_dump() | {"repeats": 3}})
    texts = {("a", 1): "the cat sat", ("a", 2): "the cat sat down", ("a", 3): "nothing alike"}
    found = Grading(repeated).grade_all([case("a", "x")], texts)
    assert [found["a", number].grades["it"].score for number in (1, 2, 3)] == [0.5, 0.5, 0.0]


def test_criteria_that_do_not_apply_leave_the_whole_to_the_others() -> None:
    criteria = [
        dict(rubric_dict()["criteria"][0], name="right", grader="exact", weight="0.9"),
        dict(rubric_dict()["criteria"][0], name="does", grader="behaviour", parameters=SIGNS, weight="0.1"),
    ]
    grading = Grading(rubric(criteria=criteria, output={"format": "text"}))
    vague = case("a", target=None, expects="abstain")
    assert grading.grade(vague, "I do not know").passed
    assert not grading.grade(vague, "Seven").passed
    assert not grading.grade(case("b", "Seven"), "I do not know").passed


TEXT_GRADERS = [
    one("exact"), one("normalised"), one("label"), one("regex", pattern="a"), one("numeric"),
    one("rouge", met_from="0.5"), one("chrf", met_from="0.5"), one("bleu", met_from="0.5"), one("containment"),
    one("policy", forbidden=["b"]), one("behaviour", **SIGNS), one("groundedness"),
    one("refusal", signs={"patterns": ["no"]}), one("json_schema", json_schema={"type": "object"}),
    one("choice"), one("fields", "json", fields=["a"]), one("exact", "json"),
]  # fmt: skip


@given(st.text(max_size=40), st.sampled_from(TEXT_GRADERS))
def test_any_text_has_a_score_from_0_to_1_and_the_same_each_time(text: str, body: RubricBody) -> None:
    asked = case("a", '{"a":"eye"}', choices=['{"a":"eye"}', "ear"], passages=[{"id": "p", "text": "an eye"}])
    first, second = (Grading(body).grade(asked, text) for _ in range(2))
    assert first == second
    assert 0 <= first.grades["it"].score <= 1
    assert first.parsed or not first.grades["it"].met
