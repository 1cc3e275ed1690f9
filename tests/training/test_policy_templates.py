"""Templates of policies: each fits all that is registered, and can be signed where nothing else has been yet."""

import json

import pytest
from django.core.management import CommandError, call_command

from governance import policy, registry
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.errors import Invalid
from governance.models import User
from governance.selectors import signoff as standings
from governance.services import documents, installation, people, signing, signoff
from governance.services.reauthentication import Proof
from training.policy_templates import TEMPLATES, body

PASSWORD = "a-long-template-pass-1"
NAMES = sorted(TEMPLATES)


def test_three_sizes_are_offered() -> None:
    assert list(registry.POLICY_TEMPLATES) == ["small", "medium", "large"]


@pytest.mark.parametrize("name", NAMES)
def test_each_is_vetted_against_everything_registered(name: str) -> None:
    found = policy.PolicyBody.model_validate(registry.POLICY_TEMPLATES[name].body())
    policy.vet(found)
    assert set(found.rules) == {kind for kind, known in registry.KINDS.items() if known.signed}
    assert set(TEMPLATES[name]["rules"]) <= set(found.rules)
    known = {check.name for gate in registry.GATES.values() for check in gate.checks}
    assert set(found.checks) <= known
    assert found.rules["governance.disposal"].roles == {OWNER: 1, COMPLIANCE_OFFICER: 1}
    # A policy of one's own making must never be easier to change than what it governs is to sign.
    assert found.rules[policy.KIND].total >= 2
    assert all(rule.request_days and rule.remind_days for rule in found.rules.values())


def test_the_larger_the_stricter() -> None:
    small, medium, large = (policy.PolicyBody.model_validate(body(name)) for name in ("small", "medium", "large"))
    for kind in small.rules:
        totals = [one.rules[kind].total for one in (small, medium, large)]
        assert totals == sorted(totals), kind
    assert {rule.method for rule in large.rules.values()} == {"passkey"}
    assert all(rule.identity and rule.open_all and rule.escalate_to for rule in large.rules.values())
    assert any(rule.any_of and rule.roles for rule in large.rules.values())
    assert {rule.method for rule in small.rules.values()} == {"password"}


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_signed_in_a_fresh_installation(name: str, fresh_database: None, state) -> None:
    installation.set_up(
        organisation="Example",
        owner=installation.Person("owner", "Olga Owner", PASSWORD),
        officer=installation.Person("officer", "Carl Officer", PASSWORD),
        demo=True,
    )
    owner, officer = User.objects.get(username="owner"), User.objects.get(username="officer")
    author = people.person_enrol(actor=owner, username="third", printed_name="Third Person", password=PASSWORD)
    people.role_grant(actor=owner, user=author, role=OWNER, project=None, proof=Proof(PASSWORD))
    made = documents.document_submit(actor=author, project=None, kind=policy.KIND, body=body(name))
    request = signoff.request_open(actor=author, documents=[made])
    for signer, role in ((owner, OWNER), (officer, "compliance_officer")):
        signing.sign(actor=signer, request=request, role=role, meaning="Yes", reason="Read it", password=PASSWORD)
    assert standings.policy_in_force(None) == made


@pytest.mark.parametrize("name", NAMES)
def test_the_command_prints_it(name: str, capsys) -> None:
    call_command("policy_template", name)
    assert json.loads(capsys.readouterr().out) == body(name)


def test_the_command_lists_them_and_refuses_others(capsys) -> None:
    call_command("policy_template")
    listed = capsys.readouterr().out
    assert all(f"{name}: " in listed for name in NAMES)
    with pytest.raises(CommandError, match="small, medium, large"):
        call_command("policy_template", "huge")


@pytest.mark.parametrize("kind", ["governance.waiver", "governance.disposal"])
def test_a_waiver_or_disposal_that_one_person_signs_is_no_policy(kind: str) -> None:
    alone = body("small")
    alone["rules"][kind] = {"roles": {"owner": 1}, "validity_days": 30}
    with pytest.raises(ValueError, match="expected at least 2"):
        policy.vet(policy.PolicyBody.model_validate(alone))
    with pytest.raises(Invalid, match="expected at least 2"):
        documents.check_body(registry.KINDS[policy.KIND], alone)


def test_what_stays_in_use_is_reviewed_in_time_in_the_larger_ones() -> None:
    for name in ("medium", "large"):
        rules = policy.PolicyBody.model_validate(body(name)).rules
        unreviewed = {kind for kind, rule in rules.items() if rule.review_days is None}
        assert unreviewed == {"governance.waiver", "governance.retrospective", "governance.disposal"}
        assert all(rule.review_days <= rule.validity_days // 3 for rule in rules.values() if rule.review_days)
    assert not any(rule.review_days for rule in policy.PolicyBody.model_validate(body("small")).rules.values())
