import json
import re
import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from evals.engine.metric_names import METRICS, PATTERN, in_words
from evals.engine.spec import (
    Case,
    EvaluationResultBody,
    EvaluationSetBody,
    EvaluationSpecBody,
    RubricBody,
    Threshold,
    ThresholdsBody,
)
from governance.proof.formats.canonical import dumps, loads
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


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"all": [2, 2, 1, 0]}, "found the sizes of all, expected those of all, common"),
        ({"all": [2, 2, 1, 0], "common": [2, 2, 1, 0], "rare": [1, 1, 0, 0]}, "expected those of all, common"),
        ({"all": [3, 2, 1, 0], "common": [2, 2, 1, 0]}, "found the size of 'all' as 3 cases, expected the 2 declared"),
        (
            {"all": [2, 1, 1, 0], "common": [2, 2, 1, 0]},
            "found 2 as clusters of the slice 'common', expected at most 1",
        ),
        (
            {"all": [2, 2, 2, 0], "common": [1, 1, 2, 0]},
            "found 2 as high_risk of the slice 'common', expected at most 1",
        ),
        ({"all": [2, 2, 1, 0], "common": [2, 2, 1, -1]}, "greater than or equal to 0"),
    ],
)
def test_sizes_of_a_set_are_those_of_its_slices(told: dict[str, list[int]], message: str) -> None:
    made = {
        name: dict(zip(("cases", "clusters", "high_risk", "repeats"), one, strict=True)) for name, one in told.items()
    }
    with pytest.raises(ValidationError, match=message):
        evaluation_set(2, sizes=made)
    assert evaluation_set(2).sizes == {}


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


def test_bodies_written_before_the_optional_fields_mean_what_they_meant() -> None:
    old = threshold_dict()
    found = Threshold.model_validate(old)
    assert (found.cluster_key, found.reference, found.groups, found.blocks) == ("cluster", None, [], True)
    assert Threshold.model_validate(old | {"kind": "non_inferiority", "limit": "0.1"}).reference == "baseline"
    plain = case("a")
    assert (plain.weight, plain.expects, plain.answers) == ("1", "answer", (plain.target,))
    assert rubric().decoding.repeats == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"references": ["x"], "target": None}, "references without a target"),
        ({"choices": ["a"], "target": "a"}, "single choice"),
        ({"choices": ["a", "b"], "target": "c"}, "none of the choices"),
        ({"choices": ["a", "a"], "target": "a"}, "more than once"),
        ({"passages": [{"id": "p", "text": "x"}] * 2}, "more than once: p"),
        ({"expects": "guess"}, "'abstain'"),
        ({"weight": "0"}, "above '0'"),
        ({"weight": "2000000"}, "at most 1000000"),
        ({"risk": "extreme"}, "'low'"),
    ],
)
def test_a_case_that_contradicts_itself_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        case("a", **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"roles": {"rare": "red_team"}}, "does not declare"),
        ({"labels": ["one"]}, "at least two"),
        ({"labels": []}, "at least two"),
        ({"retired": [{"id": "a", "reason": "leaked", "replaced_by": "a"}]}, "replaces itself"),
    ],
)
def test_a_set_that_contradicts_itself_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        evaluation_set(1, **changes)


def criterion(grader: str, **parameters: Any) -> dict[str, Any]:
    return dict(rubric_dict()["criteria"][0], name=grader, grader=grader, parameters=parameters, weight="1")


@pytest.mark.parametrize(
    ("grader", "parameters", "message"),
    [
        ("wizardry", {}, "expected one of: behaviour, bleu"),
        ("exact", {"near": True}, "Extra inputs"),
        ("regex", {"pattern": "("}, "RE2 cannot read"),
        ("regex", {"pattern": r"(a)\1"}, "RE2 cannot read"),
        ("fields", {"fields": []}, "at least 1"),
        ("numeric", {"unit_required": True}, "no units"),
        ("numeric", {"units": {"g": "0"}}, "above '0'"),
        ("choice", {}, "reads text or choice, but answers are json"),
        ("judge", {"judge": "nobody"}, "expected one of: none"),
        ("groundedness", {"method": "judge"}, "a judge is named exactly"),
        ("behaviour", {}, "no behaviour"),
        ("refusal", {"signs": {"patterns": []}}, "no sign"),
        ("policy", {}, "neither forbidden nor required"),
        ("human", {"scale": {"low": 3, "high": 2, "met_from": 3}}, "that order"),
    ],
)
def test_parameters_a_grader_does_not_take_are_refused(grader: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        rubric(criteria=[criterion(grader, **parameters)])


def test_what_is_signed_names_every_parameter() -> None:
    body = rubric(criteria=[criterion("normalised", ignore_case=False)])
    assert body.criteria[0].parameters == {
        "field": None, "ignore_case": False, "ignore_punctuation": True, "ignore_articles": False,
    }  # fmt: skip
    with pytest.raises(ValidationError, match="version 2 of the grader"):
        rubric(criteria=[criterion("normalised") | {"grader_version": 2}])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"do_sample": True, "temperature": "0.7"}, "without temperature and seed"),
        ({"do_sample": True, "temperature": "0", "seed": 1}, "more than '0'"),
        ({"temperature": "0.7"}, "draws nothing"),
        ({"repeats": 0}, "greater than or equal to 1"),
    ],
)
def test_decoding_that_nobody_could_repeat_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        rubric(decoding=rubric_dict()["decoding"] | changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "relative", "limit": "0"}, "factor"),
        ({"kind": "zero_tolerance", "limit": "0"}, "failure rate"),
        ({"kind": "zero_tolerance", "metric": "macro_f1", "limit": "0.1"}, "no share of cases"),
        ({"kind": "gap", "direction": "<=", "groups": ["a"]}, "fewer than two"),
        ({"kind": "gap", "groups": ["a", "b"]}, "at most `limit` apart"),
        ({"groups": ["a", "b"]}, "only a gap"),
        ({"direction": "<=", "limit": "0"}, "above 0"),
        ({"against": "baseline"}, "compares with nothing"),
        ({"power": "1"}, "power"),
        ({"limit": "-0.1"}, "share"),
    ],
)
def test_a_threshold_of_another_kind_that_means_nothing_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Threshold.model_validate(threshold_dict(**changes))


def test_only_a_hard_threshold_of_the_stage_release_holds_a_release_back() -> None:
    with pytest.raises(ValidationError, match="of the stage release"):
        thresholds(threshold_dict(stage="production"), threshold_dict(id="soft", importance="soft"))


def test_subgroups_are_compared_or_it_is_signed_why_not() -> None:
    grouped = evaluation_set(3, slices={"a": "x", "b": "y"}, roles={"a": "subgroup", "b": "subgroup"})
    body = thresholds(threshold_dict())
    with pytest.raises(ValueError, match=r"subgroups \(a, b\)"):
        body.check_against(grouped, rubric())
    ThresholdsBody.model_validate(body.model_dump() | {"subgroups": "one person each"}).check_against(grouped, rubric())
    gap = threshold_dict(id="gap", kind="gap", direction="<=", limit="0.1", groups=["a", "b"])
    thresholds(threshold_dict(), gap).check_against(grouped, rubric())
    with pytest.raises(ValidationError, match="preset 'strict'"):
        ThresholdsBody.model_validate(body.model_dump() | {"preset": "strict"})


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("met:tone", "criterion 'tone', expected one of: form, label, answer"),
        ("field_f1:dose", "needs a criterion with the grader 'fields'"),
        ("escalation_recall", "needs a criterion with the grader 'behaviour'"),
    ],
)
def test_a_metric_names_what_the_rubric_has(metric: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        thresholds(threshold_dict(metric=metric)).check_against(evaluation_set(3), rubric())


def test_every_metric_has_a_name_of_the_declared_form() -> None:
    for name, found in METRICS.items():
        assert re.match(PATTERN, f"{name}:x" if found.argument else name), name
        assert in_words(name) == found.words
    assert in_words("f1:eye") == "F1 of eye"


@pytest.mark.parametrize("arm", ["base", "tuned"])
def test_the_arms_of_approved_files_are_answered_by_no_other_system(arm: str) -> None:
    spec = {"attempt_index": 1, "note": ""}
    endpoint = {"endpoint": {"address": "https://api.example/v1", "model": "m"}}
    recorded = {"recorded": {"path": "r.jsonl", "size": 1, "sha256": "sha256:" + "0" * 64}}
    for other in (endpoint, recorded):
        assert EvaluationSpecBody.model_validate(spec | other | {"arm": "other"})
        with pytest.raises(ValidationError, match="approved files have to answer"):
            EvaluationSpecBody.model_validate(spec | other | {"arm": arm})
    with pytest.raises(ValidationError, match="one of them or neither"):
        EvaluationSpecBody.model_validate(spec | endpoint | recorded | {"arm": "other"})
