"""Sign-off through the services: who may sign, what a forged row is worth, and what is refused is on the ledger."""

import secrets
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from governance import events, keyfiles
from governance.access import COMPLIANCE_OFFICER, ENGINEER, OWNER
from governance.errors import Denied, Invalid, NotFound, Refused
from governance.models import (
    Document,
    LedgerEvent,
    Rejection,
    RequestSubject,
    RoleGrant,
    Series,
    Signature,
    SignoffRequest,
)
from governance.proof.answers.inforce import Standing
from governance.proof.formats import dsse, keys
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.statement import PAYLOAD_TYPE, SignoffStatement
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors import signoff as select
from governance.selectors.keys import keyring
from governance.services import documents, people, signing, signoff
from governance.services.reauthentication import Proof
from tests.governance import tampering
from tests.governance.cast import NOTE, NOTE_KIND, PASSWORD, REASON, policy_body


def standing(document) -> Standing:
    return select.in_force(document).standing


def refusal(act) -> tuple[str, str]:
    """Run what must be refused; return its check and the event the ledger got, having changed nothing else."""
    before = (ledger.size(), Signature.objects.count(), SignoffRequest.objects.count())
    with pytest.raises(Refused) as problem:
        act()
    assert (ledger.size(), Signature.objects.count(), SignoffRequest.objects.count()) == (before[0] + 1, *before[1:])
    finding = problem.value.findings[0]
    assert all((finding.found, finding.expected, finding.remedy, finding.who))
    return finding.check, LedgerEvent.objects.latest("entry_id").event


def test_two_people_agree_and_the_document_is_in_force(world) -> None:
    note = world.note()
    assert standing(note) is Standing.NOT_REQUESTED
    request = world.ask(note)
    assert standing(note) is Standing.PENDING
    world.sign(request, world.owner, OWNER)
    assert select.in_force(note).missing == ((COMPLIANCE_OFFICER, 1),)
    signature = world.sign(request, world.officer, COMPLIANCE_OFFICER)
    found = select.in_force(note)
    assert found.standing is Standing.IN_FORCE
    assert found.since == signature.at
    assert {s.signer for s in found.signatures} == {world.owner.actor, world.officer.actor}


def test_the_statement_says_everything_and_verifies_alone(world) -> None:
    note = world.note()
    before = ledger.size()
    signature = world.sign(world.ask(note), world.owner, OWNER)
    signed = dsse.open_envelope(
        bytes(signature.statement), keyring().for_purpose("attestation"), payload_type=PAYLOAD_TYPE
    )
    statement = SignoffStatement.from_bytes(signed.payload)
    said = statement.predicate
    assert [s.digest for s in statement.subjects] == [note.digest]
    assert (said.signer, said.printed_name, said.role) == (world.owner.actor, "Owner", OWNER)
    assert (said.meaning, said.reason) == (REASON["meaning"], REASON["reason"])
    assert said.policy == world.policy.digest
    assert said.method.label == "server-attested (password)"
    assert (said.ledger.size, said.ledger.root) == (before + 1, ledger.root(before + 1).hex())
    leaf = ledger.leaf(signature.seq)
    assert leaf.data["statement"] == statement.digest
    assert b"Owner" not in leaf.to_bytes()


def test_nobody_signs_what_they_wrote_asked_for_or_edited(world) -> None:
    people.role_grant(
        actor=world.owner_two, user=world.owner, role=ENGINEER, project=world.project, proof=Proof(PASSWORD)
    )
    people.role_grant(
        actor=world.owner, user=world.officer, role=ENGINEER, project=world.project, proof=Proof(PASSWORD)
    )
    own = world.note("Own", by=world.owner)
    request = world.ask(own)
    check, event = refusal(lambda: world.sign(request, world.owner, OWNER))
    assert (check, event) == ("separation of duties", events.REFUSAL_RULE)
    asked = world.ask(world.note("Asked"), by=world.officer)
    assert refusal(lambda: world.sign(asked, world.officer, COMPLIANCE_OFFICER))[0] == "separation of duties"
    draft = world.draft("Edited")
    draft = documents.draft_edit(actor=world.officer, draft=draft, revision=1, body={"title": "Edited, once"})
    draft = documents.draft_edit(actor=world.engineer, draft=draft, revision=2, body={"title": "Edited, back"})
    edited = documents.draft_freeze(actor=world.engineer, draft=draft, revision=3)
    assert world.officer.actor in docs.envelope(edited).contributors
    request = world.ask(edited)
    assert refusal(lambda: world.sign(request, world.officer, COMPLIANCE_OFFICER))[0] == "separation of duties"
    world.sign(request, world.officer_two, COMPLIANCE_OFFICER)
    world.sign(request, world.owner, OWNER)
    assert standing(edited) is Standing.IN_FORCE


def test_the_engineer_cannot_sign_at_all_and_nobody_in_a_role_they_lack(world) -> None:
    request = world.ask(world.note())
    for user, role in (
        (world.engineer, OWNER),
        (world.engineer_two, ENGINEER),
        (world.owner, COMPLIANCE_OFFICER),
        (world.officer, OWNER),
        (world.auditor, "auditor"),
        (world.officer, "emperor"),
    ):
        check, _ = refusal(lambda user=user, role=role: world.sign(request, user, role))
        assert check in ("access", "role")


def test_a_wrong_password_signs_nothing(world) -> None:
    request = world.ask(world.note())
    for wrong in ("", PASSWORD + " ", PASSWORD.upper()):
        check, event = refusal(
            lambda wrong=wrong: signing.sign(actor=world.owner, request=request, role=OWNER, password=wrong, **REASON)
        )
        assert (check, event) == ("re-authentication", events.REFUSAL_IDENTITY)
    assert PASSWORD not in str(list(LedgerEvent.objects.values()))


def test_after_five_wrong_passwords_not_even_the_right_one_signs(world) -> None:
    request = world.ask(world.note())

    def attempt(password: str) -> tuple[str, str]:
        return refusal(
            lambda: signing.sign(actor=world.owner, request=request, role=OWNER, password=password, **REASON)
        )

    assert {attempt(f"wrong {number}")[0] for number in range(5)} == {"re-authentication"}
    assert attempt(PASSWORD) == ("lockout", events.REFUSAL_RULE)
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=True):
        signing.sign(actor=world.owner, request=request, role=OWNER, password=PASSWORD, **REASON)


def test_one_person_signs_a_request_once_even_in_two_roles(world) -> None:
    people.role_grant(
        actor=world.owner_two, user=world.owner, role=COMPLIANCE_OFFICER, project=None, proof=Proof(PASSWORD)
    )
    note = world.note()
    request = world.ask(note)
    world.sign(request, world.owner, OWNER)
    assert refusal(lambda: world.sign(request, world.owner, OWNER))[0] == "signature"
    assert refusal(lambda: world.sign(request, world.owner, COMPLIANCE_OFFICER))[0] == "signature"
    assert standing(note) is Standing.PENDING


def test_a_closed_request_takes_nothing_more(world) -> None:
    agreed = world.note("Agreed")
    done = world.agree(agreed)
    rejected = world.ask(world.note("Rejected"))
    signoff.reject(actor=world.officer, request=rejected, reason="Not so")
    withdrawn = world.ask(world.note("Withdrawn"))
    signoff.withdraw(actor=world.engineer, request=withdrawn)
    for request in (done, rejected, withdrawn):
        assert refusal(lambda r=request: world.sign(r, world.owner_two, OWNER))[0] == "request"
        assert refusal(lambda r=request: signoff.reject(actor=world.owner_two, request=r, reason="x"))[0] == "request"
        assert refusal(lambda r=request: signoff.withdraw(actor=world.engineer, request=r))[0] == "request"
    assert refusal(lambda: world.ask(agreed))[0] == "request"
    assert standing(agreed) is Standing.IN_FORCE


def test_only_the_requester_withdraws_and_only_signers_reject(world) -> None:
    request = world.ask(world.note())
    assert refusal(lambda: signoff.withdraw(actor=world.engineer_two, request=request))[0] == "request"
    assert refusal(lambda: signoff.reject(actor=world.data_owner, request=request, reason="No"))[0] == "access"
    with pytest.raises(Denied):
        signoff.reject(actor=world.auditor, request=request, reason="No")


@pytest.mark.parametrize("field", ["meaning", "reason"])
def test_a_signature_without_words_is_none(world, field) -> None:
    request = world.ask(world.note())
    with pytest.raises(Invalid):
        signing.sign(actor=world.owner, request=request, role=OWNER, password=PASSWORD, **(REASON | {field: " \n"}))


def test_what_cannot_be_asked_for(world) -> None:
    with pytest.raises(Invalid):
        signoff.request_open(actor=world.engineer, documents=[])
    with pytest.raises(Invalid):
        signoff.request_open(actor=world.engineer, documents=[world.note(), world.policy])
    waiting = world.note()
    world.ask(waiting)
    assert refusal(lambda: world.ask(waiting))[0] == "request"


def test_revoking_ends_it_and_only_a_new_request_mends_it(world) -> None:
    note = world.note()
    world.agree(note)
    with pytest.raises(Denied):
        world.revoke(note, by=world.engineer)
    world.revoke(note)
    assert standing(note) is Standing.REVOKED
    assert refusal(lambda: world.revoke(note))[0] == "revocation"
    world.agree(note)
    assert standing(note) is Standing.IN_FORCE


@pytest.mark.postgres
@pytest.mark.attack(
    name="delete the row of a revocation or rejection",
    caught_by="the ledger entry that says no counts without its row, at every gate; verify_ledger finds the row gone",
    unless="the entry goes too, or both of its rows in the index do: verify_ledger finds either",
)
@pytest.mark.parametrize(
    ("end", "table", "expected"),
    [("revoke", "revocation", Standing.REVOKED), ("reject", "rejection", Standing.REJECTED)],
)
def test_deleting_the_row_of_a_no_makes_no_yes(world, end, table, expected) -> None:
    note = world.note()
    if end == "revoke":
        world.agree(note)
        world.revoke(note)
    else:
        signoff.reject(actor=world.owner, request=world.ask(note), reason="Not like this.")
    with tampering.owner():
        assert tampering.run(f"DELETE FROM governance_{table}") == 1
    assert standing(note) is expected


def test_a_new_version_supersedes_once_it_is_agreed_and_for_good(world) -> None:
    first = world.note("First")
    world.agree(first)
    second = world.note("Second", base=first)
    assert standing(first) is Standing.IN_FORCE
    assert standing(second) is Standing.NOT_REQUESTED  # approval is never inherited
    world.agree(second)
    assert (standing(first), standing(second)) == (Standing.SUPERSEDED, Standing.IN_FORCE)
    world.revoke(second)
    assert (standing(first), standing(second)) == (Standing.SUPERSEDED, Standing.REVOKED)


def test_agreement_runs_out_and_the_past_stays_what_it_was(world) -> None:
    note = world.note()
    world.agree(note)
    size, now = ledger.size(), timezone.now()
    later = now + timedelta(days=366)
    assert select.in_force(note, size, later).standing is Standing.EXPIRED
    assert select.in_force(note, size, now).standing is Standing.IN_FORCE
    assert select.in_force(note, size - 2, now).standing is Standing.PENDING  # the receipt was asked for last
    world.revoke(note)
    assert select.in_force(note, size, now).standing is Standing.IN_FORCE
    with time_machine.travel(later, tick=False):
        assert standing(note) is Standing.REVOKED


def test_a_role_taken_back_later_does_not_undo_a_signature_but_one_never_held_gives_none(world) -> None:
    note = world.note()
    request = world.ask(note)
    world.sign(request, world.officer, COMPLIANCE_OFFICER)
    grant = RoleGrant.objects.get(user=world.officer)
    people.role_revoke(actor=world.owner, grant_id=str(grant.pk))
    world.sign(request, world.owner, OWNER)
    assert standing(note) is Standing.IN_FORCE
    other = world.ask(world.note("Other"))
    with pytest.raises(NotFound):  # without any role the project is hidden from them
        world.sign(other, world.officer, COMPLIANCE_OFFICER)


# -- rows inserted by SQL: the triggers let rows be added, and none of them may count ------------------------------


def forge(world, note: Document, request: SignoffRequest, **changes) -> Signature:
    """Insert a signature row of the officer, with a statement signed by a key of the forger's own unless told."""
    values = {"signer": world.officer, "role": COMPLIANCE_OFFICER, "at": timezone.now(), "seq": 2}
    values |= changes
    statement = values.pop("statement", None)
    if statement is None:
        private, _ = keys.generate("ed25519")
        true = bytes(Signature.objects.order_by("-seq")[0].statement)
        statement = dsse.sign(PAYLOAD_TYPE, dsse.peek(true).payload, keys.signer_from_pem(private))
    row = Signature(request=request, statement=statement, statement_digest="sha256:" + secrets.token_hex(32), **values)
    row.save()
    return row


def test_a_signature_row_by_another_key_counts_for_nothing(world) -> None:
    note = world.note()
    request = world.ask(note)
    world.sign(request, world.owner, OWNER)
    forge(world, note, request)
    found = select.in_force(note)
    assert found.standing is Standing.PENDING
    assert "does not verify" in found.faults[0]


def test_a_true_signature_replayed_into_another_request_counts_for_nothing(world) -> None:
    first, second = world.note("First"), world.note("Second")
    world.agree(first)
    request = world.ask(second)
    world.sign(request, world.owner, OWNER)
    true = Signature.objects.get(request__subjects__document=first, signer=world.officer)
    forge(world, second, request, statement=bytes(true.statement))
    assert standing(second) is Standing.PENDING
    both = SignoffRequest.objects.get(subjects__document=second)
    assert both == request


def test_a_true_statement_without_its_leaf_counts_for_nothing(world) -> None:
    """Whoever steals the attestation key still needs the ledger: the leaf is what makes a signature a fact."""
    note = world.note()
    request = world.ask(note)
    world.sign(request, world.owner, OWNER)
    true = SignoffStatement.from_bytes(dsse.peek(bytes(Signature.objects.latest("seq").statement)).payload)
    said = true.predicate.model_copy(
        update={"signer": world.officer.actor, "role": COMPLIANCE_OFFICER, "printed_name": "Officer"}
    )
    stolen = dsse.sign(
        PAYLOAD_TYPE, true.model_copy(update={"predicate": said}).to_bytes(), keyfiles.signer("attestation")
    )
    forge(world, note, request, statement=stolen)
    found = select.in_force(note)
    assert found.standing is Standing.PENDING
    assert "not on the ledger" in found.faults[0]


def test_a_request_row_without_its_leaf_admits_nothing(world) -> None:
    note = world.note()
    row = SignoffRequest(
        project=world.project, policy=world.policy, requested_by=world.stranger, at=timezone.now(), seq=2
    )
    row.save()
    RequestSubject(request=row, document=note).save()
    world.sign(row, world.owner, OWNER)
    world.sign(row, world.officer, COMPLIANCE_OFFICER)
    found = select.in_force(note)
    assert not found.ok
    assert "not on the ledger" in found.faults[0]


def test_a_document_slipped_into_an_agreed_request_is_not_agreed(world) -> None:
    agreed, slipped = world.note("Agreed"), world.note("Slipped")
    request = world.agree(agreed)
    RequestSubject(request=request, document=slipped).save()
    assert standing(agreed) is Standing.IN_FORCE
    assert not select.in_force(slipped).ok


def test_a_document_that_was_never_frozen_is_never_in_force(world) -> None:
    """Inserted by SQL without contributors, so that its author could sign it: nobody can."""
    series = Series.objects.create(kind=NOTE, project=world.project, title="Forged")
    envelope = Envelope(
        schema_name=NOTE_KIND.schema_name,
        project=str(world.project.pk),
        series=str(series.pk),
        number=1,
        previous=None,
        contributors=[],
        salt=secrets.token_hex(16),
        references=[],
        body={"title": "Forged", "text": "", "files": []},
    )
    forged = Document(
        digest=envelope.digest,
        kind=NOTE,
        version=1,
        series=series,
        number=1,
        project=world.project,
        title="Forged",
        content=envelope.to_bytes(),
        created_by=None,
        created_at=timezone.now(),
        seq=ledger.size() + 20,
    )
    forged.save()
    request = world.ask(forged)
    world.sign(request, world.owner, OWNER)
    world.sign(request, world.officer, COMPLIANCE_OFFICER)
    found = select.in_force(forged)
    assert found.standing is Standing.PENDING
    assert "never frozen" in " ".join(found.faults)


def test_altered_columns_are_never_believed(world) -> None:
    """The owner moves a document to a kind with a kinder rule, or a signature to a later day."""
    note = world.note()
    request = world.agree(note)
    until = select.in_force(note).until
    with tampering.owner():
        tampering.run("UPDATE governance_signature SET at = '2040-01-01 00:00:00+00:00'")
    assert select.in_force(note).until == until
    with tampering.owner():
        tampering.run("UPDATE governance_signoffrequest SET requested_by_id = %s", world.stranger.pk)
    assert not select.in_force(note).ok
    with tampering.owner():
        tampering.run("UPDATE governance_document SET number = 7 WHERE digest = %s", note.digest)
    with pytest.raises(docs.DocumentCorrupt):
        docs.envelope(Document.objects.get(pk=note.digest))
    assert request.pk


def test_a_forged_end_can_only_turn_a_yes_into_a_no(world) -> None:
    note = world.note()
    request = world.agree(note)
    Rejection(request=request, by=world.stranger, at=timezone.now(), seq=0).save()
    assert not select.in_force(note).ok


# -- policies: genesis, and each by the one before -----------------------------------------------------------------


def test_before_the_first_policy_only_policies_can_be_signed_and_by_two_people(bare_world) -> None:
    world = bare_world
    with pytest.raises(Refused, match="no policy is in force"):
        world.ask(world.note())
    first = documents.document_submit(actor=world.owner_two, project=None, kind="governance.policy", body=policy_body())
    request = world.ask(first, by=world.owner_two)
    assert request.policy is None
    with pytest.raises(Refused):
        world.sign(request, world.owner_two, OWNER)
    world.sign(request, world.owner, OWNER)
    assert select.policy_in_force(None) is None
    world.sign(request, world.officer, COMPLIANCE_OFFICER)
    assert select.policy_in_force(None) == first
    assert select.policy_in_force(world.project) == first


def test_a_policy_governs_the_next_one_and_requests_keep_theirs(world) -> None:
    note = world.note()
    request = world.ask(note)
    strict = policy_body("Stricter")
    for rule in strict["rules"].values():
        rule["roles"] = {OWNER: 2, COMPLIANCE_OFFICER: 2}
    new = documents.document_submit(
        actor=world.owner_two, project=None, kind="governance.policy", body=strict, base=world.policy
    )
    world.agree(new, by=world.owner_two)
    assert select.policy_in_force(world.project) == new
    world.sign(request, world.owner, OWNER)
    world.sign(request, world.officer, COMPLIANCE_OFFICER)
    assert standing(note) is Standing.IN_FORCE  # under the policy that was in force when it was asked
    later = world.note("Later")
    world.agree(later)
    assert standing(later) is Standing.PENDING
