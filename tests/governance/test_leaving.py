"""Somebody leaves: what ends, what goes to a successor, and that what they signed stays valid."""

from datetime import timedelta

import pytest
from django.utils import timezone

from governance import events
from governance.access import COMPLIANCE_OFFICER, OWNER, ROLES
from governance.errors import Conflict, Denied, Invalid, NotFound, Refused
from governance.models import Condition, Notice, RoleGrant, SignoffRequest, User
from governance.notice_kinds import WITHDRAWN
from governance.proof.answers.inforce import Standing
from governance.selectors import conditions as told
from governance.selectors import delegations, ledger, people
from governance.selectors import leaving as select
from governance.selectors import passkeys as keys
from governance.selectors import signoff as standings
from governance.selectors.verification import verify
from governance.services import delegation, leaving, signing, signoff, tokens
from governance.services.reauthentication import Proof
from tests.governance import passkeys as hands
from tests.governance.accounts import authenticator
from tests.governance.cast import PASSWORD, REASON


def test_everything_ends_and_old_signatures_stay_valid(world) -> None:
    now = timezone.now()
    note = world.note()
    request = world.ask(note)
    device = hands.usable(world.officer, by=world.owner)
    hands.sign(world.officer, device, request, COMPLIANCE_OFFICER)
    task = signing.condition(kind="task", text="Do it", owner=world.officer, due=now + timedelta(days=9))
    signing.sign(actor=world.owner, request=request, role=OWNER, password=PASSWORD, conditions=[task], **REASON)
    authenticator.enrol(world.officer, PASSWORD)
    tokens.create(actor=world.officer, name="laptop", scopes=["read"], days=3)
    delegation.give(
        actor=world.officer, to=world.officer_two, role=COMPLIANCE_OFFICER, project=None, starts_at=now,
        ends_at=now + timedelta(days=3), reason="Leave", proof=Proof(PASSWORD))  # fmt: skip
    waiting = world.ask(world.note("Waits"))
    preview = select.consequences(world.officer)
    assert (len(preview.grants), len(preview.passkeys), len(preview.tokens)) == (1, 1, 1)
    assert [turn.request for turn in preview.turns] == [waiting]
    with pytest.raises(Invalid, match="open tasks and findings need"):
        leaving.person_leave(actor=world.owner, user=world.officer, successor=None, proof=Proof(PASSWORD))
    leaving.person_leave(actor=world.owner, user=world.officer, successor=world.officer_two, proof=Proof(PASSWORD))

    assert standings.in_force(note).standing is Standing.IN_FORCE
    assert told.owner(Condition.objects.get(pk=task.id)) == world.officer_two
    world.officer.refresh_from_db()
    assert not world.officer.is_active
    assert people.roles_held(world.officer, None) == frozenset()
    assert keys.usable(world.officer) == []
    assert delegations.held(world.officer_two, None, timezone.now()) == []
    after = select.consequences(world.officer)
    assert (after.grants, after.passkeys, after.tokens, after.delegations, after.tasks) == ([], [], [], [], [])
    leaf = ledger.leaf(ledger.size() - 1)
    assert (leaf.event, leaf.subjects) == (events.PERSON_LEFT, [f"user:{world.officer.actor}"])
    assert leaf.data == {"successor": world.officer_two.actor, "tasks": 1}
    assert [str(one) for check in verify().checks for one in check.problems] == []
    with pytest.raises(Conflict):
        leaving.person_leave(actor=world.owner, user=world.officer, successor=None, proof=Proof(PASSWORD))


def test_an_owner_withdraws_what_a_leaver_asked_for_and_nobody_else_does(world) -> None:
    note = world.note()
    request, other = world.ask(note), world.ask(world.note("Another's", by=world.engineer_two), by=world.engineer_two)
    with pytest.raises(Refused, match="somebody else opened it"):  # while they are here it is theirs
        signoff.withdraw(actor=world.owner, request=request)
    leaving.person_leave(actor=world.owner, user=world.engineer, successor=None, proof=Proof(PASSWORD))
    request = SignoffRequest.objects.select_related("requested_by", "project").get(pk=request.pk)
    for actor in (world.officer, world.engineer_two):
        with pytest.raises(Denied) as problem:
            signoff.withdraw(actor=actor, request=request)
        [finding] = problem.value.findings
        assert finding.who == ROLES[OWNER]
    for actor in (world.stranger, User.objects.get(pk=world.engineer.pk)):  # to whom it does not exist, nor any more
        with pytest.raises(NotFound):
            signoff.withdraw(actor=actor, request=request)
    with pytest.raises(Refused, match="somebody else opened it"):
        signoff.withdraw(actor=world.owner, request=other)
    assert standings.in_force(note).standing is Standing.PENDING

    signoff.withdraw(actor=world.owner, request=request)
    assert standings.in_force(note).standing is Standing.WITHDRAWN
    leaf = ledger.leaf(ledger.size() - 1)
    assert (leaf.event, leaf.actor, leaf.data) == (
        events.REQUEST_WITHDRAWN,
        world.owner.actor,
        {"request": str(request.pk)},
    )
    told_so = Notice.objects.get(to=world.officer, kind=WITHDRAWN)
    assert "withdrew the request of Engineer, who left." in told_so.text
    assert [str(one) for check in verify().checks for one in check.problems] == []


def test_who_may_let_whom_leave(world) -> None:
    for actor in (world.officer, world.engineer):
        with pytest.raises(Denied):
            leaving.person_leave(actor=actor, user=world.engineer_two, successor=None, proof=Proof(PASSWORD))
    with pytest.raises(Refused, match="your own leaving"):
        leaving.person_leave(actor=world.owner, user=world.owner, successor=None, proof=Proof(PASSWORD))
    leaving.person_leave(actor=world.owner, user=world.owner_two, successor=None, proof=Proof(PASSWORD))
    size = ledger.size()
    for grant in RoleGrant.objects.filter(user=world.owner_two):
        assert grant.revocation.seq < size
    assert world.owner_two not in leaving.successors(world.engineer)
