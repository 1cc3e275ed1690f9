"""The offline verifier: evidence that holds passes, and every way of changing it is found."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.evidence import Evidence, Opening, Period
from governance.proof.checks.kept_checkpoints import Kept
from governance.proof.checks.outcome import Verification
from governance.proof.checks.verify import CheckLine, verify_evidence
from governance.proof.formats import canonical, ranges
from governance.proof.formats.checkpoint import Checkpoint, sign_checkpoint
from governance.proof.formats.envelope import Envelope, Link
from governance.proof.formats.fields import base64_bytes, base64_text
from governance.proof.formats.keyring import KeyEntry
from governance.proof.formats.leaf import (
    DOCUMENT_REVOKED,
    DOCUMENT_SIGNED,
    KEYRING_PUBLISHED,
    PERMIT_CONSUMED,
    PERMIT_ISSUED,
)
from governance.proof.formats.permit import sign_permit, sign_receipt
from governance.proof.words.printed import utc
from tests.governance.proof.checks.test_kept_checkpoints import proof
from tests.governance.proof.world import (
    FROZEN,
    ORIGIN,
    OTHER_PROJECT,
    PROJECT,
    TIME,
    World,
    document,
    entry,
    make_key,
    permit,
    receipt,
    statement,
)

Change = Callable[[World, dict[str, Any]], None]
LATER = "2026-01-02T03:40:00Z"


def verify(change: Change | None = None) -> list[CheckLine]:
    world = World()
    return verify_evidence(world.evidence(change), world.fingerprint)


def failures(lines: list[CheckLine]) -> dict[str, str]:
    return {line.name: line.detail for line in lines if line.ok is False}


def envelopes(fields: dict[str, Any]) -> list[Envelope]:
    return [Envelope.from_bytes(base64_bytes(text)) for text in fields["documents"].values()]


def test_good_evidence_holds_and_says_what_it_cannot_show() -> None:
    lines = verify()
    assert failures(lines) == {}
    assert Verification.of(lines).code == 0
    assert {line.name for line in lines if line.ok is None} == {"witnesses", "revocations", "quorum"}
    attested = [line.name for line in lines if line.ok is None and "server-attested" in line.detail]
    assert attested == ["revocations", "quorum"]
    [signoff] = [line for line in lines if line.name == "sign-off"]
    told = ("Ada Reviewer", "compliance officer of ", "approved", "evals.thresholds", "server-attested (password)")
    for words in told:
        assert words in signoff.detail


def drop_document(world: World, fields: dict[str, Any]) -> None:
    fields["documents"].pop(next(iter(fields["documents"])))


def change_document(world: World, fields: dict[str, Any]) -> None:
    digest = next(iter(fields["documents"]))
    fields["documents"][digest] = base64_text(document("evals.rubric", project="shelf", salt="1" * 32).to_bytes())


def loose_base64(world: World, fields: dict[str, Any]) -> None:
    digest = next(iter(fields["documents"]))
    fields["documents"][digest] += "\n"


def no_envelope(world: World, fields: dict[str, Any]) -> None:
    fields["documents"][canonical.sha256(b"{}")] = base64_text(b"{}")


def other_project(world: World, fields: dict[str, Any]) -> None:
    target = document("training.use_case", project=OTHER_PROJECT)
    source = document("training.decision_record", references=[Link(role="use_case", digest=target.digest)])
    fields["documents"] |= {d.digest: base64_text(d.to_bytes()) for d in (source, target)}


def absent_subject(world: World, fields: dict[str, Any]) -> None:
    fields["report"] = fields["report"].model_copy(update={"subject": "sha256:" + "0" * 64})


def flip_leaf(world: World, fields: dict[str, Any]) -> None:
    text = base64_bytes(fields["leaves"][0].leaf).replace(b"2026", b"2025")
    fields["leaves"][0] = fields["leaves"][0].model_copy(update={"leaf": base64_text(text)})


def flip_proof(world: World, fields: dict[str, Any]) -> None:
    proof = [*fields["leaves"][0].proof[:-1], "0" * 64]
    fields["leaves"][0] = fields["leaves"][0].model_copy(update={"proof": proof})


def wrong_index(world: World, fields: dict[str, Any]) -> None:
    fields["leaves"][0] = fields["leaves"][0].model_copy(update={"index": 0})


def repeated_leaf(world: World, fields: dict[str, Any]) -> None:
    fields["leaves"] *= 2


def dropped_leaf(world: World, fields: dict[str, Any]) -> None:
    fields["leaves"] = [world.proved(2), world.proved(0)]
    fields["openings"] = {}


def dropped_signature(world: World, fields: dict[str, Any]) -> None:
    fields["signatures"] = []


def repeated_signature(world: World, fields: dict[str, Any]) -> None:
    fields["signatures"] *= 2


def resigned(**changes: Any) -> Change:
    """Return a change that replaces the sign-off by another the ledger does record."""

    def change(world: World, fields: dict[str, Any]) -> None:
        values: dict[str, Any] = {"size": 1, "root": world.tree.root(1), "nonce": "1" * 32} | changes
        signer, leaf = values.pop("signed_with", "attestation"), values.pop("leaf", {})
        signed = statement(*envelopes(fields), **values)
        subjects = [subject.digest for subject in signed.subjects]
        recorded = {"subjects": subjects, "data": {"statement": signed.digest}} | leaf
        added = world.append(DOCUMENT_SIGNED, **recorded)
        fields["signatures"].append(world.sign(signed, signer))
        fields["leaves"] = list(map(world.proved, (0, 1, *FROZEN, added.seq)))
        fields["checkpoint"] = world.note()
        fields["report"] = fields["report"].model_copy(update={"ledger_size": world.tree.size})

    return change


def stolen_time(world: World, fields: dict[str, Any]) -> None:
    keys = world.keyring().keys
    retired = [k.model_copy(update={"until": 1}) if k.purpose == "attestation" else k for k in keys]
    fields["keyring"] = world.keyring(keys=retired).sign(world.keys["root"].signer).decode()


def foreign_checkpoint(world: World, fields: dict[str, Any]) -> None:
    other = World()
    other.evidence()
    fields["checkpoint"] = other.note()


def older_checkpoint(world: World, fields: dict[str, Any]) -> None:
    fields["checkpoint"] = world.note(2)


def own_keyring(world: World, fields: dict[str, Any]) -> None:
    other = World(world.keys | {"root": make_key()})
    fields["keyring"] = other.keyring().sign(other.keys["root"].signer).decode()


def wrong_opening(world: World, fields: dict[str, Any]) -> None:
    fields["openings"]["1"] = Opening(salt="0" * 32, private={"comment": "another reason"})


def opening_without_leaf(world: World, fields: dict[str, Any]) -> None:
    fields["openings"]["01"] = fields["openings"]["1"]


def permitted(signed_with: str = "permit", **changes: Any) -> Change:
    def change(world: World, fields: dict[str, Any]) -> None:
        given = permit(envelopes(fields)[1], changes.pop("note", world.note()), **changes)
        fields["permits"] = [sign_permit(given, world.keys[signed_with].signer).decode()]

    return change


def permit_of_another_log(world: World, fields: dict[str, Any]) -> None:
    other = World()
    other.evidence()
    permitted(note=other.note())(world, fields)


def permit_for_absent_spec(world: World, fields: dict[str, Any]) -> None:
    given = permit(document("evals.evaluation_spec"), world.note())
    fields["permits"] = [sign_permit(given, world.keys["permit"].signer).decode()]


def received(signed_with: str) -> Change:
    def change(world: World, fields: dict[str, Any]) -> None:
        consumed = permit(envelopes(fields)[1], world.note())
        fields["receipts"] = [sign_receipt(receipt(consumed), world.keys[signed_with].signer).decode()]

    return change


def absent_permit(world: World, fields: dict[str, Any]) -> None:
    fields["permits"] = []


def short_leaf_file(world: World, fields: dict[str, Any]) -> None:
    fields["ledger"] = [base64_text(leaf) for leaf in world.leaves[:-1]]


def shuffled_leaf_file(world: World, fields: dict[str, Any]) -> None:
    fields["ledger"] = [base64_text(leaf) for leaf in reversed(world.leaves)]


def broken_leaf_file(world: World, fields: dict[str, Any]) -> None:
    fields["ledger"] = [base64_text(b"{}")]


def full_leaf_file(world: World, fields: dict[str, Any]) -> None:
    fields["ledger"] = [base64_text(leaf) for leaf in world.leaves]


def revoked(*, full: bool) -> Change:
    def change(world: World, fields: dict[str, Any]) -> None:
        leaf = world.append(DOCUMENT_REVOKED, subjects=[next(iter(fields["documents"]))])
        fields["leaves"] = list(map(world.proved, (0, 1, *FROZEN, *([] if full else [leaf.seq]))))
        fields["checkpoint"] = world.note()
        fields["report"] = fields["report"].model_copy(update={"ledger_size": world.tree.size})
        if full:
            full_leaf_file(world, fields)

    return change


def regrown(world: World, fields: dict[str, Any], *alone: int, period: int | None = None) -> None:
    """Rest the evidence on the ledger as it is now: entries proved one by one, or from `period` on as a whole."""
    size = world.tree.size
    fields["leaves"] = list(map(world.proved, alone))
    fields["report"] = fields["report"].model_copy(update={"ledger_size": size})
    fields["checkpoint"] = world.note()
    if period is not None:
        shown = [base64_text(leaf) for leaf in world.leaves[period:]]
        proof = [node.hex() for node in ranges.range_proof(period, size, size, world.tree.read)]
        fields["period"] = Period(first=period, leaves=shown, proof=proof)


def told_in_a_period(event: str, **changes: Any) -> Change:
    """Return a change that has an entry in the part of the ledger that is given whole, and nowhere else."""

    def change(world: World, fields: dict[str, Any]) -> None:
        about = next(iter(fields["documents"]))
        world.append(event, **({"subjects": [about]} | changes))
        regrown(world, fields, *range(6), period=6)

    return change


def made_up(world: World, fields: dict[str, Any]) -> None:
    fields["documents"] |= {d.digest: base64_text(d.to_bytes()) for d in [document("evals.rubric", salt="7" * 32)]}


def consumed(**changes: Any) -> Change:
    """Return a change to a receipt that the attestation key signs."""

    def change(world: World, fields: dict[str, Any]) -> None:
        told = receipt(permit(envelopes(fields)[1], world.note()), **changes)
        fields["receipts"] = [sign_receipt(told, world.keys["attestation"].signer).decode()]

    return change


def reissued(told: dict[str, Any], **changes: Any) -> Change:
    """Return a change that has another permit, whose issue and consumption the ledger records, as `told`."""

    def change(world: World, fields: dict[str, Any]) -> None:
        given = permit(envelopes(fields)[1], changes.pop("note", world.note()), **changes)
        signed = sign_permit(given, world.keys["permit"].signer)
        said = {"job": given.job, "attempt": given.attempt, "permit": canonical.sha256(signed)} | told
        world.append(PERMIT_ISSUED, data=said)
        nonce = canonical.sha256(receipt(given).nonce.encode())
        seq = world.append(PERMIT_CONSUMED, data=said | {"nonce": nonce}, time=LATER).seq
        taken = receipt(given, seq=seq, time=LATER)
        fields["permits"] = [signed.decode()]
        fields["receipts"] = [sign_receipt(taken, world.keys["attestation"].signer).decode()]
        fields["report"] = fields["report"].model_copy(update={"created_at": LATER})
        regrown(world, fields, *range(world.tree.size))

    return change


def from_larger(world: World, fields: dict[str, Any]) -> None:
    larger = sign_checkpoint(Checkpoint(ORIGIN, 99, bytes(32)), ORIGIN, world.keys["log"].signer)
    reissued({}, note=larger)(world, fields)


def of_another_origin(world: World, fields: dict[str, Any]) -> None:
    other = sign_checkpoint(Checkpoint("other/log", 1, bytes(32)), ORIGIN, world.keys["log"].signer)
    reissued({}, note=other)(world, fields)


def ended_permit_key(world: World, fields: dict[str, Any]) -> None:
    permitted(bounds={"max_seconds": 61})(world, fields)
    keys = world.keyring().keys
    retired = [k.model_copy(update={"until": 4}) if k.purpose == "permit" else k for k in keys]
    fields["keyring"] = world.keyring(keys=retired).sign(world.keys["root"].signer).decode()


def twice(name: str) -> Change:
    def change(world: World, fields: dict[str, Any]) -> None:
        fields[name] = fields[name] * 2

    return change


def said_of_itself(**changes: Any) -> Change:
    def change(world: World, fields: dict[str, Any]) -> None:
        fields["report"] = fields["report"].model_copy(update=changes)

    return change


def opening_of_digits(world: World, fields: dict[str, Any]) -> None:
    fields["openings"]["1" * 5000] = fields["openings"]["1"]


def both(first: Change, second: Change) -> Change:
    def change(world: World, fields: dict[str, Any]) -> None:
        first(world, fields)
        second(world, fields)

    return change


ATTACKS: list[tuple[str, Change, str, str]] = [
    ("a document is left out", drop_document, "references", "not included"),
    ("a document's text is changed", change_document, "documents", "found bytes with digest"),
    ("a document is spelled loosely", loose_base64, "documents", "base64"),
    ("something that is no document", no_envelope, "documents", "not a document envelope"),
    ("a reference into another project", other_project, "references", "of another project"),
    ("the report is about something absent", absent_subject, "references", "the report's subject"),
    ("an event is changed", flip_leaf, "ledger", "leads to root"),
    ("a proof is changed", flip_proof, "ledger", "leads to root"),
    ("an event is moved", wrong_index, "ledger", "ledger entry 0"),
    ("an event is repeated", repeated_leaf, "ledger", "twice"),
    ("the event of a sign-off is left out", dropped_leaf, "sign-off", "not recorded"),
    ("a recorded sign-off is left out", dropped_signature, "sign-off", "records statement"),
    ("a sign-off is repeated", repeated_signature, "sign-off", "twice"),
    ("a sign-off by the log key", resigned(signed_with="log"), "sign-off", "found a signature by key"),
    ("a sign-off that somebody else made", resigned(signer=PROJECT), "sign-off", "found signer"),
    ("a sign-off from the future", resigned(size=99), "sign-off", "saw a ledger of 99"),
    ("a sign-off recorded for other documents", resigned(leaf={"subjects": []}), "sign-off", "is not about it"),
    ("a signed document is absent", both(resigned(), drop_document), "sign-off", "not included"),
    ("a sign-off with a key that had ended", stolen_time, "sign-off", "no keys at all"),
    (
        "a sign-off on a root that never was",
        both(resigned(root=b"\0" * 32), full_leaf_file),
        "sign-off",
        "the ledger had another",
    ),
    ("another log's checkpoint", foreign_checkpoint, "checkpoint", "found no signature by"),
    ("an older checkpoint", older_checkpoint, "checkpoint", "at size 2"),
    ("a keyring of their own", own_keyring, "keyring", "compare the fingerprint"),
    ("a private part is changed", wrong_opening, "private parts", "committed to"),
    ("a private part of nothing", opening_without_leaf, "private parts", "'01'"),
    ("a permit by the attestation key", permitted("attestation"), "permit", "found a signature by key"),
    ("a permit on a decision that is absent", permitted(decisions=[1, 9]), "permit", "relied on ledger entry 9"),
    ("a permit on another log", permit_of_another_log, "permit", "its checkpoint"),
    ("a permit for something absent", permit_for_absent_spec, "permit", "is for"),
    ("a receipt by the permit key", received("permit"), "receipt", "found a signature by key"),
    ("a receipt of a permit that is absent", absent_permit, "receipt", "is not included"),
    ("a leaf file without its end", short_leaf_file, "leaf file", "found 5 leaves"),
    ("a leaf file in another order", shuffled_leaf_file, "leaf file", "at place 0"),
    ("a leaf file of something else", broken_leaf_file, "leaf file", "not a ledger leaf"),
    ("a revocation in the complete leaf file", revoked(full=True), "revocations", "was revoked in"),
    ("a revocation among the events", revoked(full=False), "revocations", "was revoked in"),
    ("a revocation in the period", told_in_a_period(DOCUMENT_REVOKED), "revocations", "was revoked in"),
    (
        "a keyring of the period that is left out",
        told_in_a_period(KEYRING_PUBLISHED, data={"number": 2, "keyring": "sha256:" + "0" * 64}),
        "keyring",
        "published keyring 2",
    ),
    (
        "a keyring without a number",
        told_in_a_period(KEYRING_PUBLISHED, data={"number": "two"}),
        "keyring",
        "published keyring two",
    ),
    ("a document that nobody froze", made_up, "documents", "tells that it was frozen"),
    ("a sign-off for another project", resigned(scope=OTHER_PROJECT), "sign-off", "it is of project"),
    ("a sign-off for the whole organisation", resigned(scope="organisation"), "sign-off", "it is of project"),
    ("a receipt of another attempt", consumed(attempt=PROJECT), "receipt", "is of attempt"),
    ("a receipt of another entry", consumed(seq=2), "receipt", "does not tell that it was consumed"),
    ("a receipt of another runner", consumed(nonce="m" * 16), "receipt", "does not tell that it was consumed"),
    ("a receipt of another time", consumed(time="2026-01-02T03:04:06Z"), "receipt", "no ledger entry on its"),
    ("a permit used too late", reissued({}, expires_at="2026-01-02T03:30:00Z"), "receipt", "allowed it until"),
    ("a permit of another job", reissued({"job": PROJECT}), "permit", "for another job or attempt"),
    ("a permit from the future", from_larger, "permit", "on a ledger of 99 entries"),
    ("a permit on a checkpoint of another name", of_another_origin, "permit", "a checkpoint of other/log"),
    ("a permit by a key that ended", ended_permit_key, "permit", "no entry shows that it is from before"),
    ("a permit that is repeated", twice("permits"), "permit", "twice"),
    ("a receipt that is repeated", twice("receipts"), "receipt", "twice"),
    ("a report dated back", said_of_itself(created_at="2025-01-02T03:04:05Z"), "age", "is of 2026"),
    ("a private part of an entry too far", opening_of_digits, "private parts", "'11111111111111111111'"),
]


@pytest.mark.parametrize(("change", "name", "words"), [a[1:] for a in ATTACKS], ids=[a[0] for a in ATTACKS])
def test_attacks_are_found(change: Change, name: str, words: str) -> None:
    lines = verify(change)
    assert any(line.ok is False and line.name == name and words in line.detail for line in lines), lines
    assert Verification.of(lines).code == 1


def test_honest_permits_and_periods_hold() -> None:
    assert failures(verify(reissued({}))) == {}
    assert failures(verify(told_in_a_period("test:history:went_on"))) == {}


def test_an_old_report_presented_as_new_is_told_by_its_age() -> None:
    """By its time, by a newer checkpoint that the reader has, and refused for whoever was told how far the log is."""
    world = World()
    evidence = world.evidence()
    size = world.tree.size
    for _ in range(3):
        world.append("test:history:went_on")
    said = verify_evidence(evidence, world.fingerprint)
    assert not [line for line in said if re.search(r"\dT\d", line.detail)], "times are told as people read them"
    [line] = [line for line in said if line.name == "age"]
    assert (line.ok, utc(TIME) in line.detail, "nothing later" in line.detail) == (True, True, True)
    newer = Elsewhere(checkpoints=[Kept("mine", world.note())], consistency=[proof(world.tree, size, world.tree.size)])
    [line] = [line for line in verify_evidence(evidence, world.fingerprint, newer) if line.name == "kept checkpoint"]
    assert (line.ok, "of its last 3 entries this file tells nothing" in line.detail) == (True, True)
    told = [verify_evidence(evidence, world.fingerprint, Elsewhere(least=least)) for least in (size, size + 1)]
    assert [Verification.of(lines).code for lines in told] == [0, 1]
    words = f"found a report as of {size} ledger entries, expected {size + 1} or more: ask for a newer"
    assert failures(told[1]) == {"age": words}


def test_a_second_honest_signoff_holds() -> None:
    assert failures(verify(resigned())) == {}


def test_the_complete_leaf_file_shows_that_nothing_was_revoked() -> None:
    lines = verify(full_leaf_file)
    assert failures(lines) == {}
    [line] = [line for line in lines if line.name == "revocations"]
    assert line.ok is True


def test_demonstration_keys_are_named_as_such() -> None:
    def demo(world: World, fields: dict[str, Any]) -> None:
        marked: list[KeyEntry] = [k.model_copy(update={"demo": True}) for k in world.keyring().keys]
        root = entry(world.keys["root"], "root", demo=True)
        fields["keyring"] = world.keyring(keys=marked, root=root).sign(world.keys["root"].signer).decode()

    lines = verify(demo)
    assert failures(lines) == {}
    assert any(line.ok is None and "demonstration" in line.detail for line in lines)


def test_another_fingerprint_fails() -> None:
    lines = verify_evidence(World().evidence(), World().fingerprint)
    assert set(failures(lines)) == {"keyring"}


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'"x"', b"\xff"])
def test_what_is_no_evidence(data: bytes) -> None:
    assert set(failures(verify_evidence(data, World().fingerprint))) == {"evidence"}


@pytest.fixture(scope="module")
def good() -> tuple[bytes, str]:
    world = World()
    return world.evidence(full_leaf_file), world.fingerprint


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_a_flipped_byte_of_the_evidence_is_found(good: tuple[bytes, str], data: st.DataObject) -> None:
    evidence, fingerprint = good
    # The report's own facts are vouched for by the seal of the file, not by anything inside the evidence.
    at = data.draw(st.integers(0, evidence.index(b'"report":{') - 1))
    bad = bytearray(evidence)
    bad[at] ^= data.draw(st.integers(1, 255))
    assert failures(verify_evidence(bytes(bad), fingerprint))


def test_unknown_parts_have_no_place_in_evidence(good: tuple[bytes, str]) -> None:
    value = canonical.loads(good[0])
    assert Evidence.from_bytes(good[0]).to_bytes() == good[0]
    lines = verify_evidence(canonical.dumps(value | {"extra": []}), good[1])
    assert set(failures(lines)) == {"evidence"}


def test_a_permit_whose_issue_is_not_shown_is_the_servers_word() -> None:
    lines = verify(both(permitted(bounds={"max_seconds": 61}), lambda _, fields: fields["receipts"].clear()))
    assert failures(lines) == {}
    assert [line.ok for line in lines if line.name == "permit"] == [True, None]
