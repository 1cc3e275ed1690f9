"""Reports wait a little for cosignatures and time stamps, carry them, and are never held up for long."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from governance import store
from governance.errors import NotFound
from governance.jobs.courier import Courier
from governance.jobs.reconciler import PATIENCE, Reconciler
from governance.models import Report
from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.outcome import Verification
from governance.proof.checks.witnesses import WitnessPolicy
from governance.proof.files.report_file import SEAL_TIME, verify_report
from governance.proof.formats.note import VerifierKey
from governance.proof.formats.time_stamp import roots_of
from governance.reports import tasks
from governance.selectors import renewals
from governance.selectors.keys import log_vkey
from governance.services import checkpoints, people
from tests.support import auditor
from tests.support.authority import Authority
from tests.support.stage import Stages
from tests.support.story import Story, told
from tests.support.witnesses import Running


@pytest.fixture
def story(stages: Stages, state: Path, tmp_path: Path) -> Iterator[Story]:
    with stages.committed(told, state, tmp_path) as made:
        yield made


@pytest.fixture
def witness(story: Story, settings, tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path / "witness", VerifierKey.from_text(log_vkey()))
    settings.COUNTERSIGN_WITNESSES = [f"{running.key.text()} {running.url}"]
    yield running
    running.stop()


def state_of(report: Report) -> str:
    report.refresh_from_db()
    assert not report.error
    return report.state


def verified(story: Story, report: Report, witness: Running) -> tuple[Verification, str]:
    policy = WitnessPolicy.of([witness.key.text()])
    found = verify_report(store.read(report.file_sha256), story.fingerprint, Elsewhere(witnesses=policy))
    [line] = [check for check in found.checks if check.name == "witnesses"]
    return found, line.detail


def test_it_waits_for_the_quorum_and_carries_it(story: Story, witness: Running) -> None:
    worker, report = Reconciler(tasks.build), story.report("policy")
    worker.step()
    assert state_of(report) == Report.State.REQUESTED
    Courier().step()
    worker.step()
    assert state_of(report) == Report.State.READY
    found, said = verified(story, report, witness)
    assert (found.code, "1 of 1 cosigned" in said, "later" in said) == (0, True, False)


def test_a_later_checkpoint_stands_for_it(story: Story, witness: Running) -> None:
    report = story.report("policy")
    people.project_create(actor=story.people["owner"], name="Something else happened")
    checkpoints.checkpoint_make()
    Courier().step()
    Reconciler(tasks.build).step()
    assert state_of(report) == Report.State.READY
    found, said = verified(story, report, witness)
    assert (found.code, "on a later checkpoint" in said) == (0, True)


def test_nobody_who_is_away_holds_a_report_up(story: Story, witness: Running) -> None:
    witness.stop()
    worker, report = Reconciler(tasks.build), story.report("policy")
    worker.step()
    Courier().step()
    worker.step()
    assert state_of(report) == Report.State.REQUESTED
    with time_machine.travel(timezone.now() + PATIENCE + timedelta(seconds=1)):
        worker.step()
    assert state_of(report) == Report.State.READY
    found, said = verified(story, report, witness)
    assert (found.code, "0 of 1 cosigned" in said) == (1, True)
    assert verify_report(store.read(report.file_sha256), story.fingerprint).code == 0
    witness.start()


@pytest.fixture
def authority(story: Story, settings, tmp_path: Path) -> Iterator[Authority]:
    made = Authority(tmp_path / "tsa")
    settings.COUNTERSIGN_TIMESTAMP_URL, settings.COUNTERSIGN_TIMESTAMP_ROOT = made.url, str(made.root)
    yield made
    made.stop()


def stamped(story: Story, report: Report, authority: Authority | None) -> tuple[int, list[tuple[bool | None, str]]]:
    """What a reader with (or without) the authority's certificate is told: exit code, and the lines on time stamps."""
    known = Elsewhere(authorities=roots_of(authority.root.read_bytes()) if authority else ())
    found = verify_report(store.read(report.file_sha256), story.fingerprint, known)
    return found.code, [(line.ok, line.detail) for line in found.checks if line.name == "time stamp"]


def test_a_report_waits_for_a_time_stamp_of_its_own_state_and_carries_it(
    story: Story, authority: Authority, tmp_path: Path
) -> None:
    """The authority's hour is not over: a report that somebody waits for is stamped out of turn, a receipt is not."""
    checkpoints.checkpoint_make()
    Courier().step()
    worker, report = Reconciler(tasks.build), story.report("policy")
    people.project_create(actor=story.people["owner"], name="Something happened since")
    worker.step()
    assert state_of(report) == Report.State.REQUESTED
    checkpoints.checkpoint_make()
    Courier().step()
    Courier().step()
    assert authority.asked == 2
    worker.step()
    assert state_of(report) == Report.State.READY
    assert authority.asked == 4  # twice more for the seal: once for its length
    code, [(ok, said)] = stamped(story, report, authority)
    assert (code, ok, f"holds, all {report.ledger_size} entries" in said) == (0, True, True)
    code, [(ok, said)] = stamped(story, report, None)
    assert (code, ok, "not checked" in said) == (0, None, True)
    sealed_in_time(story, report, authority)
    people.project_create(actor=story.people["owner"], name="And more")
    checkpoints.checkpoint_make()
    Courier().step()
    assert authority.asked == 4
    with pytest.raises(NotFound, match="no sealed report"):
        renewals.renewal("sha256:" + "0" * 64)
    renewal = renewals.renewal(report.file_sha256)
    assert renewal.time_stamps == [], "nobody has stamped what recorded the report"
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        Courier().step()
    renewal = renewals.renewal(report.file_sha256)
    known = Elsewhere(authorities=roots_of(authority.root.read_bytes()), renewals=[renewal])
    found = verify_report(store.read(report.file_sha256), story.fingerprint, known)
    holding = {line.name for line in found.checks if line.ok}
    assert (found.code, {"renewal", "renewed time stamp", SEAL_TIME} <= holding) == (0, True)
    if not auditor.MISSING:
        content, root = store.read(report.file_sha256), story.fingerprint
        ran = auditor.follow(tmp_path / "auditor", content, renewal.model_dump_json(), root, authority)
        assert "the end" in ran.stdout, ran.stdout + ran.stderr


def sealed_in_time(story: Story, report: Report, authority: Authority) -> None:
    """The seal itself is stamped (B-T): by the authority, over this seal, and no byte of what it signed can change."""
    pdf, known = store.read(report.file_sha256), Elsewhere(authorities=roots_of(authority.root.read_bytes()))

    def told(data: bytes, elsewhere: Elsewhere) -> list[tuple[str, bool | None]]:
        lines = verify_report(data, story.fingerprint, elsewhere).checks
        return [(line.name, line.ok) for line in lines if line.name in ("seal", SEAL_TIME)]

    assert told(pdf, known) == [("seal", True), (SEAL_TIME, True)]
    assert told(pdf, Elsewhere()) == [("seal", True), (SEAL_TIME, None)]
    start = pdf.index(b"/Contents <") + len(b"/Contents <")
    cms = pdf[start : pdf.index(b">", start)]
    imprint = cms.index(b"060B2A864886F70D0109100104")  # id-ct-TSTInfo: what the authority signed begins here
    for place in (imprint + 80, imprint + 120):
        broken = bytearray(pdf)
        broken[start + place] ^= 1
        assert False in [ok for _, ok in told(bytes(broken), known)]


def test_an_authority_that_is_away_holds_no_report_up(story: Story, authority: Authority) -> None:
    """The report carries the newest stamp there is, and its reader is told how far that reaches."""
    early = checkpoints.checkpoint_make()
    Courier().step()
    authority.status = 500
    people.project_create(actor=story.people["owner"], name="Something happened since")
    worker, report = Reconciler(tasks.build), story.report("policy")
    worker.step()
    Courier().step()
    worker.step()
    assert state_of(report) == Report.State.REQUESTED
    with time_machine.travel(timezone.now() + PATIENCE + timedelta(seconds=1)):
        worker.step()
    assert state_of(report) == Report.State.READY
    code, [(ok, said)] = stamped(story, report, authority)
    assert (code, ok) == (0, True)
    assert f"for the first {early.size} of the {report.ledger_size} entries" in said


def test_a_receipt_waits_for_no_time_stamp(story: Story, authority: Authority) -> None:
    Reconciler(tasks.build).step()
    made = Report.objects.exclude(signature=None).filter(state=Report.State.READY)
    assert made.exists()
    assert authority.asked == 0
    assert stamped(story, made[0], None) == (0, [])
