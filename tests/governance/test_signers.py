"""What is on record of signers: who puts it there, what it is worth, and that a policy can ask for it."""

import pytest
from django.utils import timezone

from governance import events
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.errors import Conflict, Denied, Invalid, Refused
from governance.models import LedgerOpening, SignerRecord
from governance.proof.answers.inforce import Standing
from governance.selectors import ledger
from governance.selectors import signers as select
from governance.selectors import signoff as standings
from governance.selectors.verification import verify
from governance.services import signers
from governance.services.reauthentication import Proof
from tests.governance import passkeys as hands
from tests.governance.cast import PASSWORD

PAPER = "sha256:" + "a" * 64


def test_identity_and_competence_come_from_somebody_else_and_the_words_are_private(world) -> None:
    assert select.lacking(world.officer) == ["identity", "declaration"]
    row = signers.identify(actor=world.owner, user=world.officer, how="Passport, in person", proof=Proof(PASSWORD))
    assert b"Passport" not in ledger.leaf(row.seq).to_bytes()
    signers.qualify(
        actor=world.officer_two,
        user=world.officer,
        evidence="Ten years of audits",
        attachment=PAPER,
        proof=Proof(PASSWORD),
    )
    assert [(one.row.kind, one.words, one.attachment) for one in select.of(world.officer)] == [
        ("identity", "Passport, in person", None),
        ("competence", "Ten years of audits", PAPER),
    ]
    LedgerOpening.objects.filter(entry_id=row.seq).delete()
    assert select.of(world.officer)[0].words == ""
    assert select.lacking(world.officer) == ["declaration"]
    for actor in (world.engineer, world.auditor):
        with pytest.raises(Denied):
            signers.identify(actor=actor, user=world.officer, how="Seen", proof=Proof(PASSWORD))
    with pytest.raises(Refused, match="your own record"):
        signers.identify(actor=world.owner, user=world.owner, how="Mirror", proof=Proof(PASSWORD))
    with pytest.raises(Invalid):
        signers.identify(actor=world.owner, user=world.officer, how=" ", proof=Proof(PASSWORD))
    with pytest.raises(Invalid):
        signers.qualify(
            actor=world.owner, user=world.officer, evidence="Yes", attachment="paper.pdf", proof=Proof(PASSWORD)
        )


def test_the_declaration_is_ones_own_once_and_with_the_password(world) -> None:
    with pytest.raises(Refused, match="re-authentication"):
        signers.declare(actor=world.engineer, proof=Proof("wrong"))
    row = signers.declare(actor=world.engineer, proof=Proof(PASSWORD))
    assert ledger.leaf(row.seq).event == events.SIGNER_DECLARED
    assert select.of(world.engineer)[0].words == signers.DECLARATION
    with pytest.raises(Conflict):
        signers.declare(actor=world.engineer, proof=Proof(PASSWORD))


def test_a_policy_that_asks_for_the_record_lets_nobody_sign_without_it(world) -> None:
    hands.governed_by(world, identity=True)
    note = world.note()
    request = world.ask(note)
    with pytest.raises(Refused, match="identity was not checked, and you did not declare") as problem:
        world.sign(request, world.owner, OWNER)
    assert problem.value.findings[0].check == "signer record"
    SignerRecord(user=world.owner, kind="identity", by=world.officer, at=timezone.now(), seq=2).save()
    with pytest.raises(Refused, match="identity was not checked"):  # a row alone gives nothing
        world.sign(request, world.owner, OWNER)
    assert any("signer's record" in str(one) for check in verify().checks for one in check.problems)
    for who, role, by in ((world.owner, OWNER, world.officer), (world.officer, COMPLIANCE_OFFICER, world.owner)):
        signers.identify(actor=by, user=who, how="Passport, in person", proof=Proof(PASSWORD))
        signers.declare(actor=who, proof=Proof(PASSWORD))
        world.sign(request, who, role)
    assert standings.in_force(note).standing is Standing.IN_FORCE
