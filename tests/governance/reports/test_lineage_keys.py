"""Reports after keys changed: still proved, and what a compromise brought down is on page one and in every check."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from governance.models import Signature
from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.keyrings import COMPROMISED
from governance.proof.files.report_file import verify_report
from governance.proof.formats.keys import Purpose
from governance.selectors import keys as select
from governance.selectors import ledger
from governance.services import keys
from tests.governance.reports import poppler
from tests.governance.reports.test_lineage import built, evidence_in
from tests.support.stage import Stages
from tests.support.story import Story, told


@pytest.fixture
def story(stages: Stages, state: Path, tmp_path: Path) -> Iterator[Story]:
    with stages.committed(told, state, tmp_path) as made:
        yield made


def declare(purpose: Purpose, since: datetime) -> None:
    entry = select.keyring().in_use(purpose)
    assert entry is not None
    keys.declare_compromise(purpose=purpose, keyid=entry.keyid, since=since, reason="Stolen")
    keys.rotate(purpose=purpose)


def test_reports_before_and_after_every_rotation_verify_from_either_fingerprint(story: Story) -> None:
    asked_before = story.report("release")
    old = built(story.report("release"))
    for purpose in ("attestation", "log", "permit", "seal", "root"):
        keys.rotate(purpose=purpose)
    new_root = select.keyring().root.key.fingerprint
    assert verify_report(old, story.fingerprint).code == 0
    assert verify_report(old, story.fingerprint, Elsewhere(keyrings=select.envelopes())).code == 0
    assert verify_report(old, new_root).code == 1  # its keyrings end before that root was named
    assert verify_report(old, new_root, Elsewhere(keyrings=select.envelopes())).code == 0
    for report in (asked_before, story.report("release")):
        made = built(report)
        assert len(evidence_in(made).keyrings) == 7
        for fingerprint in (story.fingerprint, new_root):
            assert verify_report(made, fingerprint).code == 0


def test_what_a_compromise_brought_down_is_on_page_one_and_each_line_is_said(story: Story, tmp_path: Path) -> None:
    made_before = built(story.report("release"))
    signature = Signature.objects.filter(request__subjects__document__kind="training.release").order_by("seq").first()
    assert signature is not None
    declare("attestation", ledger.time_of(signature.seq + 1))
    made = built(story.report("release"))
    page = " ".join(poppler.text(made, tmp_path, page=1).split())
    assert "Compromised key" in page
    assert f"in ledger entry {signature.seq} was signed with a key declared compromised since ledger size" in page
    outcome = verify_report(made, story.fingerprint)
    wrong = [line for line in outcome.checks if line.ok is False]
    assert outcome.code == 1
    assert {line.name for line in wrong} == {COMPROMISED}
    assert any(f"ledger entry {signature.seq}" in line.detail for line in wrong)
    # The file made earlier cannot know; somebody who has today's keyrings does.
    assert verify_report(made_before, story.fingerprint).code == 0
    today = verify_report(made_before, story.fingerprint, Elsewhere(keyrings=select.envelopes()))
    assert today.code == 1
    assert {line.name for line in today.checks if line.ok is False} == {COMPROMISED}


@pytest.mark.parametrize("purpose", ["seal", "log", "permit"])
def test_seals_checkpoints_and_permits_by_a_compromised_key_are_flagged(story: Story, purpose: Purpose) -> None:
    made = built(story.report("release"))
    size = evidence_in(made).report.ledger_size
    declare(purpose, ledger.time_of(3))
    today = verify_report(made, story.fingerprint, Elsewhere(keyrings=select.envelopes()))
    assert today.code == 1
    said = " ".join(line.detail for line in today.checks if line.ok is False)
    assert "declared compromised" in said
    again = built(story.report("release"))
    outcome = verify_report(again, story.fingerprint)
    if purpose == "permit":
        assert {line.name for line in outcome.checks if line.ok is False} == {COMPROMISED}
    else:
        assert outcome.code == 0
    assert evidence_in(again).report.ledger_size > size


def test_a_seal_of_before_is_held_against_the_ledger_alone(story: Story) -> None:
    made = built(story.report("release"))
    story.report("release")
    declare("seal", ledger.time_of(ledger.size()))
    lines = [
        x
        for x in verify_report(made, story.fingerprint, Elsewhere(keyrings=select.envelopes())).checks
        if x.name == "seal"
    ]
    assert [line.ok for line in lines] == [True, None]
    assert "shows only in the ledger" in lines[1].detail
