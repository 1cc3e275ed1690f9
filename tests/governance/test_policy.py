"""The policy document: what a body may say."""

import pytest
from pydantic import ValidationError

from governance import policy, registry
from governance.access import AUDITOR, OWNER
from governance.gates import Weight
from governance.policy import PolicyBody
from tests.governance.cast import policy_body


def test_a_policy_for_every_kind_that_is_signed(note_kind) -> None:
    body = PolicyBody.model_validate(policy_body(checks={"plan.signed": "soft"}))
    policy.vet(body)
    assert set(body.rules) == {name for name, kind in registry.KINDS.items() if kind.signed}
    assert body.weights() == {"plan.signed": Weight.SOFT.value}
    assert body.rules["test.note"].rule.validity_days == 365


@pytest.mark.parametrize(
    "change",
    [
        {"roles": {}},
        {"roles": {AUDITOR: 1}},
        {"roles": {"emperor": 1}},
        {"roles": {OWNER: 0}},
        {"roles": {OWNER: 21}},
        {"roles": {OWNER: "1"}},
        {"validity_days": 0},
        {"validity_days": 3651},
        {"validity_days": 1.5},
        {"method": "none"},
        {"surprise": 1},
    ],
)
def test_rules_that_would_let_anything_pass_are_refused(note_kind, change) -> None:
    body = policy_body()
    body["rules"]["test.note"] = body["rules"]["test.note"] | change
    with pytest.raises(ValidationError):
        PolicyBody.model_validate(body)


@pytest.mark.parametrize(
    "change",
    [{"tier": "none"}, {"title": ""}, {"max_attempts": 0}, {"max_attempts": 11}, {"checks": {"a": "off"}}, {"x": 1}],
)
def test_bodies_of_another_form_are_refused(note_kind, change) -> None:
    with pytest.raises(ValidationError):
        PolicyBody.model_validate(policy_body() | change)


def test_a_policy_that_forgets_a_kind_cannot_be_frozen(note_kind) -> None:
    body = policy_body()
    del body["rules"]["test.note"]
    with pytest.raises(ValueError, match=r"no signing rule for test\.note"):
        policy.vet(PolicyBody.model_validate(body))
    unsigned = next(name for name, kind in registry.KINDS.items() if not kind.signed)
    body = policy_body()
    body["rules"][unsigned] = body["rules"]["test.note"]
    with pytest.raises(ValueError, match="which nobody signs"):
        policy.vet(PolicyBody.model_validate(body))


def test_genesis_needs_two_people() -> None:
    assert sum(policy.GENESIS.roles.values()) == 2
    assert len(policy.GENESIS.roles) == 2
