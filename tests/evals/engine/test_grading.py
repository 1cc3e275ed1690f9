import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.engine.graders.labels import OTHER, UNPARSED
from evals.engine.graders.matching import same
from evals.engine.grading import Grading
from tests.evals.engine.builders import case, rubric, rubric_dict

GRADING = Grading(rubric())


@pytest.mark.parametrize(
    ("answer", "parsed", "valid", "correct", "label"),
    [
        ('{"chapter":"eye"}', True, True, True, "eye"),
        (' {"chapter" : "eye"}\n', True, True, True, "eye"),
        ('{"chapter":"\\u0065ye"}', True, True, True, "eye"),
        ('{"chapter":"ear"}', True, True, False, "ear"),
        ('{"chapter":"nose"}', True, False, False, "nose"),
        ('{"chapter":"eye","sure":true}', True, False, False, "eye"),
        ('{"chapter":["eye"]}', True, False, False, OTHER),
        ('"eye"', True, False, False, OTHER),
        ("null", True, False, False, OTHER),
        ("eye", False, False, False, UNPARSED),
        ("", False, False, False, UNPARSED),
        ('{"chapter":"eye"} I am sure.', False, False, False, UNPARSED),
        ('{"chapter":"eye"}{"chapter":"eye"}', False, False, False, UNPARSED),
        ('{"chapter":"ear","chapter":"eye"}', False, False, False, UNPARSED),
        ('```json\n{"chapter":"eye"}\n```', False, False, False, UNPARSED),
        ('{"chapter":"eye', False, False, False, UNPARSED),
        ('{"chapter":"\\ud800"}', False, False, False, UNPARSED),
        ("[" * 100_000, False, False, False, UNPARSED),
    ],
)
def test_an_answer_is_graded_by_its_json_value(
    answer: str, parsed: bool, valid: bool, correct: bool, label: str
) -> None:
    graded = GRADING.grade(case("a"), answer)
    grades = graded.grades
    assert (graded.parsed, grades["form"].met, grades["answer"].met) == (parsed, valid, correct)
    assert grades["label"].detail == {"label": label}
    assert graded.passed is correct


def test_the_pass_mark_weighs_the_criteria() -> None:
    lenient = Grading(rubric(pass_mark="0.5"))
    assert lenient.grade(case("a"), '{"chapter":"eye"}').passed
    assert not lenient.grade(case("a"), '{"chapter":"ear"}').passed, "form alone weighs 0.2"


def test_a_case_without_a_label_passes_only_by_the_whole_answer() -> None:
    question = case("q", target='{"answer":"Paris"}')
    assert GRADING.expected([question])[0].label is None
    assert GRADING.grade(question, '{"answer":"Paris"}').passed
    assert not GRADING.grade(question, '{"answer":"Lyon"}').passed
    assert not GRADING.grade(question, '{"chapter":"eye"}').passed


def test_a_rubric_whose_schema_is_none_is_refused() -> None:
    output = rubric_dict()["output"] | {"schema": {"type": "nonsense"}}
    with pytest.raises(ValueError, match="not a JSON Schema"):
        Grading(rubric(output=output))


def test_types_are_told_apart() -> None:
    assert not same(True, 1)
    assert not same(1, 1.0)
    assert not same([1], [1, 2])
    assert same({"a": [None, {"b": "c"}]}, {"a": [None, {"b": "c"}]})


@given(st.text())
def test_any_text_gets_grades(text: str) -> None:
    graded = GRADING.grade(case("a"), text)
    assert graded.grades["answer"].met <= graded.grades["form"].met <= graded.parsed


def test_only_answered_cases_have_grades() -> None:
    assert set(GRADING.grade_all([case("a"), case("b")], {("a", 1): "x", ("a", 2): "x", ("z", 1): "y"})) == {("a", 1)}
