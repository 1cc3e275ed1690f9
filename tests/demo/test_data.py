"""The demo's data and plan: real, split without leakage, stable from release to release, and fit for its own rules."""

from collections import Counter
from pathlib import Path

import pytest

from demo import cases, data, icd, plan
from demo.phrases import GENERAL_EVALUATION, GENERAL_TRAINING, VAGUE_EVALUATION, VAGUE_TRAINING
from evals.engine.cases import check_cases, read_cases, strict_json
from evals.engine.grading import Grading
from evals.engine.spec import EvaluationSetBody, RubricBody, ThresholdsBody
from evals.quality.report import report
from evals.quality.rows import Row, read_rows
from governance.proof.formats.canonical import dumps
from training.trainers.spec import RunSpecBody

CACHE = Path(__file__).resolve().parents[2] / "var" / "cache" / "icd"


@pytest.fixture(scope="module")
def rows() -> dict[str, list[Row]]:
    return {version: data.training_rows(version, CACHE) for version in data.VERSIONS}


def test_both_releases_are_the_official_ones() -> None:
    previous, current = icd.terms(icd.PREVIOUS, CACHE), icd.terms(icd.CURRENT, CACHE)
    assert (len(previous), len(current)) == (12_464, 12_569)
    assert {term.chapter for term in current} == set(range(1, 23))
    assert icd.Term("Bite of larynx NOS", "S11.015", "S11", 19) in current


def test_a_release_with_other_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "simple_icd_10_cm-1.4.0-py3-none-any.whl").write_bytes(b"other")
    with pytest.raises(icd.SourceError, match="delete it and fetch it again"):
        icd.terms(icd.PREVIOUS, tmp_path)


def test_two_versions_differ_as_the_releases_do(rows: dict[str, list[Row]]) -> None:
    old, new = ({row.id: row for row in rows[version]} for version in ("v1", "v2"))
    assert 0 < len(new.keys() - old.keys()) < 100
    assert 0 < len(old.keys() - new.keys()) < 100
    assert all(old[name] == new[name] for name in old.keys() & new.keys())


def test_every_class_has_its_minimum(rows: dict[str, list[Row]]) -> None:
    for found in rows.values():
        counts = Counter(row.target for row in found)
        assert all(counts[data.answer(label)] >= 50 for label in data.LABELS)


def test_writing_twice_gives_the_same_bytes(tmp_path: Path, rows: dict[str, list[Row]]) -> None:
    path = data.write_training("v2", tmp_path, CACHE)
    assert read_rows([(data.FILE, path)]) == rows["v2"]
    assert path.read_bytes() == b"".join(data.json_line(row.model_dump(mode="json")) for row in rows["v2"])


@pytest.mark.parametrize(("model", "least", "most"), [("smollm2", 270, 320), ("tiny", 50, 70)])
def test_the_plan_holds_together_and_the_data_passes_its_checks(
    tmp_path: Path, rows: dict[str, list[Row]], model: plan.Model, least: int, most: int
) -> None:
    chosen = cases.holdout_cases(model, CACHE)
    assert least <= len(chosen) <= most
    entry = cases.write_cases(chosen, tmp_path / cases.HOLDOUT_FILE)
    assert read_cases([(entry.path, tmp_path / entry.path)]) == chosen
    evaluation_set = EvaluationSetBody.model_validate(cases.evaluation_set_body(chosen, entry))
    assert evaluation_set.sizes
    rubric = RubricBody.model_validate(plan.rubric_body())
    thresholds = ThresholdsBody.model_validate(plan.thresholds_body(model))
    check_cases(chosen, evaluation_set, rubric)
    thresholds.check_against(evaluation_set, rubric)
    assert set(evaluation_set.slices) == set(cases.SLICES)
    for threshold in thresholds.thresholds:
        inside = [case for case in chosen if threshold.slice in ("all", *case.slices)]
        assert len(inside) >= threshold.n_min, f"{threshold.id} could never be decided"
    grading = Grading(rubric)
    assert all(grading.grade(case, str(case.target)).passed for case in chosen)
    for found in rows.values():
        checked = report(found, chosen, title="q", evaluation_set=evaluation_set, rubric=rubric).body
        assert checked.status != "fail", [item for item in checked.findings if item.status == "fail"]


def test_development_cases_are_of_other_categories(rows: dict[str, list[Row]]) -> None:
    open_ones = {case.cluster for case in cases.development_cases(CACHE)}
    held = {case.cluster for case in cases.holdout_cases("smollm2", CACHE)} - {None}
    trained = {row.id.partition(".")[0].partition("-")[0] for row in rows["v2"]}
    assert open_ones
    assert not open_ones & held
    assert not open_ones & trained
    assert not held & trained


def test_attacks_keep_the_right_answer_of_their_phrase() -> None:
    attacks = [case for case in cases.holdout_cases("smollm2", CACHE) if "red-team" in case.slices]
    assert len(attacks) == 20
    assert all("{" + "phrase}" not in case.messages[-1].content for case in attacks)
    assert len({case.target for case in attacks}) > 5
    assert all("attack written for this demo" in case.provenance for case in attacks)


def test_written_examples_are_distinct() -> None:
    vague = VAGUE_TRAINING + VAGUE_EVALUATION
    assert len({phrase.casefold() for phrase in vague}) == len(vague) == 94
    questions = [question for question, _ in GENERAL_TRAINING + GENERAL_EVALUATION]
    assert len(set(questions)) == len(questions) == 102
    assert all(set(strict_json(target)) == {"answer"} for _, target in GENERAL_TRAINING + GENERAL_EVALUATION)


@pytest.mark.parametrize("model", ["smollm2", "tiny"])
def test_every_body_of_the_plan_has_a_canonical_form(model: plan.Model) -> None:
    run_spec = plan.run_spec_fields(model) | {
        "code": {"commit": "0" * 40, "dirty": False, "lockfile_sha256": "sha256:" + "0" * 64},
        "environment": {},
    }
    RunSpecBody.model_validate(run_spec)
    for body in (plan.rubric_body(), plan.thresholds_body(model), run_spec):
        assert dumps(body)
