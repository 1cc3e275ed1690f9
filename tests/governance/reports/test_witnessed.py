"""Reports and witnesses: a report waits a little for cosignatures, carries them, and is never held up for long."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from governance import store
from governance.jobs.courier import Courier
from governance.jobs.reconciler import PATIENCE, Reconciler
from governance.models import Report
from governance.proof.note import VerifierKey
from governance.proof.outcome import Verification
from governance.proof.report_file import verify_report
from governance.proof.witnesses import WitnessPolicy
from governance.reports import tasks
from governance.selectors.keys import log_vkey
from governance.services import checkpoints, people
from tests.support.story import Story
from tests.support.witnesses import Running


@pytest.fixture
def story(fresh_database: None, state: Path) -> Story:
    return Story().tell()


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
    found = verify_report(store.read(report.file_sha256), story.fingerprint, witnesses=policy)
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
