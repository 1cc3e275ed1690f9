"""Attacks on signatures by passkey: replayed, moved, forged, stale, from elsewhere, or with the rules changed."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from governance import events, keyfiles, policy
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.errors import Conflict, Denied, Invalid, NotFound, Refused
from governance.models import (
    LedgerEvent,
    Passkey,
    PasskeyUse,
    PasskeyVouch,
    PreparedSignature,
    Revocation,
    RoleGrant,
    Signature,
    SignoffRequest,
)
from governance.proof.answers.inforce import Standing
from governance.proof.formats import canonical, dsse
from governance.proof.formats import passkey as proof
from governance.proof.formats.fields import base64_text
from governance.proof.formats.statement import PAYLOAD_TYPE, SignoffStatement
from governance.selectors import ledger
from governance.selectors import signoff as standings
from governance.selectors.verification import verify
from governance.services import documents, passkey_sign_in, passkeys, people
from tests.governance import passkeys as hands
from tests.governance import tampering
from tests.governance.attempts.test_races import together
from tests.governance.cast import policy_body
from tests.support.device import PRESENT, Device, b64url, from_b64url

pytestmark = pytest.mark.postgres


@pytest.fixture(autouse=True)
def localhost(settings) -> None:
    settings.COUNTERSIGN_URL = "http://localhost:8000"


def unproven(act) -> str:
    """Run what must be refused for want of proof; return what was found. Only the refusal is on the ledger."""
    before = ledger.size(), Signature.objects.count()
    with pytest.raises(Refused) as problem:
        act()
    assert (ledger.size(), Signature.objects.count()) == (before[0] + 1, before[1])
    assert LedgerEvent.objects.latest("entry_id").event == events.REFUSAL_IDENTITY
    [finding] = problem.value.findings
    assert finding.check == "re-authentication"
    return str(finding.found)


def problems() -> str:
    return " ".join(str(problem) for check in verify().checks for problem in check.problems)


def forge(request: SignoffRequest, signer, role: str, form: bytes, digest: str, *, like: Signature) -> Signature:
    """Insert a signature row as somebody can who writes to the database; the triggers let rows be added."""
    row = Signature(
        request=request, signer=signer, role=role, statement=form, statement_digest=digest, at=like.at, seq=2
    )
    row.save()
    return row


@pytest.mark.attack(
    name="Replay an assertion by passkey",
    caught_by="a statement put before a signer is signed once; another one has another challenge",
    unless="never: each statement holds random bytes of its own",
)
def test_an_assertion_is_not_taken_twice(world) -> None:
    first, second = world.ask(world.note("First")), world.ask(world.note("Second"))
    device = hands.usable(world.owner, by=world.officer)
    prepared = hands.prepare(world.owner, first, OWNER)
    answer = device.answer(prepared.options)
    hands.finish(world.owner, prepared, answer)
    with pytest.raises(Conflict, match="signed already"):
        hands.finish(world.owner, prepared, answer)
    other = hands.prepare(world.owner, second, OWNER)
    assert "challenge" in unproven(lambda: hands.finish(world.owner, other, answer))
    PreparedSignature.objects.all().delete()
    with pytest.raises(NotFound):
        hands.finish(world.owner, prepared, answer)


@pytest.mark.attack(
    name="Move a signature by passkey to another document",
    caught_by="the device signed the hash of a statement that names the documents; row, leaf and statement must agree",
    unless="SHA-256 is broken",
)
def test_a_signature_moved_to_another_digest_counts_for_nothing(world) -> None:
    first, second = world.note("First"), world.note("Second")
    device = hands.usable(world.officer, by=world.owner_two)
    true = hands.sign(world.officer, device, world.ask(first), COMPLIANCE_OFFICER)
    request = world.ask(second)
    world.sign(request, world.owner, OWNER)
    form = canonical.loads(bytes(true.statement))
    content = proof.peek(bytes(true.statement)).replace(first.digest[7:].encode(), second.digest[7:].encode())
    moved = canonical.dumps(form | {"payload": base64_text(content)})
    forge(request, world.officer, COMPLIANCE_OFFICER, moved, canonical.sha256(content), like=true)
    found = standings.in_force(second)
    assert found.standing is Standing.PENDING
    assert any("challenge" in fault for fault in found.faults)
    assert "it does not verify" in problems() or "forged" in problems()


@pytest.mark.attack(
    name="Sign with a copy of the device, whose count is stale",
    caught_by="a count that is not above the highest seen of that passkey",
    unless="the device does not count (a synced passkey), or the copy is used first",
)
def test_a_stale_count_is_refused(world) -> None:
    device = hands.usable(world.owner, by=world.officer, device=Device(counter=3))
    hands.sign(world.owner, device, world.ask(world.note("First")), OWNER)
    prepared = hands.prepare(world.owner, world.ask(world.note("Second")), OWNER)
    for count in (0, 3, 4):
        found = unproven(
            lambda count=count: hands.finish(world.owner, prepared, device.answer(prepared.options, counter=count))
        )
        assert found.startswith(f"count {count} after 4")
    hands.finish(world.owner, prepared, device.answer(prepared.options, counter=5))


def test_a_count_seen_at_sign_in_is_stale_for_signing_and_for_the_next_sign_in(world) -> None:
    device = hands.usable(world.owner, by=world.officer)
    asked, challenge = passkey_sign_in.options(world.owner)
    device.counter = 6
    assert passkey_sign_in.prove(challenge, device.answer(asked), timezone.now()) == world.owner
    prepared = hands.prepare(world.owner, world.ask(world.note()), OWNER)
    stale = device.answer(prepared.options, counter=7)
    assert unproven(lambda: hands.finish(world.owner, prepared, stale)).startswith("count 7 after 7")
    asked, challenge = passkey_sign_in.options(world.owner)
    with pytest.raises(Invalid, match="counter went back"):
        passkey_sign_in.prove(challenge, device.answer(asked, counter=7), timezone.now())


@pytest.mark.attack(
    name="Have a signer answer on another site",
    caught_by="the browser names the page's origin in what the device signs; only the enrolled one counts",
    unless="the browser itself is in the attacker's hands",
)
def test_another_origin_is_refused(world) -> None:
    device = hands.usable(world.owner, by=world.officer)
    prepared = hands.prepare(world.owner, world.ask(world.note()), OWNER)
    for how in (
        {"client": {"origin": "https://countersign.example.org"}},
        {"client": {"crossOrigin": True}},
        {"rp_id": "example.org"},
    ):
        unproven(lambda how=how: hands.finish(world.owner, prepared, device.answer(prepared.options, **how)))


@pytest.mark.attack(
    name="Sign with a found device without its PIN, finger or face",
    caught_by="the device says in what it signs whether it verified its user; it must have",
    unless="the finder knows the PIN",
)
def test_without_user_verification_nothing_is_signed(world) -> None:
    device = hands.usable(world.owner, by=world.officer)
    prepared = hands.prepare(world.owner, world.ask(world.note()), OWNER)
    answer = device.answer(prepared.options, flags=PRESENT)
    assert "did not verify its user" in unproven(lambda: hands.finish(world.owner, prepared, answer))


@pytest.mark.attack(
    name="Answer with another signer's passkey",
    caught_by="a statement names the passkey that is to sign it, and what was prepared belongs to one person",
    unless="never",
)
def test_another_signers_passkey_is_refused(world) -> None:
    mine, theirs = hands.usable(world.owner, by=world.officer), hands.usable(world.officer, by=world.owner)
    prepared = hands.prepare(world.owner, world.ask(world.note()), OWNER)
    unproven(lambda: hands.finish(world.owner, prepared, theirs.answer(prepared.options)))
    with pytest.raises(NotFound):
        hands.finish(world.officer, prepared, mine.answer(prepared.options))


def test_whatever_is_sent_in_place_of_an_answer_is_refused(world) -> None:
    device = hands.usable(world.owner, by=world.officer)
    prepared = hands.prepare(world.owner, world.ask(world.note()), OWNER)
    good = device.answer(prepared.options)
    for answer in ({}, {"rawId": 7}, good | {"response": {}}, good | {"rawId": "AAAA", "id": "AAAA"}):
        unproven(lambda answer=answer: hands.finish(world.owner, prepared, answer))


def test_failed_answers_lock_signing_for_a_while_by_password_too(world) -> None:
    device = hands.usable(world.owner, by=world.officer)
    request = world.ask(world.note())
    prepared = hands.prepare(world.owner, request, OWNER)
    for _ in range(5):
        unproven(lambda: hands.finish(world.owner, prepared, device.answer(prepared.options, flags=PRESENT)))
    for act in (
        lambda: hands.finish(world.owner, prepared, device.answer(prepared.options)),
        lambda: hands.prepare(world.owner, request, OWNER),
        lambda: world.sign(request, world.owner, OWNER),
    ):
        with pytest.raises(Refused, match="lockout"):
            act()


@pytest.mark.attack(
    name="Forge a sign-off by passkey with the stolen attestation key",
    caught_by="only the enrolled passkey's own assertion counts; no envelope by the attestation key may say passkey",
    unless="the thief also has the signer's device and its PIN or finger",
)
def test_the_attestation_key_makes_no_sign_off_by_passkey(world) -> None:
    note = world.note()
    request = world.ask(note)
    hands.usable(world.officer, by=world.owner_two)
    world.sign(request, world.owner, OWNER)
    prepared = hands.prepare(world.officer, request, COMPLIANCE_OFFICER)
    envelope = dsse.sign(PAYLOAD_TYPE, prepared.statement.to_bytes(), keyfiles.signer("attestation"))
    like = Signature.objects.latest("seq")
    forge(request, world.officer, COMPLIANCE_OFFICER, envelope, prepared.statement.digest, like=like)
    found = standings.in_force(note)
    assert found.standing is Standing.PENDING
    assert any("the server's key signed" in fault for fault in found.faults)


@pytest.mark.attack(
    name="Insert a passkey row with a key of one's own",
    caught_by="a passkey counts as its leaf says: no leaf, no passkey; verify_ledger names the row",
    unless="the forger also appends an enrolment and a second person's vouching, which everybody then sees",
)
def test_a_forged_passkey_row_signs_nothing(world) -> None:
    device = Device()
    hands.usable(world.officer, by=world.owner_two)
    true = hands.newest(world.officer)
    algorithm, spki = proof.key_from_cose(device.cose)
    assert algorithm == "ES256"
    row = Passkey(
        user=world.officer, credential_id=device.credential, credential_digest=canonical.sha256(device.credential),
        public_key=spki, aaguid=uuid.uuid4(), rp_id="localhost", origin=device.origin, backup_eligible=False,
        backed_up=False, attestation="none", counter=0, at=timezone.now(), seq=2,
    )  # fmt: skip
    row.save()
    PasskeyVouch(passkey=row, by=world.owner, at=timezone.now(), seq=3).save()
    note = world.note()
    request = world.ask(note)
    with pytest.raises(Refused, match="passkey"):
        hands.prepare(world.officer, request, COMPLIANCE_OFFICER, passkey=row.pk)
    prepared = hands.prepare(world.officer, request, COMPLIANCE_OFFICER)
    unproven(lambda: hands.finish(world.officer, prepared, device.answer(prepared.options)))
    # Signed all the same, and put into the table: the key is not the one that a leaf enrols.
    world.sign(request, world.owner, OWNER)
    said = prepared.statement.predicate.model_copy(update={"passkey": str(row.pk)})
    statement = SignoffStatement(subjects=prepared.statement.subjects, predicate=said)
    form = assertion(device, statement)
    forge(request, world.officer, COMPLIANCE_OFFICER, form, statement.digest, like=Signature.objects.latest("seq"))
    found = standings.in_force(note)
    assert found.standing is Standing.PENDING
    assert any("never saw enrolled" in fault for fault in found.faults)
    assert str(row.pk) in problems()
    assert true.pk != row.pk


def assertion(device: Device, statement: SignoffStatement) -> bytes:
    content = statement.to_bytes()
    options = {"publicKey": {"challenge": proof_challenge(content), "rpId": "localhost"}}
    answer = device.answer(options)
    part = {key: from_b64url(text) for key, text in answer["response"].items()}
    return proof.compose(
        PAYLOAD_TYPE, content, credential=device.credential, authenticator=part["authenticatorData"],
        client=part["clientDataJSON"], signature=part["signature"],
    )  # fmt: skip


def proof_challenge(content: bytes) -> str:
    return b64url(proof.challenge(PAYLOAD_TYPE, content))


@pytest.mark.attack(
    name="Put one's own key into an enrolled passkey's row",
    caught_by="signatures are checked with the key that the enrolment's leaf holds, never with the row's",
    unless="never; verify_ledger names the row",
)
def test_the_rows_key_is_worth_nothing(world) -> None:
    hands.usable(world.officer, by=world.owner_two)
    row, thief = hands.newest(world.officer), Device()
    with tampering.owner():
        tampering.run(
            "UPDATE governance_passkey SET credential_id = %s, public_key = %s, credential_digest = %s",
            thief.credential, proof.key_from_cose(thief.cose)[1], canonical.sha256(thief.credential),
        )  # fmt: skip
    request = world.ask(world.note())
    with pytest.raises(Refused, match="passkey"):
        hands.prepare(world.officer, request, COMPLIANCE_OFFICER)
    assert f"passkey {row.pk}" in problems()


@pytest.mark.attack(
    name="Sign with a revoked passkey",
    caught_by="the revocation's leaf or row, asked again when the device has answered",
    unless="the revocation comes too late: then it reaches back to the moment it names",
)
def test_a_passkey_revoked_between_the_two_steps_signs_nothing(world) -> None:
    device = hands.usable(world.owner, by=world.officer)
    prepared = hands.prepare(world.owner, world.ask(world.note()), OWNER)
    row = hands.newest(world.owner)
    revocation = passkeys.revoke(actor=world.owner_two, passkey=row, reason="compromised")
    unproven(lambda: hands.finish(world.owner, prepared, device.answer(prepared.options)))
    with tampering.owner():  # the row deleted: the leaf still tells
        tampering.run("DELETE FROM governance_passkeyrevocation")
    unproven(lambda: hands.finish(world.owner, prepared, device.answer(prepared.options)))
    assert f"entry {revocation.seq}" in problems()


@pytest.mark.attack(
    name="Sign with a passkey that one enrolled for somebody else's account",
    caught_by="it counts only after a second person vouched that they checked whose it is",
    unless="that person does not look",
)
def test_an_unvouched_passkey_signs_nothing_not_even_with_a_vouching_row(world) -> None:
    device = hands.enrol(world.officer)
    request = world.ask(world.note())
    row = hands.newest(world.officer)
    PasskeyVouch(passkey=row, by=world.owner, at=timezone.now(), seq=row.seq).save()
    with pytest.raises(Refused, match="nobody vouched"):
        hands.prepare(world.officer, request, COMPLIANCE_OFFICER)
    assert not PasskeyUse.objects.exists()
    assert "vouching" in problems()
    assert device.counter == 0


@pytest.mark.attack(
    name="Change the policy while a request waits",
    caught_by="a request keeps the digest of the policy it was opened under; the statement names it",
    unless="never",
)
def test_the_policy_of_a_request_stays_the_one_it_was_opened_under(world) -> None:
    hands.governed_by(world, method="passkey")
    note = world.note()
    request = world.ask(note)
    device = hands.usable(world.officer, by=world.owner_two)
    prepared = hands.prepare(world.officer, request, COMPLIANCE_OFFICER)
    strict = request.policy_id
    # Meanwhile a weaker policy comes into force, under which a password would do.
    weaker = weaker_policy(world)
    assert standings.policy_in_force(world.project) == weaker
    hands.finish(world.officer, prepared, device.answer(prepared.options))
    with pytest.raises(Refused, match="passkey, as the policy asks"):
        world.sign(request, world.owner, OWNER)
    assert standings.in_force(note).standing is Standing.PENDING
    with tampering.owner():  # nor does the row's own word help
        tampering.run("UPDATE governance_signoffrequest SET policy_id = %s WHERE seq = %s", weaker.digest, request.seq)
    changed = SignoffRequest.objects.select_related("policy", "project", "requested_by").get(pk=request.pk)
    assert changed.policy_id != strict
    world.sign(changed, world.owner, OWNER)
    found = standings.in_force(note)
    assert found.standing is Standing.PENDING
    assert "the request is not on the ledger as its row says" in found.faults


def weaker_policy(world):
    body = policy_body("Weaker")
    made = documents.document_submit(
        actor=world.owner_two, project=None, kind=policy.KIND, body=body, base=world.policy
    )
    request = world.ask(made, by=world.owner_two)
    for who, role in ((world.owner, OWNER), (world.officer_two, COMPLIANCE_OFFICER)):
        hands.sign(who, hands.usable(who, by=world.owner_two), request, role)
    return made


@pytest.mark.attack(
    name="Take a signer's role away between request and signature",
    caught_by="the role is asked of the ledger again when the signature is recorded",
    unless="never",
)
def test_a_role_taken_away_between_the_two_steps_signs_nothing(world) -> None:
    device = hands.usable(world.officer, by=world.owner_two)
    prepared = hands.prepare(world.officer, world.ask(world.note()), COMPLIANCE_OFFICER)
    grant = RoleGrant.objects.get(user=world.officer)
    people.role_revoke(actor=world.owner, grant_id=str(grant.pk))
    with pytest.raises((Denied, NotFound)):
        hands.finish(world.officer, prepared, device.answer(prepared.options))
    assert not PasskeyUse.objects.exists()


def test_a_role_taken_away_after_signing_leaves_the_signature_valid(world) -> None:
    note = world.note()
    request = world.ask(note)
    hands.sign(world.officer, hands.usable(world.officer, by=world.owner_two), request, COMPLIANCE_OFFICER)
    hands.sign(world.owner, hands.usable(world.owner, by=world.owner_two), request, OWNER)
    people.role_revoke(actor=world.owner, grant_id=str(RoleGrant.objects.get(user=world.officer).pk))
    assert standings.in_force(note).ok
    world.revoke(note, by=world.officer_two)
    assert standings.in_force(note).standing is Standing.REVOKED


@pytest.mark.attack(
    name="Race two signers of one request",
    caught_by="the ledger's lock: one after the other, each once; the second looks at what the first did",
    unless="never",
)
def test_two_signers_at_once_both_sign_once(committed_world) -> None:
    world = committed_world
    note = world.note()
    request = world.ask(note)
    roles = {world.owner: OWNER, world.officer: COMPLIANCE_OFFICER}
    devices = {who: hands.usable(who, by=world.owner_two) for who in roles}
    acts = []
    for who, role in roles.items():
        prepared = hands.prepare(who, request, role)
        answer = devices[who].answer(prepared.options)
        acts += [lambda who=who, prepared=prepared, answer=answer: hands.finish(who, prepared, answer)] * 2
    found = together(*acts)
    [first] = [one for one in found if isinstance(one, Signature)]
    assert {type(one) for one in found} <= {Signature, Conflict, Refused}
    # The other was shown a request that nobody had signed: they look again, and sign.
    [(second, role)] = [(who, role) for who, role in roles.items() if who != first.signer]
    hands.sign(second, devices[second], request, role)
    assert standings.in_force(note).standing is Standing.IN_FORCE
    assert sorted(Signature.objects.filter(request=request).values_list("signer", flat=True)) == sorted(
        [world.owner.pk, world.officer.pk]
    )


@pytest.mark.attack(
    name="Race a signer and whoever revokes their passkey",
    caught_by="the ledger's lock orders the two; a passkey revoked first signs nothing",
    unless="the signature came first: the revocation then names from when on nothing counts",
)
def test_signer_and_revoker_at_once(committed_world) -> None:
    world = committed_world
    device = hands.usable(world.owner, by=world.officer)
    prepared = hands.prepare(world.owner, world.ask(world.note()), OWNER)
    answer, row = device.answer(prepared.options), hands.newest(world.owner)
    signed, revoked = together(
        lambda: hands.finish(world.owner, prepared, answer),
        lambda: passkeys.revoke(actor=world.owner_two, passkey=row, reason="lost"),
    )
    if isinstance(signed, Signature):
        assert signed.seq < revoked.seq
    else:
        assert "revoked" in str(signed)
        assert not Signature.objects.filter(signer=world.owner, seq__gt=row.seq).exists()


@pytest.mark.attack(
    name="Race a signer and whoever revokes the document's sign-off",
    caught_by="the ledger's lock orders the two; no signature on a request from before a revocation agrees to it anew",
    unless="it is asked for and signed again afterwards, by everybody",
)
@pytest.mark.parametrize("round_", range(3))
def test_signer_and_revoker_of_the_document_at_once(committed_world, round_) -> None:
    world = committed_world
    note = world.note()
    request = world.ask(note)
    hands.sign(world.owner, hands.usable(world.owner, by=world.officer), request, OWNER)
    device = hands.usable(world.officer, by=world.owner_two)
    prepared = hands.prepare(world.officer, request, COMPLIANCE_OFFICER)
    answer = device.answer(prepared.options)
    signed, revoked = together(
        lambda: hands.finish(world.officer, prepared, answer),  # the last signature that is missing
        lambda: world.revoke(note, by=world.officer_two),
    )
    assert revoked is None
    taken_back = Revocation.objects.get(document=note)
    if isinstance(signed, Signature):
        assert signed.seq < taken_back.seq
    else:
        assert isinstance(signed, Refused | Conflict)
        assert Signature.objects.filter(request=request).count() == 1
    assert standings.in_force(note).standing is Standing.REVOKED
    with tampering.owner():  # nor does it help to be rid of the row
        assert tampering.run("DELETE FROM governance_revocation") == 1
    assert standings.in_force(note).standing is Standing.REVOKED


@pytest.mark.attack(
    name="Record that a passkey's device was attested when it was not",
    caught_by="the enrolment's leaf holds the digest of what the device said; verify_ledger --hash-files judges it",
    unless="the statement went under a signed disposal, or the device and its own key lied",
)
def test_an_enrolment_that_says_more_than_its_device(world, monkeypatch) -> None:
    monkeypatch.setattr("governance.services.registration.attested", lambda statement, client: True)
    hands.enrol(world.officer)
    assert ledger.leaf(hands.newest(world.officer).seq).data["attested"] is True
    outcome = verify(hash_files=True)
    assert outcome.code == 1
    [problem] = [one for check in outcome.checks for one in check.problems]
    assert "attested" in str(problem)
    assert "statement of the device of passkey" in str(problem)


def test_the_time_of_a_revocation_reaches_back_to_the_signature_it_names(world) -> None:
    note = world.note()
    request = world.ask(note)
    device = hands.usable(world.owner, by=world.officer)
    signature = hands.sign(world.owner, device, request, OWNER)
    row = hands.newest(world.owner)
    passkeys.revoke(actor=world.owner, passkey=row, reason="lost", since=signature.at + timedelta(microseconds=1))
    assert [one.fault for one in standings.in_force(note).signatures] == [""]
    passkeys.revoke(actor=world.owner, passkey=row, reason="lost", since=signature.at)
    assert "revoked" in standings.in_force(note).faults[0]
