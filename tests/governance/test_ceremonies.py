"""Signing under conditions, for somebody else, and again after a review: through the services, and with forged rows."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from governance.access import COMPLIANCE_OFFICER, ENGINEER, OWNER
from governance.errors import Conflict, Denied, Invalid, Refused
from governance.models import Comment, Condition, ConditionMet, Delegation, LedgerOpening, Review, ReviewClosed
from governance.proof.answers.inforce import Standing
from governance.selectors import conditions as told
from governance.selectors import inbox, ledger
from governance.selectors import signoff as select
from governance.selectors.statements import Opener
from governance.services import comments, conditions, delegation, documents, people, reviews, signing
from governance.services.reauthentication import Proof
from tests.governance import tampering
from tests.governance.cast import PASSWORD, REASON, policy_body

DAY = timedelta(days=1)


def sign(world, request, by, role, **more):
    return signing.sign(actor=by, request=request, role=role, password=PASSWORD, **REASON, **more)


def signed_under(world, *stated):
    note = world.note()
    request = world.ask(note)
    signature = sign(world, request, world.owner, OWNER, conditions=stated)
    world.sign(request, world.officer, COMPLIANCE_OFFICER)
    return note, signature


def test_a_gate_condition_is_met_by_somebody_of_the_role_and_not_before(world) -> None:
    gate = signing.condition(kind="gate", text="Load test first")
    note, signature = signed_under(world, gate)
    found = select.in_force(note)
    assert (found.standing, found.ok, found.unmet[0].text) == (Standing.IN_FORCE, False, "Load test first")
    row = Condition.objects.get(pk=gate.id)
    with pytest.raises(Denied):
        conditions.meet(actor=world.officer, condition=row, evidence="It held", proof=Proof(PASSWORD))
    with pytest.raises(Invalid):
        conditions.meet(actor=world.owner_two, condition=row, evidence=" ", proof=Proof(PASSWORD))
    conditions.meet(actor=world.owner_two, condition=row, evidence="It held for an hour", proof=Proof(PASSWORD))
    assert select.in_force(note).ok
    with pytest.raises(Conflict):
        conditions.meet(actor=world.owner_two, condition=row, evidence="Again", proof=Proof(PASSWORD))
    assert [one.stated.text for one in told.of(Condition.objects.filter(signature=signature))] == ["Load test first"]


@pytest.mark.postgres
@pytest.mark.attack(
    name="write a row that says a condition is met or a review closed",
    caught_by="what mends a sign-off counts only when a ledger entry says it",
    unless="the entry is forged too, with every entry after it",
)
def test_a_condition_met_by_a_row_alone_is_not_met(world) -> None:
    gate = signing.condition(kind="gate", text="Load test first")
    note, _ = signed_under(world, gate)
    row = Condition.objects.get(pk=gate.id)
    ConditionMet(condition=row, by=world.owner, at=timezone.now(), seq=row.signature.seq).save()
    assert not select.in_force(note).ok


def test_an_undone_task_ends_the_sign_off_on_its_day(world) -> None:
    due = timezone.now() + 3 * DAY
    task = signing.condition(kind="task", text="Write the manual", owner=world.engineer_two, due=due)
    note, _ = signed_under(world, task)
    row = Condition.objects.get(pk=task.id)
    assert select.in_force(note).ok
    assert select.in_force(note).lapses == due
    conditions.hand_over(actor=world.engineer_two, condition=row, to=world.owner_two)
    assert told.owner(Condition.objects.get(pk=task.id)) == world.owner_two
    with pytest.raises(Denied):  # who owns the task does not say that it is done
        conditions.meet(actor=world.owner_two, condition=row, evidence="Done", proof=Proof(PASSWORD))
    with time_machine.travel(due + DAY):
        found = select.in_force(note)
        assert (found.standing, found.why) == (Standing.LAPSED, "a condition of a signature was due")
        conditions.meet(actor=world.owner, condition=row, evidence="Late", proof=Proof(PASSWORD))
        assert select.in_force(note).standing is Standing.LAPSED
        world.agree(note)
        assert select.in_force(note).ok


@pytest.mark.parametrize("wrong", ["past", "wordless", "ownerless", "stranger"])
def test_conditions_that_cannot_be_are_refused(world, wrong) -> None:
    request, size = world.ask(world.note()), ledger.size()

    def act() -> None:
        stated = signing.condition(
            kind="task",
            text="" if wrong == "wordless" else "Write it",
            owner={"ownerless": None, "stranger": world.stranger}.get(wrong, world.engineer),
            due=timezone.now() + (-DAY if wrong == "past" else DAY),
        )
        sign(world, request, world.owner, OWNER, conditions=[stated])

    with pytest.raises(Invalid):
        act()
    assert ledger.size() == size


def give(world, **changes) -> Delegation:
    now = timezone.now()
    fields = {
        "actor": world.officer,
        "to": world.officer_two,
        "role": COMPLIANCE_OFFICER,
        "project": world.project,
        "starts_at": now - DAY,
        "ends_at": now + 10 * DAY,
        "reason": "On leave",
        "proof": Proof(PASSWORD),
    } | changes
    return delegation.give(**fields)


def test_a_delegate_signs_with_both_names(world) -> None:
    people.role_grant(
        actor=world.owner, user=world.engineer_two, role=OWNER, project=world.project, proof=Proof(PASSWORD)
    )
    given = give(world, to=world.engineer_two)
    note = world.note()
    request = world.ask(note)
    signature = sign(world, request, world.engineer_two, COMPLIANCE_OFFICER, delegation=given.pk)
    said = Opener().open(signature).predicate
    assert said.on_behalf_of is not None
    assert (said.signer, said.on_behalf_of.signer) == (world.engineer_two.actor, world.officer.actor)
    world.sign(request, world.owner, OWNER)
    assert select.in_force(note).standing is Standing.IN_FORCE
    with pytest.raises(Refused):  # the same person twice, once through a delegate
        world.sign(world.ask(world.note("Other")) and request, world.officer, COMPLIANCE_OFFICER)


def test_a_delegation_covers_its_role_time_and_project_only(world) -> None:
    people.role_grant(
        actor=world.owner, user=world.engineer_two, role=OWNER, project=world.project, proof=Proof(PASSWORD)
    )
    given = give(world, to=world.engineer_two)
    request = world.ask(world.note())
    for by, role, when in (
        (world.owner_two, COMPLIANCE_OFFICER, timezone.now()),
        (world.engineer_two, ENGINEER, timezone.now()),
        (world.engineer_two, COMPLIANCE_OFFICER, timezone.now() + 20 * DAY),
    ):
        with time_machine.travel(when), pytest.raises(Denied):
            sign(world, request, by, role, delegation=given.pk)
    delegation.end(actor=world.officer, delegation=given)
    with pytest.raises(Denied):
        sign(world, request, world.engineer_two, COMPLIANCE_OFFICER, delegation=given.pk)
    with pytest.raises(Conflict):
        delegation.end(actor=world.officer, delegation=given)


@pytest.mark.attack(
    name="sign one's own work through a delegate",
    caught_by="both the delegate and the person signed for must be free to sign",
    unless="the delegate signs as themself, in a role of their own",
)
def test_what_one_wrote_cannot_be_signed_through_a_delegate(world) -> None:
    people.role_grant(
        actor=world.owner, user=world.engineer_two, role=OWNER, project=world.project, proof=Proof(PASSWORD)
    )
    given = give(world, to=world.engineer_two)
    request = world.ask(world.note(), by=world.officer)
    with pytest.raises(Refused) as refusal:
        sign(world, request, world.engineer_two, COMPLIANCE_OFFICER, delegation=given.pk)
    assert refusal.value.findings[0].check == "separation of duties"


def test_a_delegation_ends_with_the_role_behind_it(world) -> None:
    people.role_grant(
        actor=world.owner, user=world.engineer_two, role=OWNER, project=world.project, proof=Proof(PASSWORD)
    )
    given = give(world, to=world.engineer_two)
    request = world.ask(world.note())
    grant = world.officer.grants.get(role=COMPLIANCE_OFFICER)
    people.role_revoke(actor=world.owner, grant_id=str(grant.pk))
    with pytest.raises(Denied):
        sign(world, request, world.engineer_two, COMPLIANCE_OFFICER, delegation=given.pk)


@pytest.mark.parametrize(
    "change", [{"role": OWNER}, {"reason": ""}, {"role": "auditor"}, {"ends": -2}, {"ends": 200}, {"to": "self"}]
)
def test_delegations_that_cannot_be_are_refused(world, change) -> None:
    if "ends" in change:
        change = {"ends_at": timezone.now() + change["ends"] * DAY}
    if change.get("to") == "self":
        change = {"to": world.officer}
    with pytest.raises((Invalid, Refused)):
        give(world, **change)
    assert not Delegation.objects.exists()


@pytest.mark.postgres
@pytest.mark.attack(
    name="write oneself a delegation into the database",
    caught_by="a delegation counts only as its ledger entry tells it, which names who gave it",
    unless="the entry is forged too, with every entry after it",
)
def test_a_forged_delegation_gives_nothing(world) -> None:
    people.role_grant(
        actor=world.owner, user=world.engineer_two, role=OWNER, project=world.project, proof=Proof(PASSWORD)
    )
    now = timezone.now()
    row = Delegation(by=world.officer, to=world.engineer_two, role=COMPLIANCE_OFFICER, project=world.project)
    row.starts_at, row.ends_at, row.at, row.seq = now - DAY, now + DAY, now, 3
    row.save()
    with pytest.raises(Denied):
        sign(world, world.ask(world.note()), world.engineer_two, COMPLIANCE_OFFICER, delegation=row.pk)


def test_a_review_reopens_and_closing_it_keeps_the_sign_off(world) -> None:
    note, now = world.note(), timezone.now()
    world.agree(note)
    fields = {"document": note, "trigger": "drift", "due": now + 5 * DAY, "reason": "Inputs look different"}
    review = reviews.open_review(actor=world.owner, **fields)
    with pytest.raises(Refused):
        reviews.open_review(actor=world.officer, **fields)
    assert select.in_force(note).lapses == review.due
    with pytest.raises(Denied):
        reviews.close(actor=world.engineer, review=review, finding="Fine", proof=Proof(PASSWORD))
    with pytest.raises(Refused):
        reviews.close(actor=world.officer, review=review, finding="Fine", proof=Proof("wrong"))
    assert select.in_force(note, time=now + 6 * DAY).standing is Standing.LAPSED
    reviews.close(actor=world.officer, review=review, finding="Same distribution", proof=Proof(PASSWORD))
    assert select.in_force(note, time=now + 6 * DAY).standing is Standing.IN_FORCE


@pytest.mark.postgres
@pytest.mark.attack(
    name="write a row that says a condition is met or a review closed",
    caught_by="what mends a sign-off counts only when a ledger entry says it",
    unless="the entry is forged too, with every entry after it",
)
def test_a_review_closed_by_a_row_alone_is_open(world) -> None:
    note, now = world.note(), timezone.now()
    world.agree(note)
    review = reviews.open_review(actor=world.owner, document=note, trigger="age", due=now + DAY, reason="Old")
    ReviewClosed(review=review, by=world.officer, at=now, seq=2).save()
    assert select.in_force(note, time=now + 2 * DAY).standing is Standing.LAPSED


@pytest.mark.postgres
@pytest.mark.attack(
    name="delete the row of a review that reopened a sign-off",
    caught_by="the ledger entry that opened it counts without the row",
    unless="the entry is taken out too, and every entry after it rewritten",
)
def test_a_review_counts_whether_its_row_or_its_leaf_is_gone(world) -> None:
    note, now = world.note(), timezone.now()
    world.agree(note)
    world.note("Something later")
    Review(document=note, trigger="drift", due=now + DAY, by=None, at=now, seq=ledger.size() - 1).save()
    assert select.in_force(note, time=now + 2 * DAY).standing is Standing.LAPSED
    other = world.note("Other")
    world.agree(other)
    reviews.open_review(actor=world.owner, document=other, trigger="age", due=now + DAY, reason="Old")
    with tampering.owner():
        tampering.run("DELETE FROM governance_review")
    assert select.in_force(note, time=now + 2 * DAY).standing is Standing.IN_FORCE
    assert select.in_force(other, time=now + 2 * DAY).standing is Standing.LAPSED


def test_comments_are_pinned_answered_and_erasable(world) -> None:
    note = world.note()
    asked = comments.comment_make(
        actor=world.officer, document=note, kind="question", place="text", text="What does it mean?"
    )
    comments.comment_make(actor=world.engineer, document=note, kind="answer", answers=asked, text="This.")
    assert LedgerOpening.objects.get(entry=asked.seq).private["text"] == "What does it mean?"
    assert b"mean" not in ledger.leaf(asked.seq).to_bytes()
    for bad in ({"kind": "answer"}, {"kind": "comment", "answers": asked}, {"kind": "song"}, {"text": " "}):
        with pytest.raises(Invalid):
            comments.comment_make(**{"actor": world.officer, "document": note, "kind": "comment", "text": "x"} | bad)
    assert Comment.objects.count() == 2


def test_a_request_that_ran_out_waits_for_nobody(world) -> None:
    body = policy_body("Quick policy")
    body["rules"]["test.note"] = body["rules"]["test.note"] | {"request_days": 3}
    quick = documents.document_submit(actor=world.owner_two, project=None, kind="governance.policy", body=body)
    world.agree(quick, by=world.owner_two)
    note = world.note()
    request = world.ask(note)
    assert select.in_force(note).closes == request.at + 3 * DAY
    assert request.pk in {turn.request.pk for turn in inbox.turns(world.owner)}
    with time_machine.travel(request.at + 4 * DAY):
        assert select.in_force(note).standing is Standing.RAN_OUT
        assert request.pk not in {turn.request.pk for turn in inbox.turns(world.owner)}
        with pytest.raises(Refused):
            world.sign(request, world.owner, OWNER)
        world.agree(note)
        assert select.in_force(note).ok


def test_a_policy_under_an_unmet_condition_governs_nothing(world) -> None:
    before = select.policy_in_force(world.project)
    again = documents.document_submit(
        actor=world.owner_two, project=None, kind="governance.policy", body=policy_body("Next"), base=world.policy
    )
    request = world.ask(again, by=world.owner_two)
    gate = signing.condition(kind="gate", text="Ask the works council")
    sign(world, request, world.owner, OWNER, conditions=[gate])
    world.sign(request, world.officer, COMPLIANCE_OFFICER)
    assert before == world.policy
    assert select.policy_in_force(world.project) is None
    row = Condition.objects.get(pk=gate.id)
    with pytest.raises(Denied):  # who wrote it does not say that its conditions are met
        conditions.meet(actor=world.owner_two, condition=row, evidence="They agreed", proof=Proof(PASSWORD))
    conditions.meet(actor=world.owner, condition=row, evidence="They agreed", proof=Proof(PASSWORD))
    assert select.policy_in_force(world.project) == again
