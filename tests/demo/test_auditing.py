"""The demo's last steps over a governed run: what ran is told honestly, and the package is checked, not believed."""

from pathlib import Path
from typing import Any

import pytest

from demo import auditing
from demo.console import Console
from demo.hands import Hands
from governance import store
from governance.access import AUDITOR
from governance.models import Report
from governance.proof.given import Given, verified
from governance.reports import tasks
from governance.selectors.keys import root_fingerprint
from governance.services import people, reports
from governance.services.reauthentication import Proof
from tests.support.story import PASSWORD, Story, told


class Here(Hands):
    """The demo's people, with reports built in this process."""

    def taken(self, report: Report, name: str) -> Path:
        tasks.build(report)
        report.refresh_from_db()
        assert report.state == Report.State.READY, report.error
        self.out.mkdir(parents=True, exist_ok=True)
        (self.out / name).write_bytes(store.read(report.file_sha256))
        return self.out / name

    def verify(self, file: Path) -> tuple[int, str]:
        found = verified(file, Given(root=self.fingerprint))
        return found.code, f"{len(found.checks)} lines"


@pytest.fixture
def story(stages: Any, state: Path) -> Any:
    with stages.entered(told, state) as made:
        yield made


def test_an_incident_a_finding_and_a_package(story: Story, tmp_path: Path, capsys: Any) -> None:
    hands = Here(Console(), tmp_path)
    owner = story.people["owner"]
    auditor = people.person_enrol(actor=owner, username="auditor", printed_name="Auditor", password=PASSWORD)
    people.role_grant(actor=owner, user=auditor, role=AUDITOR, project=story.project, proof=Proof(PASSWORD))
    hands.fingerprint = root_fingerprint()
    hands.people, hands.project = {**story.people, "auditor": auditor}, story.project
    # A report on the organisation is on the ledger, and no part of the project's package.
    hands.taken(reports.request(actor=owner, kind="access"), "access.pdf")
    auditing.tell(hands, story["base"], story["record"])
    said = " ".join(capsys.readouterr().out.split())
    for words in (
        "LoRA adapter v1 ran in Triage, an example (trial)", "Approval: no release",
        f"{story['base']} ran in Triage, an example (trial)", "last safe version before: none on record",
        ": answered", "audit-package.zip: countersign verify says 0",
    ):  # fmt: skip
        assert words in said, (words, said)
