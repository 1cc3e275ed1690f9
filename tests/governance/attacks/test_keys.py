"""Attacks on keys: stolen ones that sign, retired ones that sign again, keyrings that nobody published."""

from typing import Any

import pytest

from governance import events, keyfiles
from governance.access import OWNER
from governance.models import KeyringVersion, LedgerEvent, Signature
from governance.proof.answers.inforce import Standing
from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.verify import verify_evidence
from governance.proof.formats import canonical, dsse
from governance.proof.formats import keys as material
from governance.proof.formats.canonical import sha256
from governance.proof.formats.fields import rfc3339
from governance.proof.formats.keyring import PAYLOAD_TYPE, Keyring
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.statement import PAYLOAD_TYPE as STATEMENT
from governance.proof.formats.statement import SignoffStatement
from governance.selectors import keys as select
from governance.selectors import ledger
from governance.selectors import signoff as standings
from governance.selectors.statements import fallen
from governance.selectors.verification import verify
from governance.services import keys
from governance.services import ledger as log
from tests.governance import tampering
from tests.governance.cast import World
from tests.governance.proof.world import World as Proved
from tests.governance.proof.world import entry, make_key

pytestmark = pytest.mark.postgres


def problems(world: World) -> str:
    outcome = verify(fingerprint=world.fingerprint)
    assert outcome.code == 1
    return " ".join(str(problem) for check in outcome.checks for problem in check.problems)


def stolen(purpose: str) -> material.Signer:
    """Return the signer of a retired key, as a thief who copied the file has it."""
    [file] = (keyfiles.folder() / keyfiles.RETIRED).glob(f"{purpose}-*.pem")
    return material.load_signer(f"file:{file}")


def forge(world: World, signature: Signature, signer: material.Signer, **said: object) -> Signature:
    """Write a signature with its leaf as the database's owner can, made from a true one with a stolen key."""
    request = world.ask(world.note("Never signed"))
    [subject] = request.subjects.all()
    true = SignoffStatement.from_bytes(dsse.peek(bytes(signature.statement)).payload)
    with log.mutation(actor=None, action="forgery") as m:
        forged = Signature(request=request, signer=world.owner, role=OWNER, at=m.time, seq=m.size)
        predicate = true.predicate.model_copy(
            update={
                "request": str(request.id),
                "signer": world.owner.actor,
                "role": OWNER,
                "time": rfc3339(m.time),
                "nonce": "0" * 32,
                **said,
            }
        )
        named = true.subjects[0].model_copy(update={"digest": subject.document_id})
        statement = SignoffStatement(subjects=[named], predicate=predicate)
        forged.statement = dsse.sign(STATEMENT, statement.to_bytes(), signer)
        forged.statement_digest = statement.digest
        m.actor = world.owner
        m.append(
            events.DOCUMENT_SIGNED,
            subjects=[subject.document_id],
            data={
                "request": str(request.id),
                "signature": str(forged.id),
                "role": OWNER,
                "statement": statement.digest,
            },
        )
        forged.save()
    return forged


@pytest.mark.attack(
    name="sign with a stolen attestation key and date it back",
    caught_by="a signature counts by the place and time of its ledger entry: from the declared moment on it is void",
    unless="nobody declares the key stolen",
)
def test_a_stolen_key_signs_with_a_date_before_the_theft(world: World) -> None:
    true = world.agree(world.note()).signatures.order_by("seq")[0]
    size = ledger.size()
    signer = keyfiles.signer("attestation")
    honest_time = SignoffStatement.from_bytes(dsse.peek(bytes(true.statement)).payload).predicate.time
    dated_back = forge(world, true, signer, time=honest_time)
    plain = forge(world, true, signer)
    keys.declare_compromise(
        purpose="attestation", keyid=signer.public_key.keyid, since=ledger.time_of(size + 1), reason="Stolen"
    )
    [document] = [s.document for s in plain.request.subjects.select_related("document")]
    assert standings.in_force(document).standing is Standing.COMPROMISED
    [document] = [s.document for s in dated_back.request.subjects.select_related("document")]
    [fault] = standings.in_force(document).faults
    assert fault == "the signature is not on the ledger as its row says"
    assert {one.signature.pk for one in fallen()} >= {plain.pk, dated_back.pk}
    assert f"signature {dated_back.pk}" in problems(world)


@pytest.mark.attack(
    name="sign with a retired attestation key",
    caught_by="each signature is opened with the keys in use at its own ledger entry",
    unless="the ledger is cut back to before the rotation and no checkpoint was kept elsewhere",
)
def test_a_retired_key_signs_again(world: World) -> None:
    true = world.agree(world.note()).signatures.order_by("seq")[0]
    keys.rotate(purpose="attestation")
    forged = forge(world, true, stolen("attestation"))
    [document] = [s.document for s in forged.request.subjects.select_related("document")]
    [fault] = standings.in_force(document).faults
    assert "the signature does not verify (found a signature by key" in fault
    assert f"signature {forged.pk}: it does not verify" in problems(world)


@pytest.mark.attack(
    name="use one key for two purposes",
    caught_by="a keyring that names a key twice is none, whoever signed it",
    unless="no case is known",
)
def test_a_keyring_with_a_key_of_two_purposes() -> None:
    proved = Proved()
    twice = [entry(proved.keys["log"], "log"), entry(proved.keys["log"], "permit")]
    payload = proved.keyring().model_dump() | {"keys": [each.model_dump() for each in twice]}
    envelope = dsse.sign(PAYLOAD_TYPE, canonical.dumps(payload), proved.keys["root"].signer)
    with pytest.raises(SignatureError, match="one key twice"):
        Keyring.open_chain([envelope], proved.fingerprint)


@pytest.mark.attack(
    name="roll the keyring back in the database",
    caught_by="the ledger tells of every version; while rows and leaves differ no key counts and nothing can be signed",
    unless="the entries and their index go, too: then checkpoints kept elsewhere catch it",
)
@pytest.mark.parametrize("gone", [2, 3])
def test_a_version_of_the_keyring_is_taken_away(world: World, gone: int) -> None:
    note = world.note()
    world.agree(note)
    keys.rotate(purpose="attestation")
    keys.rotate(purpose="attestation")
    with tampering.owner():
        tampering.run("DELETE FROM governance_keyringversion WHERE number = %s", gone)
    with pytest.raises(SignatureError, match="forged or rolled back"):
        select.keyring()
    with pytest.raises(keyfiles.NoKey):
        keyfiles.signer("attestation")
    assert standings.in_force(note).standing is not Standing.IN_FORCE
    assert "no keyring row for it: deleted?" in problems(world)
    LedgerEvent.objects.filter(event=events.KEYRING_PUBLISHED).delete()
    assert "it has no row in the event index" in problems(world)


@pytest.mark.attack(
    name="insert a keyring that the root key never signed",
    caught_by="each version is signed by the root that the one before it leads to, and pins its bytes",
    unless="the root key is stolen as well",
)
@pytest.mark.parametrize("named", [True, False])
def test_a_next_root_that_nobody_named(world: World, named: bool) -> None:
    thief, before = make_key(), select.keyring()
    root = entry(thief, "root", since=ledger.size() + 1)
    fields = {name: getattr(before, name) for name in Keyring.model_fields}
    fields |= {"number": 2, "previous": sha256(select.envelopes()[-1])}
    if named:  # the old root is said to have named the thief's, with the thief's signature
        claimed = Keyring.model_validate({**fields, "next_root": root})
    else:
        ended = before.root.model_copy(update={"until": ledger.size() + 1})
        claimed = Keyring.model_validate({**fields, "root": root, "former_roots": [ended]})
    envelope = dsse.sign(PAYLOAD_TYPE, canonical.dumps(claimed.model_dump()), thief.signer)
    with log.mutation(actor=None, action="forgery") as m:
        seq = m.append(events.KEYRING_PUBLISHED, data={"number": 2, "keyring": sha256(envelope)})
        KeyringVersion(number=2, envelope=envelope, seq=seq).save()
    with pytest.raises(SignatureError, match="found a signature by key" if named else "by root"):
        select.keyring()
    assert "keyrings: " in problems(world)
    with pytest.raises(keyfiles.NoKey):
        keyfiles.signer("log")


@pytest.mark.attack(
    name="date a new key back, so that it covers what was signed before it",
    caught_by="a key counts from the entry after its publication at the earliest, on line and off line",
    unless="no case is known",
)
def test_a_key_that_is_dated_back(world: World) -> None:
    before, thief = select.keyring(), make_key()
    envelope = b""
    ended = [e.model_copy(update={"until": 3}) if e.purpose == "attestation" else e for e in before.keys]
    for changed in (ended, [*(e for e in ended if e.purpose != "attestation"), entry(thief, "attestation", since=3)]):
        fields = {name: getattr(before, name) for name in Keyring.model_fields}
        ring = Keyring.model_validate(
            {
                **fields,
                "number": 2,
                "previous": sha256(select.envelopes()[-1]),
                "keys": [*changed, *(e for e in ended if e not in changed)],
            }
        )
        envelope = ring.sign(keyfiles.signer("root"))
        proved = Keyring.open_chain([*select.envelopes(), envelope], world.fingerprint)
        assert proved[-1] == ring  # nothing is wrong with it but its dates
    with log.mutation(actor=None, action="forgery") as m:
        seq = m.append(events.KEYRING_PUBLISHED, data={"number": 2, "keyring": sha256(envelope)})
        KeyringVersion(number=2, envelope=envelope, seq=seq).save()
    with pytest.raises(SignatureError, match=f"published as entry {seq}"):
        select.keyring()
    assert f"published as entry {seq}" in problems(world)


@pytest.mark.attack(
    name="hand out a report with an older keyring than the ledger tells of",
    caught_by="the offline verifier compares the keyrings with the entries that published them, and with newer ones",
    unless="those entries are left out of the evidence, too, and the reader has no newer keyrings",
)
def test_evidence_with_an_older_keyring() -> None:
    proved = Proved()
    first = proved.keyring().sign(proved.keys["root"].signer)
    newer = proved.keyring(number=2, previous=sha256(first)).sign(proved.keys["root"].signer)

    def rolled_back(world: Proved, fields: dict[str, Any]) -> None:
        published = {"number": 2, "keyring": sha256(newer)}
        world.append(events.KEYRING_PUBLISHED, data=published, subjects=[])
        size = len(world.leaves)
        fields["report"] = fields["report"].model_copy(update={"ledger_size": size})
        fields["checkpoint"] = world.note(size)
        fields["leaves"] = [world.proved(index) for index in range(size)]

    evidence = proved.evidence(rolled_back)
    [line] = [x for x in verify_evidence(evidence, proved.fingerprint) if x.ok is False]
    assert "published keyring 2" in line.detail
    assert not [
        x for x in verify_evidence(evidence, proved.fingerprint, Elsewhere(keyrings=[first, newer])) if x.ok is False
    ]
    other = Proved()
    fork = other.keyring().sign(other.keys["root"].signer)
    [line] = [x for x in verify_evidence(evidence, proved.fingerprint, Elsewhere(keyrings=[fork])) if x.ok is False]
    assert "not versions of one another" in line.detail
