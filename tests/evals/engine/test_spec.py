import json
import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from evals.engine.spec import Case, EvaluationResultBody, EvaluationSetBody, RubricBody, Threshold, ThresholdsBody
from governance.proof.canonical import dumps, loads
from tests.evals.engine.builders import case, evaluation_set, rubric, rubric_dict, threshold_dict, thresholds


def test_bodies_survive_canonical_json() -> None:
    for body in (rubric(), evaluation_set(3), thresholds(threshold_dict()), case("a")):
        again = type(body).model_validate(loads(dumps(body.model_dump(mode="json"))))
        assert again == body


def test_spec_loads_without_heavy_libraries() -> None:
    heavy = {"torch", "scipy", "numpy", "jsonschema", "django"}
    code = f"import sys, evals.engine.spec; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"limit": 0.5}, "valid string"),
        ({"limit": "5e-1"}, "plain decimal"),
        ({"limit": "1.2"}, "share"),
        ({"limit": ".5"}, "plain decimal"),
        ({"limit": "NaN"}, "plain decimal"),
        ({"limit": "0.5\n"}, "plain decimal"),
        ({"limit": "1"}, "no finite number"),
        ({"alpha": "0"}, "alpha"),
        ({"alpha": "0.5"}, "alpha"),
        ({"n_min": 0}, "greater than or equal to 1"),
        ({"n_min": True}, "valid integer"),
        ({"metric": "accuracy"}, "pattern"),
        ({"metric": "f1:"}, "pattern"),
        ({"importance": "medium"}, "'hard' or 'soft'"),
        ({"kind": "non_inferiority", "limit": "0"}, "margin above 0"),
        ({"missing_policy": "ignore"}, "failure"),
        ({"comment": "x"}, "Extra inputs"),
    ],
)
def test_a_threshold_that_means_nothing_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Threshold.model_validate(threshold_dict(**changes))


def test_threshold_ids_are_unique_and_one_is_hard() -> None:
    with pytest.raises(ValidationError, match="more than once: accuracy"):
        thresholds(threshold_dict(), threshold_dict())
    with pytest.raises(ValidationError, match="all thresholds are soft"):
        thresholds(threshold_dict(importance="soft"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slice": "rare"}, "expected one of: all, common"),
        ({"metric": "f1:nose"}, "expected one of: eye, ear, escalate"),
    ],
)
def test_thresholds_refer_only_to_what_the_set_declares(changes: dict[str, Any], message: str) -> None:
    body = thresholds(threshold_dict(**changes))
    with pytest.raises(ValueError, match=message):
        body.check_against(evaluation_set(3), rubric())


def test_a_metric_needs_its_grader() -> None:
    criteria = [dict(rubric_dict()["criteria"][0], weight="1")]
    with pytest.raises(ValueError, match="needs a criterion with the grader 'exact'"):
        thresholds(threshold_dict()).check_against(evaluation_set(3), rubric(criteria=criteria))
    thresholds(threshold_dict(metric="pass_rate")).check_against(evaluation_set(3), rubric(criteria=criteria))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"criteria": rubric_dict()["criteria"][:2]}, "sum to 0.5"),
        ({"criteria": [rubric_dict()["criteria"][0]] * 2}, "more than once"),
        ({"prompt": {"system": None, "template": "no place"}}, "0 times"),
        ({"prompt": {"system": None, "template": "{input}{input}"}}, "2 times"),
        ({"decoding": rubric_dict()["decoding"] | {"do_sample": True}}, "False"),
        ({"unparsed": "ignored"}, "counts as failure"),
    ],
)
def test_a_rubric_that_cannot_be_applied_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        RubricBody.model_validate(rubric_dict(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slices": ["all"]}, "'all'"),
        ({"slices": ["a", "a"]}, "more than once"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "expected 'user'"),
        ({"messages": []}, "at least 1"),
        ({"id": "../x"}, "pattern"),
        ({"target": ""}, "at least 1"),
    ],
)
def test_a_case_that_asks_nothing_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        case("a", **changes)


def test_a_set_declares_no_slice_named_all_and_no_file_outside() -> None:
    body = evaluation_set(1).model_dump(mode="json")
    with pytest.raises(ValidationError, match="'all' always means every case"):
        EvaluationSetBody.model_validate(body | {"slices": {"all": "x"}})
    with pytest.raises(ValidationError, match="relative"):
        EvaluationSetBody.model_validate(body | {"files": [body["files"][0] | {"path": "../holdout.jsonl"}]})


def test_a_baseline_has_no_verdict() -> None:
    body: dict[str, Any] = {
        "arm": "base", "n": 1, "metrics": {}, "outputs": {"path": "o", "size": 0, "sha256": "sha256:" + "0" * 64},
        "confusion": {"labels": [], "columns": [], "rows": []}, "seconds": "1.5", "tokens": 0, "verdicts": [],
        "verdict": None, "environment": {},
    }  # fmt: skip
    assert EvaluationResultBody.model_validate(body).verdict is None
    with pytest.raises(ValidationError, match="together"):
        EvaluationResultBody.model_validate(body | {"verdict": "PASS"})


def test_bodies_are_frozen_and_strict() -> None:
    body = ThresholdsBody.model_validate(json.loads(thresholds(threshold_dict()).model_dump_json()))
    with pytest.raises(ValidationError, match="frozen"):
        body.title = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Case.model_validate(case("a").model_dump() | {"id": 3})
