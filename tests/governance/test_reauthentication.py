"""Acts that bind, hand power on or undo: a session alone does none of them, however it was come by."""

from datetime import timedelta

import pytest
from django.utils import timezone

from governance import events
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.errors import CountersignError, Invalid, Refused
from governance.models import Condition, Delegation, LedgerEvent, PreparedProof, User
from governance.selectors import ledger
from governance.services import (
    conditions,
    delegation,
    disposal,
    documents,
    identities,
    leaving,
    passkey_signing,
    passkeys,
    people,
    reauthentication,
    resetting,
    reviews,
    signers,
    signing,
    signoff,
)
from governance.services.reauthentication import Proof
from governance.services.signing_rules import WRONG_PASSWORDS
from tests.governance import passkeys as hands
from tests.governance.cast import PASSWORD, REASON, World
from tests.support.device import PRESENT, VERIFIED, Device

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def localhost(settings) -> None:
    settings.COUNTERSIGN_URL = "http://localhost:8000"


def give(world: World, proof: Proof) -> Delegation:
    now = timezone.now()
    return delegation.give(
        actor=world.officer, to=world.officer_two, role=COMPLIANCE_OFFICER, project=world.project,
        starts_at=now - DAY, ends_at=now + DAY, reason="Leave", proof=proof,
    )  # fmt: skip


def condition(world: World) -> Condition:
    request = world.ask(world.note("Under a condition"))
    signing.sign(
        actor=world.owner, request=request, role=OWNER, password=PASSWORD,
        conditions=[signing.condition(kind="gate", text="Legal has seen it")], **REASON,
    )  # fmt: skip
    return Condition.objects.get()


def agreed(world: World):
    note = world.note("Agreed")
    world.agree(note)
    return note


def acts(world: World):
    """Return every act that asks who one is, each with what it needs."""
    open_condition, note = condition(world), agreed(world)
    review = reviews.open_review(
        actor=world.officer, document=note, trigger="drift", due=timezone.now() + DAY, reason="Drift"
    )
    hands.enrol(world.engineer)
    waiting = hands.newest(world.engineer)
    listed = disposal.draft(actor=world.owner_two, title="Away", reason="Asked", legal_basis="Art. 17", openings=[1])
    paper = documents.draft_freeze(actor=world.owner_two, draft=listed, revision=listed.revision)
    world.agree(paper, by=world.owner_two)
    stranger = world.stranger
    return {
        "delegation": lambda proof: give(world, proof),
        "condition": lambda proof: conditions.meet(
            actor=world.owner_two, condition=open_condition, evidence="Seen", proof=proof
        ),
        "review": lambda proof: reviews.close(actor=world.officer, review=review, finding="Fine", proof=proof),
        "voucher": lambda proof: passkeys.vouch(actor=world.owner, passkey=waiting, how="Met", proof=proof),
        "identity": lambda proof: signers.identify(actor=world.owner, user=stranger, how="Met", proof=proof),
        "competence": lambda proof: signers.qualify(actor=world.owner, user=stranger, evidence="Years", proof=proof),
        "declaration": lambda proof: signers.declare(actor=world.officer, proof=proof),
        "role": lambda proof: people.role_grant(
            actor=world.owner, user=stranger, role="auditor", project=None, proof=proof
        ),
        "reset": lambda proof: resetting.reset(actor=world.owner, user=world.engineer, proof=proof),
        "unlink": lambda proof: identities.unlink(actor=world.owner, user=stranger, proof=proof),
        "disposal": lambda proof: disposal.carry_out(actor=world.owner, document=paper, proof=proof),
        "revocation": lambda proof: signoff.revoke(actor=world.officer, document=note, reason="Wrong", proof=proof),
        "leaving": lambda proof: leaving.person_leave(
            actor=world.owner, user=world.engineer_two, successor=None, proof=proof
        ),
    }


@pytest.mark.attack(
    name="delegate, confirm a condition, vouch, give a role or dispose in a stolen session",
    caught_by="password, one-time code or passkey, asked anew and counted for the lockout; no API token may either",
    unless="the thief has the password, or holds the unlocked device",
)
def test_a_session_alone_does_none_of_it(world: World) -> None:
    found = acts(world)
    for name, act in found.items():
        before = ledger.size()
        for proof in (Proof(), Proof("wrong"))[: 1 if name != "delegation" else 2]:
            with pytest.raises(Refused) as refusal:
                act(proof)
            assert refusal.value.findings[0].check == "re-authentication", name
            before += 1
            assert ledger.size() == before, name
            assert LedgerEvent.objects.latest("entry_id").event == events.REFUSAL_IDENTITY, name
        LedgerEvent.objects.filter(event=events.REFUSAL_IDENTITY).update(at=timezone.now() - DAY)  # no lockout here
    for name, act in found.items():
        if name == "unlink":
            with pytest.raises(CountersignError, match="no link"):  # let through, and nothing to do
                act(Proof(PASSWORD))
        else:
            act(Proof(PASSWORD))
    methods = {leaf.event: leaf.data.get("method") for leaf in ledger.leaves_at(range(ledger.size())).values()}
    for event in (events.DELEGATION_GIVEN, events.CONDITION_MET, events.REVIEW_CLOSED):
        assert methods[event] == "password"


def test_wrong_passwords_lock_every_such_act(world: World) -> None:
    for _ in range(WRONG_PASSWORDS):
        with pytest.raises(Refused, match="re-authentication"):
            give(world, Proof("wrong"))
    with pytest.raises(Refused, match="lockout"):
        give(world, Proof(PASSWORD))
    with pytest.raises(Refused, match="lockout"):
        signers.declare(actor=world.officer, proof=Proof(PASSWORD))


def asked(user: User, act: str, device: Device, **how) -> Proof:
    question = reauthentication.prepare(actor=user, act=act)
    return Proof(preparation=question.id, credential=device.answer(question.options, **how))


def test_a_passkey_confirms_an_act_once_and_no_other(world: World) -> None:
    device = hands.usable(world.officer, by=world.owner)
    proof = asked(world.officer, "signoff.delegate", device)
    with pytest.raises(Refused, match="put for this act"):
        signers.declare(actor=world.officer, proof=proof)
    given = give(world, proof)
    assert ledger.leaves_at([given.seq])[given.seq].data["method"] == "passkey"
    with pytest.raises(Refused, match="put for this act"):
        give(world, proof)


@pytest.mark.attack(
    name="confirm an act with a passkey's answer that was given for something else",
    caught_by="the answer is over a text of another type that names the act, its person and random bytes",
    unless="SHA-256 breaks",
)
@pytest.mark.parametrize("what", ["a signature", "somebody else's", "unverified", "copied device", "too late"])
def test_another_answer_confirms_nothing(world: World, what: str) -> None:
    device = hands.usable(world.officer, by=world.owner)
    other = hands.usable(world.officer_two, by=world.owner)
    signers.declare(actor=world.officer, proof=asked(world.officer, "signer.declare", device))  # counts to one
    question = reauthentication.prepare(actor=world.officer, act="signoff.delegate")
    credential = {
        "a signature": lambda: device.answer(
            hands.prepare(world.officer, world.ask(world.note()), COMPLIANCE_OFFICER).options
        ),
        "somebody else's": lambda: other.answer(question.options),
        "unverified": lambda: device.answer(question.options, flags=PRESENT),
        "copied device": lambda: device.answer(question.options, flags=PRESENT | VERIFIED, counter=1),
        "too late": lambda: device.answer(question.options),
    }[what]()
    if what == "too late":
        PreparedProof.objects.update(expires_at=timezone.now())
    with pytest.raises(Refused) as refusal:
        give(world, Proof(preparation=question.id, credential=credential))
    assert refusal.value.findings[0].check == "re-authentication"
    assert not Delegation.objects.exists()


def test_an_answer_to_such_a_question_is_no_signature(world: World) -> None:
    device = hands.usable(world.officer, by=world.owner)
    prepared = hands.prepare(world.officer, world.ask(world.note()), COMPLIANCE_OFFICER)
    question = reauthentication.prepare(actor=world.officer, act="signoff.sign")
    with pytest.raises(Refused, match="re-authentication"):
        hands.finish(world.officer, prepared, device.answer(question.options))


def test_what_waits_is_swept_and_needs_a_passkey_that_counts(world: World) -> None:
    with pytest.raises(Refused, match="no passkey of yours"):
        reauthentication.prepare(actor=world.officer, act="signoff.delegate")
    hands.usable(world.officer, by=world.owner)
    with pytest.raises(Invalid, match="act"):
        reauthentication.prepare(actor=world.officer, act="make coffee")
    reauthentication.prepare(actor=world.officer, act="signoff.delegate")
    assert not passkey_signing.sweep()
    PreparedProof.objects.update(expires_at=timezone.now())
    assert passkey_signing.sweep()
    assert not PreparedProof.objects.exists()


def test_a_policy_that_asks_for_more_of_signatures_asks_for_it_here(world: World) -> None:
    row, note = condition(world), agreed(world)
    review = reviews.open_review(
        actor=world.officer, document=note, trigger="drift", due=timezone.now() + DAY, reason="Drift"
    )
    device = hands.usable(world.officer, by=world.owner)
    hands.governed_by(world, method="passkey")
    with pytest.raises(Refused, match="passkey, as the policy asks"):
        give(world, Proof(PASSWORD))
    give(world, asked(world.officer, "signoff.delegate", device))
    # What was asked for under the policy before is confirmed as that policy says.
    conditions.meet(actor=world.owner_two, condition=row, evidence="Seen", proof=Proof(PASSWORD))
    reviews.close(actor=world.officer, review=review, finding="Fine", proof=Proof(PASSWORD))


def test_a_one_time_code_is_looked_at_when_given(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reauthentication, "verify_totp", lambda user, code: code == "123456")
    with pytest.raises(Refused, match="re-authentication"):
        give(world, Proof(PASSWORD, "654321"))
    given = give(world, Proof(PASSWORD, "123456"))
    assert ledger.leaves_at([given.seq])[given.seq].data["method"] == "password+totp"
