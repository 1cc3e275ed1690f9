"""The offline verifier: evidence that holds passes, and every way of changing it is found."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.proof import canonical
from governance.proof.envelope import Envelope, Link
from governance.proof.evidence import Evidence, Opening
from governance.proof.fields import base64_bytes, base64_text
from governance.proof.keyring import KeyEntry
from governance.proof.leaf import DOCUMENT_REVOKED, DOCUMENT_SIGNED
from governance.proof.outcome import Verification
from governance.proof.permit import sign_permit, sign_receipt
from governance.proof.verify import CheckLine, verify_evidence
from tests.governance.proof.world import (
    OTHER_PROJECT,
    PROJECT,
    World,
    document,
    entry,
    make_key,
    permit,
    receipt,
    statement,
)

Change = Callable[[World, dict[str, Any]], None]


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
    for words in ("Ada Reviewer", "compliance_officer", "approved", "evals.thresholds", "server-attested (password)"):
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
        fields["leaves"] = [world.proved(0), world.proved(1), world.proved(added.seq)]
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
        fields["leaves"] = [world.proved(0), world.proved(1), *([] if full else [world.proved(leaf.seq)])]
        fields["checkpoint"] = world.note()
        fields["report"] = fields["report"].model_copy(update={"ledger_size": world.tree.size})
        if full:
            full_leaf_file(world, fields)

    return change


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
    ("a leaf file without its end", short_leaf_file, "leaf file", "found 2 leaves"),
    ("a leaf file in another order", shuffled_leaf_file, "leaf file", "at place 0"),
    ("a leaf file of something else", broken_leaf_file, "leaf file", "not a ledger leaf"),
    ("a revocation in the complete leaf file", revoked(full=True), "revocations", "was revoked in"),
    ("a revocation among the events", revoked(full=False), "revocations", "was revoked in"),
]


@pytest.mark.parametrize(("change", "name", "words"), [a[1:] for a in ATTACKS], ids=[a[0] for a in ATTACKS])
def test_attacks_are_found(change: Change, name: str, words: str) -> None:
    lines = verify(change)
    assert any(line.ok is False and line.name == name and words in line.detail for line in lines), lines
    assert Verification.of(lines).code == 1


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
    lines = verify(permitted(bounds={"max_seconds": 61}))
    assert failures(lines) == {}
    assert [line.ok for line in lines if line.name == "permit"] == [True, None]
