"""What drills and probes may say of themselves: an outcome that its own evidence does not bear out is no document."""

from math import comb
from typing import Any

import pytest
from pydantic import ValidationError

from tests.training.custody import samples
from training.bodies.custody import PERMUTATIONS, ProbeSpecBody, RestoreRecordBody, RestoreSpecBody, least_p


def test_the_samples_are_valid() -> None:
    assert RestoreRecordBody.model_validate(samples.restore_record()).outcome == "passed"
    assert ProbeSpecBody.model_validate(samples.probe_spec()).alpha == "0.01"


@pytest.mark.parametrize(
    "lie",
    [
        {"files": [samples.restored() | {"found": "missing", "found_size": None, "found_sha256": None}]},
        {"loaded": False},
        {"answers": []},
        {"answers": [{"prompt": "Say something.", "text": "", "tokens": 0}]},
        {"finding": "the file config.json is missing"},
        {"outcome": "failed"},
    ],
    ids=["a file is missing", "not loaded", "no answer", "an answer of nothing", "a finding", "failed for no reason"],
)
def test_an_outcome_that_the_evidence_does_not_bear_out(lie: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="do not bear out"):
        RestoreRecordBody.model_validate(samples.restore_record(**lie))


def test_a_failed_drill_is_a_record_too() -> None:
    gone = samples.restored() | {"found": "missing", "found_size": None, "found_sha256": None}
    body = samples.restore_record(outcome="failed", finding="gone", files=[gone], loaded=False, answers=[])
    assert RestoreRecordBody.model_validate(body).outcome == "failed"


@pytest.mark.parametrize(
    "change",
    [
        {"found": "altered"},
        {"found_sha256": samples.digest("other")},
        {"found_size": 8},
        {"found_size": None, "found_sha256": None},
    ],
)
def test_a_file_is_intact_exactly_when_size_and_hash_are_the_same(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="size and hash"):
        RestoreRecordBody.model_validate(samples.restore_record(files=[samples.restored() | change]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("backup", "../vault"),
        ("backup", "Vault"),
        ("folder", "../elsewhere"),
        ("folder", "/etc"),
        ("prompts", []),
        ("layout", "tape"),
    ],
)
def test_a_drill_names_a_listed_place_and_something_to_ask(field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        RestoreSpecBody.model_validate(samples.restore_spec(**{field: value}))


def test_a_probe_that_could_never_find_a_change_is_refused() -> None:
    with pytest.raises(ValidationError, match="could not show any change"):
        ProbeSpecBody.model_validate(samples.probe_spec(repeats=2))
    few = [{"id": "one", "text": "Hello"}]
    with pytest.raises(ValidationError, match="could not show any change"):
        ProbeSpecBody.model_validate(samples.probe_spec(repeats=4, prompts=few))
    assert ProbeSpecBody.model_validate(samples.probe_spec(repeats=6, prompts=few)).repeats == 6


def test_the_least_p_is_that_of_the_ways_to_deal_answers_out_anew() -> None:
    assert least_p(3, 3, 1) == 2 / comb(6, 3)
    assert least_p(3, 4, 1) == 1 / comb(7, 3)
    assert least_p(3, 3, 2) == (2 / comb(6, 3)) ** 2
    assert least_p(20, 20, 5) == 1 / (PERMUTATIONS + 1)


@pytest.mark.parametrize("change", [{"temperature": "3"}, {"alpha": "0"}, {"alpha": "0.5"}, {"cadence_days": 0}])
def test_a_probe_out_of_bounds(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ProbeSpecBody.model_validate(samples.probe_spec(**change))


def test_two_prompts_of_one_name_are_refused() -> None:
    twice = [{"id": "one", "text": "Hello"}, {"id": "one", "text": "Goodbye"}]
    with pytest.raises(ValidationError, match="more than once"):
        ProbeSpecBody.model_validate(samples.probe_spec(prompts=twice))


def test_what_is_asked_is_the_same_whatever_else_changes() -> None:
    first = ProbeSpecBody.model_validate(samples.probe_spec())
    other = ProbeSpecBody.model_validate(
        samples.probe_spec(title="Daily", cadence_days=1, repeats=20)
        | {"endpoint": {"address": "https://proxy.example/v1", "model": "big-2026-01"}}
    )
    assert first.asking() == other.asking()
    moved = ProbeSpecBody.model_validate(
        samples.probe_spec(endpoint={"address": "https://api.example/v1", "model": "big-2026-06"})
    )
    assert first.asking() != moved.asking()
