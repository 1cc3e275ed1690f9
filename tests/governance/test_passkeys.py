"""Passkeys through the services: enrolled, vouched for, used to sign, revoked; and what is refused."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import NameOID
from django.utils import timezone
from fido2 import cbor
from fido2.attestation.packed import OID_AAGUID

from governance import attestation, events, store
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.attestation import MOST_BYTES, differing
from governance.errors import Conflict, Denied, Invalid, NotFound, Refused
from governance.models import LedgerEvent, LedgerOpening, Passkey, PreparedEnrolment, PreparedSignature, Signature
from governance.proof.answers.inforce import Standing
from governance.proof.formats import canonical
from governance.proof.formats.fields import base64_bytes, base64_text
from governance.proof.formats.signed_statement import PASSKEY
from governance.proof.history.passkeys import Enrolment, read
from governance.relying_party import relying_party
from governance.selectors import ledger
from governance.selectors import passkeys as select
from governance.selectors import signoff as standings
from governance.selectors.statements import Opener, said
from governance.selectors.verification import verify
from governance.services import passkey_signing, passkeys, second_factor, signing
from governance.services.reauthentication import Proof
from tests.governance import passkeys as hands
from tests.governance.accounts import authenticator
from tests.governance.cast import PASSWORD, REASON
from tests.support.device import BACKED_UP, BACKUP_ELIGIBLE, PRESENT, VERIFIED, Device

HOW = "Met in person, staff card seen"


@pytest.fixture(autouse=True)
def localhost(settings) -> None:
    settings.COUNTERSIGN_URL = "http://localhost:8000"


def refused(act, check: str) -> str:
    """Run what must be refused by a check; return the event the ledger got, nothing else having changed."""
    before = ledger.size(), Signature.objects.count(), Passkey.objects.count()
    with pytest.raises(Refused) as problem:
        act()
    assert (ledger.size(), Signature.objects.count(), Passkey.objects.count()) == (before[0] + 1, *before[1:])
    [finding] = problem.value.findings
    assert finding.check == check, finding
    assert all((finding.found, finding.expected, finding.remedy, finding.who))
    return LedgerEvent.objects.latest("entry_id").event


# Enrolment


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_a_passkey_is_enrolled_with_the_password_and_its_leaf_says_all_a_verifier_needs(world, algorithm) -> None:
    device = hands.enrol(world.officer, Device(algorithm), name="Blue key")
    row = hands.newest(world.officer)
    leaf = ledger.leaf(row.seq)
    assert (leaf.event, leaf.actor) == (events.PASSKEY_ENROLLED, world.officer.actor)
    assert leaf.subjects == [f"user:{world.officer.actor}", f"passkey:{row.pk}"]
    assert (leaf.data["rp_id"], leaf.data["origin"]) == ("localhost", "http://localhost:8000")
    assert (leaf.data["algorithm"], leaf.data["attestation"], leaf.data["attested"]) == (algorithm, "none", False)
    assert "Blue key" not in str(leaf.to_bytes())
    [shown] = select.of(world.officer)
    assert (shown.name, shown.counts, shown.waits) == ("Blue key", False, True)
    assert bytes(row.credential_id) == device.credential
    assert not PreparedEnrolment.objects.exists()


def test_the_name_of_a_device_can_be_erased(world) -> None:
    hands.enrol(world.officer)
    LedgerOpening.objects.filter(entry_id=hands.newest(world.officer).seq).delete()
    assert select.of(world.officer)[0].name == ""


def test_self_attestation_is_verified_and_kept(world) -> None:
    hands.enrol(world.officer, attestation="packed")
    assert ledger.leaf(hands.newest(world.officer).seq).data["attested"] is True
    with pytest.raises(Invalid, match="does not verify"):
        hands.enrol(world.owner, attestation="packed", signature=b"\x30\x06\x02\x01\x01\x02\x01\x01")
    hands.enrol(world.owner, attestation="unheard-of")
    assert ledger.leaf(hands.newest(world.owner).seq).data["attested"] is False


def told_of(user) -> Enrolment:
    return Enrolment.model_validate(ledger.leaf(hands.newest(user).seq).data)


def faults() -> str:
    """Return what is wrong with passkeys, where files are hashed anew."""
    [line] = [one for one in verify(hash_files=True).checks if one.name == "passkeys"]
    return " ".join(str(problem) for problem in line.problems)


def test_what_a_device_said_of_itself_is_kept_and_judged_anew(world) -> None:
    hands.enrol(world.officer, Device("EdDSA"), attestation="packed")
    hands.enrol(world.owner)
    told = told_of(world.officer)
    assert told.statement is not None
    assert list(differing(store.read(told.statement), told)) == []
    assert faults() == ""
    place = store.path_of(told.statement)
    place.chmod(0o640)
    place.write_bytes(store.read(str(told_of(world.owner).statement)))
    assert "were altered" in faults()
    place.unlink()
    assert f"statement of the device of passkey {told.passkey}: its bytes are gone" in faults()
    assert verify().code == 0  # who asks for no file gets none read


def maker(aaguid: bytes, forged: bool = False) -> Any:
    """Return how a device signs what it says of itself with its maker's certificate (WebAuthn 8.2.1)."""
    private = ec.generate_private_key(ec.SECP256R1())
    names = {
        NameOID.COUNTRY_NAME: "DE",
        NameOID.ORGANIZATION_NAME: "Maker",
        NameOID.ORGANIZATIONAL_UNIT_NAME: "Authenticator Attestation",
        NameOID.COMMON_NAME: "Maker's device",
    }
    name = x509.Name([x509.NameAttribute(oid, text) for oid, text in names.items()])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.UnrecognizedExtension(OID_AAGUID, b"\x04\x10" + aaguid), critical=False)
        .sign(private, SHA256())
    )
    by = ec.generate_private_key(ec.SECP256R1()) if forged else private
    der = certificate.public_bytes(Encoding.DER)
    return lambda data: {"alg": -7, "sig": by.sign(data, ec.ECDSA(SHA256())), "x5c": [der]}


def test_what_a_maker_signed_is_judged_by_its_certificate(world) -> None:
    kind = uuid.uuid4()
    hands.enrol(world.officer, Device(aaguid=kind.bytes), attestation="packed", maker=maker(kind.bytes))
    told = told_of(world.officer)
    assert (told.attested, told.aaguid) == (True, str(kind))
    assert faults() == ""
    assert f"device type {kind}" in select.of(world.officer)[0].device
    with pytest.raises(Invalid, match="does not verify"):
        hands.enrol(world.owner, Device(aaguid=kind.bytes), attestation="packed", maker=maker(kind.bytes, forged=True))
    hands.enrol(world.owner, Device(), attestation="packed", maker=maker(kind.bytes))  # of another type than it says
    assert not told_of(world.owner).attested
    hands.enrol(world.owner, attestation="packed", maker=lambda data: {"alg": -7, "sig": data, "ecdaaKeyId": b"x"})
    assert not told_of(world.owner).attested
    assert faults() == ""


@pytest.mark.parametrize(
    ("lie", "about"),
    [
        ({"attested": True}, "attested"),
        ({"attestation": "packed"}, "format"),
        ({"synced": True}, "synced"),
        ({"aaguid": str(uuid.uuid4())}, "device type"),
        ({"rp_id": "example.org"}, "host"),
        ({"origin": "https://example.org"}, "origin"),
        ({"algorithm": "EdDSA"}, "algorithm"),
        ({"public_key": "AAAA"}, "key"),
        ({"credential": "sha256:" + "0" * 64}, "credential"),
    ],
)
def test_an_enrolment_that_says_more_than_the_device_did_is_found(world, lie, about) -> None:
    hands.enrol(world.officer)
    told = told_of(world.officer)
    [(what, _, _)] = differing(store.read(str(told.statement)), told.model_copy(update=lie))
    assert what == about


@pytest.mark.parametrize("how", ["signature", "client", "bytes"])
def test_a_kept_statement_that_was_exchanged_does_not_hold(world, how) -> None:
    """The ledger's digest forbids it; whoever judges a copy must not be taken in either."""
    hands.enrol(world.officer, attestation="packed")
    told = told_of(world.officer)
    kept = canonical.loads(store.read(str(told.statement)))
    if how == "client":
        client = base64_bytes(kept["client_data"]).replace(b'"crossOrigin":false', b'"crossOrigin":true')
        kept["client_data"] = base64_text(client)
    else:
        statement = base64_bytes(kept["attestation_object"])
        parts: Any = cbor.decode(statement)
        parts["attStmt"]["sig"] = b"\x30\x06\x02\x01\x01\x02\x01\x01"
        kept["attestation_object"] = base64_text(cbor.encode(parts) if how == "signature" else statement[:-1])
    [(what, _, _)] = differing(canonical.dumps(kept), told)
    assert what == "the device's statement"


def test_a_passkey_of_before_statements_were_kept_counts_as_ever(world) -> None:
    hands.usable(world.officer, by=world.owner)
    leaf = ledger.leaf(hands.newest(world.officer).seq)
    before = leaf.model_copy(update={"data": {k: v for k, v in leaf.data.items() if k != "statement"}})
    [history] = read([before]).values()
    assert (history.told.statement, history.enrolled.user) == (None, world.officer.actor)
    assert attestation.words(history.told)[0] == "the device says nothing of itself"


@pytest.mark.parametrize(
    "how",
    [
        {"client": {"origin": "http://localhost:8001"}},
        {"client": {"type": "webauthn.get"}},
        {"client": {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}},
        {"client": {"crossOrigin": True}},
        {"client": {"topOrigin": "https://elsewhere.example"}},
        {"rp_id": "example.org"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
        {"cose": {1: 2, 3: -47, -1: 8, -2: bytes(32), -3: bytes(32)}},
        {"attestation": "Not a format!"},
        {"client": {"padding": "x" * MOST_BYTES}},
    ],
)
def test_a_registration_that_does_not_hold_enrols_nothing(world, how) -> None:
    size = ledger.size()
    with pytest.raises(Invalid, match="does not verify"):
        hands.enrol(world.officer, **how)
    assert ledger.size() == size
    assert not Passkey.objects.exists()


@pytest.mark.parametrize("credential", [{}, {"rawId": 5}, {"id": "a", "rawId": "b"}, {"rawId": "AA", "response": {}}])
def test_an_answer_of_no_browser_enrols_nothing(world, credential) -> None:
    options = passkeys.prepare(actor=world.officer)
    with pytest.raises(Invalid, match="does not verify"):
        passkeys.enrol(
            actor=world.officer, enrolment=uuid.UUID(options["enrolment"]), credential=credential, name="x",
            password=PASSWORD,
        )  # fmt: skip


def test_enrolment_asks_for_the_password_a_name_and_its_own_fresh_challenge(world) -> None:
    device = Device()
    options = passkeys.prepare(actor=world.officer)
    given: dict[str, Any] = {
        "enrolment": uuid.UUID(options["enrolment"]),
        "credential": device.register(options),
        "name": "Key",
    }
    refused(lambda: passkeys.enrol(actor=world.officer, **given, password="wrong"), "re-authentication")
    for name in ("", "  ", "x" * 61):
        with pytest.raises(Invalid, match="name"):
            passkeys.enrol(actor=world.officer, **{**given, "name": name}, password=PASSWORD)
    with pytest.raises(NotFound):
        passkeys.enrol(actor=world.owner, **given, password=PASSWORD)
    with time_machine.travel(timezone.now() + passkeys.GOOD_FOR + timedelta(seconds=1)), pytest.raises(NotFound):
        passkeys.enrol(actor=world.officer, **given, password=PASSWORD)
    passkeys.enrol(actor=world.officer, **given, password=PASSWORD)
    with pytest.raises(NotFound):
        passkeys.enrol(actor=world.officer, **given, password=PASSWORD)
    with pytest.raises(Conflict, match="enrolled already"):
        hands.enrol(world.owner, device)
    excluded = passkeys.prepare(actor=world.officer)["publicKey"]["excludeCredentials"]
    assert [one["id"] for one in excluded] == [given["credential"]["rawId"]]


@pytest.mark.parametrize(
    ("url", "rp_id", "origin", "usable"),
    [
        ("http://localhost:8000", "localhost", "http://localhost:8000", True),
        ("https://Sign.Example.org", "sign.example.org", "https://sign.example.org", True),
        ("https://sign.example.org:443", "sign.example.org", "https://sign.example.org", True),
        ("https://sign.example.org:8443", "sign.example.org", "https://sign.example.org:8443", True),
        ("http://sign.example.org", "sign.example.org", "http://sign.example.org", False),
        ("http://127.0.0.1:8000", "127.0.0.1", "http://127.0.0.1:8000", False),
        ("https://[::1]:8000", "::1", "https://[::1]:8000", False),
    ],
)
def test_passkeys_belong_to_a_named_host(world, settings, url, rp_id, origin, usable) -> None:
    settings.COUNTERSIGN_URL = url
    party = relying_party()
    assert (party.id, party.origin, not party.obstacle) == (rp_id, origin, usable)
    if not usable:
        with pytest.raises(Refused, match="COUNTERSIGN_URL"):
            passkeys.prepare(actor=world.officer)


def test_one_enrolment_serves_sign_in_too_and_brings_recovery_codes(world) -> None:
    options = passkeys.prepare(actor=world.officer)
    device = Device()
    row, codes = passkeys.enrol(
        actor=world.officer, enrolment=uuid.UUID(options["enrolment"]), credential=device.register(options),
        name="Blue key", password=PASSWORD,
    )  # fmt: skip
    assert len(codes) == 10
    assert ledger.leaf(row.seq).event == events.PASSKEY_ENROLLED
    [one] = second_factor.passkeys_of(world.officer, device.credential)
    assert str(one) == "Blue key"
    assert one.wrap().authenticator_data.credential_data.credential_id == device.credential
    with pytest.raises(NotFound):  # passkeys are revoked, not just forgotten
        second_factor.remove(actor=world.officer, identifier=one.pk, password=PASSWORD)


# Vouching


def test_somebody_else_vouches_once_and_how_is_private(world) -> None:
    hands.enrol(world.officer)
    row = hands.newest(world.officer)
    assert [one.row for one in select.waiting(world.owner)] == [row]
    assert select.waiting(world.officer) == []
    for actor in (world.engineer, world.auditor):
        refused(lambda actor=actor: passkeys.vouch(actor=actor, passkey=row, how=HOW, proof=Proof(PASSWORD)), "access")
    refused(
        lambda: passkeys.vouch(actor=world.officer, passkey=row, how=HOW, proof=Proof(PASSWORD)), "separation of duties"
    )
    with pytest.raises(Invalid, match="how"):
        passkeys.vouch(actor=world.owner, passkey=row, how=" ", proof=Proof(PASSWORD))
    made = passkeys.vouch(actor=world.owner, passkey=row, how=HOW, proof=Proof(PASSWORD))
    leaf = ledger.leaf(made.seq)
    assert (leaf.event, leaf.actor, leaf.data) == (events.PASSKEY_VOUCHED, world.owner.actor, {"passkey": str(row.pk)})
    assert ledger.openings([made.seq])[made.seq] == {"how": HOW}
    assert select.waiting(world.owner) == []
    assert select.usable(world.officer) == [row]
    with pytest.raises(Conflict):
        passkeys.vouch(actor=world.owner_two, passkey=row, how=HOW, proof=Proof(PASSWORD))


# Signing


def test_two_passkeys_sign_and_the_document_is_in_force(world) -> None:
    note = world.note()
    request = world.ask(note)
    devices = {who: hands.usable(who, by=world.owner_two) for who in (world.owner, world.officer)}
    hands.sign(world.owner, devices[world.owner], request, OWNER)
    assert standings.in_force(note).missing == ((COMPLIANCE_OFFICER, 1),)
    signature = hands.sign(world.officer, devices[world.officer], request, COMPLIANCE_OFFICER)
    found = standings.in_force(note)
    assert found.standing is Standing.IN_FORCE
    assert [signed.method for signed in found.signatures] == ["passkey", "passkey"]
    [told] = said([signature])
    assert told.said is not None
    assert told.said.method == PASSKEY
    assert told.said.passkey == str(hands.newest(world.officer).pk)
    assert signature.passkey_use.counter == 1


def test_a_policy_that_asks_for_passkeys_takes_no_password(world) -> None:
    hands.governed_by(world, method="passkey")
    note = world.note()
    request = world.ask(note)
    assert refused(lambda: world.sign(request, world.owner, OWNER), "method") == events.REFUSAL_RULE
    for who, role in ((world.owner, OWNER), (world.officer, COMPLIANCE_OFFICER)):
        hands.sign(who, hands.usable(who, by=world.owner_two), request, role)
    assert standings.in_force(note).standing is Standing.IN_FORCE


def test_time_may_pass_between_the_two_steps_but_not_too_much(world) -> None:
    note = world.note()
    request = world.ask(note)
    device = hands.usable(world.owner, by=world.officer)
    prepared = hands.prepare(world.owner, request, OWNER)
    assert prepared.expires_at - timezone.now() <= passkey_signing.GOOD_FOR
    world.note("Something else")  # the ledger goes on meanwhile
    with time_machine.travel(timezone.now() + timedelta(minutes=9)):
        signature = hands.finish(world.owner, prepared, device.answer(prepared.options))
        assert Opener().open(signature).predicate.ledger.size < signature.seq
        assert [s.fault for s in standings.in_force(note).signatures] == [""]
    other = world.ask(world.note("Other"))
    prepared = hands.prepare(world.owner, other, OWNER)
    with time_machine.travel(prepared.expires_at + timedelta(seconds=1)):
        refused(lambda: hands.finish(world.owner, prepared, device.answer(prepared.options)), "time")
        assert passkey_signing.sweep()
        assert not PreparedSignature.objects.exists()
        assert not passkey_signing.sweep()


def test_preparing_refuses_what_signing_would_and_leaves_nothing(world) -> None:
    request = world.ask(world.note())
    assert refused(lambda: hands.prepare(world.owner, request, OWNER), "passkey") == events.REFUSAL_RULE
    hands.enrol(world.owner)
    refused(lambda: hands.prepare(world.owner, request, OWNER), "passkey")
    refused(lambda: hands.prepare(world.engineer, request, "engineer"), "separation of duties")
    with pytest.raises(Invalid, match="reason"):
        hands.prepare(world.owner, request, OWNER, reason=" ")
    assert not PreparedSignature.objects.exists()


def test_one_of_several_passkeys_can_be_chosen(world) -> None:
    request = world.ask(world.note())
    first = hands.usable(world.owner, by=world.officer)
    first_id = hands.newest(world.owner).pk
    hands.usable(world.owner, by=world.officer)
    prepared = hands.prepare(world.owner, request, OWNER, passkey=first_id)
    hands.finish(world.owner, prepared, first.answer(prepared.options))
    refused(lambda: hands.prepare(world.owner, request, OWNER, passkey=uuid.uuid4()), "signature")


def test_a_synced_passkey_that_never_counts_signs(world) -> None:
    flags = PRESENT | VERIFIED | BACKUP_ELIGIBLE | BACKED_UP
    device = Device(counts=False)
    hands.enrol(world.owner, device, flags=flags)
    passkeys.vouch(actor=world.officer, passkey=hands.newest(world.owner), how=HOW, proof=Proof(PASSWORD))
    assert hands.history(world.owner).told.synced
    for title in ("One", "Two"):
        prepared = hands.prepare(world.owner, world.ask(world.note(title)), OWNER)
        hands.finish(world.owner, prepared, device.answer(prepared.options, flags=flags))


# Password and one-time code


def test_password_and_code_are_server_attested_and_say_so(world) -> None:
    hands.governed_by(world, method="password+totp")
    secret, _ = authenticator.enrol(world.owner, PASSWORD)
    note = world.note()
    request = world.ask(note)
    given: dict[str, Any] = {"actor": world.owner, "request": request, "role": OWNER, **REASON}
    refused(lambda: signing.sign(**given, password=PASSWORD), "method")
    refused(lambda: signing.sign(**given, password=PASSWORD, code="000000"), "re-authentication")
    code = authenticator.code(secret)
    refused(lambda: signing.sign(**given, password="wrong", code=code), "re-authentication")
    signature = signing.sign(**given, password=PASSWORD, code=code)
    predicate = Opener().open(signature).predicate
    assert (predicate.method.kind, predicate.method.label) == (
        "password+totp",
        "server-attested (password and one-time code)",
    )
    assert standings.in_force(note).missing == ((COMPLIANCE_OFFICER, 1),)
    device = hands.usable(world.officer, by=world.owner_two)  # a passkey is stronger, so it counts, too
    hands.sign(world.officer, device, request, COMPLIANCE_OFFICER)
    assert standings.in_force(note).standing is Standing.IN_FORCE


def test_a_code_signs_once(world) -> None:
    secret, _ = authenticator.enrol(world.owner, PASSWORD)
    code = authenticator.code(secret)
    given: dict[str, Any] = {"actor": world.owner, "role": OWNER, "password": PASSWORD, "code": code, **REASON}
    signing.sign(request=world.ask(world.note("One")), **given)
    second = world.ask(world.note("Two"))
    refused(lambda: signing.sign(request=second, **given), "re-authentication")


def test_wrong_codes_lock_signing(world) -> None:
    authenticator.enrol(world.owner, PASSWORD)
    request = world.ask(world.note())
    for number in range(5):
        with pytest.raises(Refused, match="re-authentication"):
            signing.sign(
                actor=world.owner, request=request, role=OWNER, password=PASSWORD, code=f"00000{number}", **REASON
            )
    with pytest.raises(Refused, match="lockout"):
        world.sign(request, world.owner, OWNER)


# Revocation


def test_a_revoked_passkey_signs_no_more_and_what_it_signed_before_stands(world) -> None:
    note = world.note()
    request = world.ask(note)
    device = hands.usable(world.owner, by=world.officer)
    hands.sign(world.owner, device, request, OWNER)
    row = hands.newest(world.owner)
    passkeys.revoke(actor=world.owner, passkey=row, reason="lost")
    assert [s.fault for s in standings.in_force(note).signatures] == [""]
    assert select.usable(world.owner) == []
    following = world.ask(world.note("Next"))
    refused(lambda: hands.prepare(world.owner, following, OWNER), "passkey")
    refused(lambda: passkeys.vouch(actor=world.owner_two, passkey=row, how=HOW, proof=Proof(PASSWORD)), "passkey")
    assert not second_factor.passkeys_of(world.owner, device.credential)  # nor does it open the door any more
    hands.usable(world.owner, by=world.officer)  # the way back: a new one, vouched for again
    assert len(select.usable(world.owner)) == 1


def test_a_compromise_reaches_back_and_what_was_in_force_before_it_was_told_stays_told(world) -> None:
    note = world.note()
    request = world.ask(note)
    start = timezone.now()
    device = hands.usable(world.owner, by=world.officer)
    hands.sign(world.owner, device, request, OWNER)
    world.sign(request, world.officer, COMPLIANCE_OFFICER)
    before = ledger.size()
    assert standings.in_force(note).standing is Standing.IN_FORCE
    row = hands.newest(world.owner)
    passkeys.revoke(actor=world.owner_two, passkey=row, reason="compromised", since=start)
    found = standings.in_force(note)
    assert found.standing is Standing.COMPROMISED
    assert "the passkey was revoked" in found.faults[0]
    assert standings.in_force(note, before).standing is Standing.IN_FORCE


def test_who_may_revoke_and_when(world) -> None:
    hands.enrol(world.officer)
    row = hands.newest(world.officer)
    with pytest.raises(Invalid, match="reason"):
        passkeys.revoke(actor=world.officer, passkey=row, reason="bored")
    with pytest.raises(Invalid, match="still to come"):
        passkeys.revoke(actor=world.officer, passkey=row, reason="lost", since=timezone.now() + timedelta(hours=1))
    for actor in (world.officer_two, world.engineer):
        with pytest.raises(Denied):
            passkeys.revoke(actor=actor, passkey=row, reason="lost")
    first = passkeys.revoke(actor=world.owner, passkey=row, reason="lost")
    with pytest.raises(Conflict):
        passkeys.revoke(actor=world.officer, passkey=row, reason="lost")
    earlier = first.since - timedelta(hours=1)
    passkeys.revoke(actor=world.officer, passkey=row, reason="compromised", since=earlier)
    assert [one.reason for one in hands.history(world.officer).revoked] == ["lost", "compromised"]
