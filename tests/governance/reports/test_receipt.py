"""A signer's receipt: asked for by the signature itself, tells what was signed and said, verifies, and can be had."""

from datetime import timedelta

import pytest
from django.utils import timezone

from governance import store
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.models import Report, Signature
from governance.proof.checks.verify import examine
from governance.proof.files.report_file import verify_report
from governance.proof.formats.canonical import dumps
from governance.proof.formats.fields import base64_bytes
from governance.proof.formats.leaf import LOG_FOUNDED, PERSON_ENROLLED, Leaf
from governance.proof.pages.claims import page_lines
from governance.reports import tasks
from governance.services import delegation, signing
from governance.services.reauthentication import Proof
from tests.governance.cast import PASSWORD, REASON
from tests.governance.reports import poppler
from tests.governance.reports.test_extract import evidence_in

pytestmark = pytest.mark.usefixtures("committed_world")


@pytest.fixture
def world(committed_world):
    return committed_world


def receipt(signature) -> bytes:
    report = Report.objects.get(signature=signature)
    tasks.build(report)
    report.refresh_from_db()
    assert report.state == Report.State.READY, report.error
    return store.read(report.file_sha256)


def test_the_receipt_says_what_was_signed_and_verifies(world, tmp_path) -> None:
    first, second = (
        world.note("First note", text="The text of the first"),
        world.note("Second note", text="Another text"),
    )
    request = world.ask(first, second)
    gate = signing.condition(kind="gate", text="Load test first")
    due = timezone.now() + timedelta(days=9)
    task = signing.condition(kind="task", text="Write the manual", owner=world.engineer, due=due)
    said = {"role": OWNER, "password": PASSWORD, **REASON}
    signature = signing.sign(actor=world.owner, request=request, conditions=[gate, task], opened=[first.digest], **said)
    pdf = receipt(signature)
    outcome = verify_report(pdf, world.fingerprint)
    assert outcome.code == 0, [line for line in outcome.checks if line.ok is False]
    text = " ".join(poppler.text(pdf, tmp_path).split())
    for told in (
        "Signing receipt", "Owner", REASON["meaning"], REASON["reason"], "server-attested (password)",
        "First note", "The text of the first", "Second note", "Another text",
        "Load test first", "Write the manual", "Engineer", signature.statement_digest[:20],
    ):  # fmt: skip
        assert told in text, told


def test_each_signature_has_its_own_and_a_delegates_names_both(world, tmp_path) -> None:
    note, now = world.note("Shared"), timezone.now()
    given = delegation.give(
        actor=world.officer,
        to=world.owner_two,
        role=COMPLIANCE_OFFICER,
        project=None,
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=1),
        reason="Leave",
        proof=Proof(PASSWORD),
    )
    request = world.ask(note)
    first = world.sign(request, world.owner, OWNER)
    said = {"role": COMPLIANCE_OFFICER, "password": PASSWORD, **REASON}
    second = signing.sign(actor=world.owner_two, request=request, delegation=given.pk, **said)
    assert first.receipt.pk != second.receipt.pk
    text = " ".join(poppler.text(receipt(second), tmp_path).split())
    assert "Owner Two, for Officer" in text
    assert verify_report(receipt(first), world.fingerprint).code == 0


def test_digests_of_a_version_that_is_not_in_the_evidence_are_those_that_the_signer_was_shown(world) -> None:
    """Of datasets, what changed is the digest of their file; the version before need not have been signed."""
    first = world.note("Rows", text=f"sha256:{'a' * 64}")
    second = world.note("Rows", text=f"sha256:{'b' * 64}", base=first)
    pdf = receipt(world.sign(world.ask(second), world.owner, OWNER))
    assert verify_report(pdf, world.fingerprint).code == 0
    told = evidence_in(pdf)
    assert "a" * 64 in told["presented"]
    for other in (told["presented"].replace("a" * 64, "c" * 64), None):
        lines = examine(dumps({**told, "presented": other}), world.fingerprint).lines
        [wrong] = [line.detail for line in lines if line.ok is False]
        assert "which the signed statement names" in wrong


@pytest.mark.attack(
    name="alter a signer's receipt",
    caught_by="the seal, and the evidence inside that leads to the published fingerprint",
    unless="the seal key and the log key are stolen, and no older checkpoint is compared",
)
def test_a_flipped_byte_in_a_receipt_is_noticed(world) -> None:
    pdf = bytearray(receipt(world.sign(world.ask(world.note()), world.owner, OWNER)))
    pdf[len(pdf) // 3] ^= 1
    assert verify_report(bytes(pdf), world.fingerprint).code == 1


@pytest.mark.attack(
    name="with the seal key, leave ledger entries out of a signer's receipt",
    caught_by="countersign verify wants every entry that anything printed rests on: roles, freezings, the last of all",
    unless="nothing rests on it: the log's founding, and the enrolment of somebody who is not named",
)
def test_an_entry_that_anything_rests_on_is_missed(world) -> None:
    pdf = receipt(Signature.objects.get(request__subjects__document=world.policy, role=COMPLIANCE_OFFICER))
    told = evidence_in(pdf)

    def missed(place: int) -> bool:
        gone = str(told["leaves"][place]["index"])
        openings = {seq: one for seq, one in told["openings"].items() if seq != gone}
        rest = {**told, "leaves": told["leaves"][:place] + told["leaves"][place + 1 :], "openings": openings}
        found = examine(dumps(rest), world.fingerprint)
        if found.facts is None or any(line.ok is False for line in found.lines):
            return True
        return any(line.ok is False for line in page_lines(pdf, found.facts))

    leaves = [Leaf.from_bytes(base64_bytes(one["leaf"])) for one in told["leaves"]]
    unnoticed = [leaf.event for place, leaf in enumerate(leaves) if not missed(place)]
    assert sorted(set(unnoticed)) == [LOG_FOUNDED, PERSON_ENROLLED][::-1]
    assert unnoticed.count(PERSON_ENROLLED) < len([one for one in leaves if one.event == PERSON_ENROLLED])
