"""Search and the selectors behind the pages."""

import uuid

import pytest

from governance.job_states import JobState
from governance.models import LedgerEntry
from governance.selectors import history, inbox
from governance.selectors.search import digest_prefix, search
from governance.services import documents, people, signoff
from governance.services.reauthentication import Proof
from tests.governance.web import world as made
from tests.governance.web.world import World


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("sha256:abcdef", "sha256:abcdef"),
        ("ABCDEF01", "sha256:abcdef01"),
        ("abcde", None),
        ("abcdeg", None),
        ("sha256:", None),
        ("a" * 65, None),
        (" " + "a" * 64 + " ", "sha256:" + "a" * 64),
    ],
)
def test_what_may_be_a_digest(text: str, prefix: str | None) -> None:
    assert digest_prefix(text) == prefix


def test_found_by_name_digest_and_identifier(world: World) -> None:
    spec = made.evaluation_spec(world)
    row = made.job(world, spec, JobState.RUNNING)
    assert search(world.engineer, "escalate").documents == [world.rubric]
    assert search(world.engineer, world.rubric.digest).documents == [world.rubric]
    assert search(world.engineer, world.rubric.digest).requests == [world.request]
    assert search(world.engineer, str(world.request.pk)).requests == [world.request]
    assert search(world.engineer, str(row.pk)).jobs == [row]
    assert search(world.engineer, "attempt 1").jobs == [row]
    assert search(world.engineer, str(uuid.uuid4())).count == 0
    assert search(world.engineer, "x").count == 0
    assert search(world.engineer, "medical").projects == [world.project]


def test_nothing_of_other_projects(world: World) -> None:
    for text in ("triage", "medical", world.rubric.digest, str(world.request.pk)):
        assert search(world.outsider, text).count == 0, text


def test_people_without_any_role_find_nothing(world: World) -> None:
    nobody = people.person_enrol(actor=world.owner, username="nora", printed_name="Nora Nobody", password=made.PASSWORD)
    assert search(nobody, "policy").count == 0
    assert inbox.turns(nobody) == []


def test_an_altered_leaf_does_not_pass_unnoticed(world: World) -> None:
    """Rewriting an entry's hash breaks the proofs that lead over it."""
    size = LedgerEntry.objects.count()
    (entry,) = history.entries([3], size)
    assert entry.proof.holds
    proofs = history.inclusion_of([0, 3, size - 1], size)
    assert all(proof.holds for proof in proofs.values())
    assert len({proof.root for proof in proofs.values()}) == 1


def test_a_revoked_request_waits_no_longer(world: World) -> None:
    made.sign(world.request, world.second_owner, "owner")
    for document in (world.evaluation_set, world.rubric, world.thresholds):
        signoff.revoke(actor=world.officer, document=document, reason="wrong data", proof=Proof(made.PASSWORD))
    assert inbox.waiting(inbox.visible_requests(world.officer).filter(project=world.project)) == []


def test_a_policy_asking_for_two_of_a_role_waits_for_the_second(world: World) -> None:
    rules = made.policy_body()["rules"] | {"evals.rubric": {"roles": {"compliance_officer": 2}, "validity_days": 30}}
    policy = documents.document_submit(
        actor=world.owner, project=None, kind="governance.policy", base=world.policy,
        body=made.policy_body(rules=rules),
    )  # fmt: skip
    made.agree([policy], world.owner, world.second_owner, world.officer)
    signoff.withdraw(actor=world.engineer, request=world.request)
    request = signoff.request_open(actor=world.engineer, documents=[world.rubric])
    assert [turn.missing for turn in inbox.turns(world.officer)] == [{"compliance_officer": 2}]
    made.sign(request, world.officer, "compliance_officer")
    assert inbox.turns(world.officer) == []
    assert [turn.missing for turn in inbox.turns(world.second_officer)] == [{"compliance_officer": 1}]
    made.sign(request, world.second_officer, "compliance_officer")
    assert inbox.turns(world.second_officer) == []
