"""An installation qualifies itself: requirements with their tests' results here, as the server's word."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from governance.errors import Invalid
from governance.models import Report
from governance.proof.report_file import verify_report
from governance.reports.gathered import gather
from governance.reports.lineage import report_data
from governance.reports.model import DataTable
from governance.safekeeping import Manifest
from governance.selectors import ledger
from governance.services import reports
from governance.services.safekeeping import backup_recorded, check_recorded
from tests.governance.reports.test_lineage import built
from tests.support.story import Story
from training.selectors import qualification

JUNIT = """<?xml version="1.0"?><testsuites><testsuite name="pytest">
<testcase classname="tests.governance.test_access" name="test_one"/>
<testcase classname="tests.governance.test_access" name="test_two[a]"/>
<testcase classname="tests.governance.test_people" name="test_three"><failure message="no">no</failure></testcase>
<testcase classname="tests.governance.accounts.test_deep.TestOf" name="test_four"><skipped message="later"/></testcase>
</testsuite></testsuites>"""
TABLE = """
| No. | Requirement | State | Where, and what is missing | Tests |
|---|---|---|---|---|
| R33 | roles | thin | six roles (`governance/access.py`) | `tests/governance/test_access.py`, `test_people.py` |
| R38 | security | met | keys | `tests/governance/accounts/`, `tests/governance/test_gone.py` |
| R20 | selection | later | | |
"""


@pytest.fixture
def results(tmp_path: Path) -> Path:
    file = tmp_path / "results.xml"
    file.write_text(JUNIT)
    return file


def test_each_requirement_counts_the_tests_it_names(results: Path) -> None:
    roles, security, selection = qualification.trace(TABLE, qualification.read_results(results))
    assert (roles.passed, roles.failed, roles.skipped, roles.absent) == (2, 1, 0, ())
    assert (security.passed, security.skipped) == (0, 1)
    assert security.absent == ("tests/governance/test_gone.py",)
    assert (selection.state, selection.tests) == ("later", ())


def test_the_projects_own_table_is_read_whole_and_names_tests_that_there_are() -> None:
    root = Path(django_settings.BASE_DIR)
    traced = list(qualification.trace((root / "docs" / "requirements.md").read_text(), {}))
    assert [one.id for one in traced] == [f"R{number}" for number in range(1, 39)]
    missing = [name for one in traced for name in one.tests if not (root / name).exists()]
    assert missing == []


@pytest.mark.parametrize("content", ["", "<nothing/>", "no xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_results_that_are_none_are_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "odd.xml"
    file.write_text(content)
    with pytest.raises(qualification.NoResults):
        qualification.read_results(file)


def test_the_report_is_sealed_and_says_what_failed(
    fresh_database: None, state: Path, results: Path, settings: Any
) -> None:
    settings.COUNTERSIGN_OIDC_ISSUER = "https://somebody:secret@issuer.example"
    story, said = Story(), StringIO()
    story.found()
    owner = story.people["owner"]
    call_command("qualify", str(results), by=owner.username, stdout=said)
    assert "2 passed, 1 failed, 1 skipped" in said.getvalue()
    report = Report.objects.get(kind="qualification")
    assert verify_report(built(report), story.fingerprint).code == 0
    data = report_data(gather(report))
    assert "secret" not in str(data)
    assert "https://issuer.example" in str(data)
    told = {notice.label: notice.text for notice in data.exceptions}
    assert "R33" in told["Failed"]
    [failed] = [b for one in data.first for b in one.blocks if isinstance(b, DataTable) and "failed" in b.caption]
    assert failed.rows == (("tests/governance/test_people.py: test_three",),)
    assert told["Backup"] == "No backup of this installation is on its ledger."
    _backups_are_told(results)
    call_command("qualify", str(results), by=owner.username, stdout=said)
    pdf = built(Report.objects.filter(kind="qualification").latest("requested_at"))
    assert verify_report(pdf, story.fingerprint).code == 0, "the entries on the newest backup are in the evidence"
    [section] = [one for one in data.first if one.title == "Packages"]
    [table] = [block for block in section.blocks if isinstance(block, DataTable)]
    assert any(row[0] == "Django" and row[1] == row[2] for row in table.rows)
    for name, wrong in (("nobody", str(results)), (owner.username, str(results.parent / "gone.xml"))):
        with pytest.raises(CommandError):
            call_command("qualify", wrong, by=name)
    asked = {"findings": f"sha256:{'0' * 64}"}
    with pytest.raises(Invalid, match="no findings"):
        reports.request(actor=owner, kind="qualification", parameters=asked, by_command=True)
    # Nobody has findings of their own making sealed: by page and API it cannot be asked for at all.
    with pytest.raises(Invalid, match="expected one of") as refused:
        reports.request(actor=owner, kind="qualification", parameters=report.asked)
    assert refused.value.field == "kind"


def _backups_are_told(results: Path) -> None:
    """The newest counts, and the last check of it alone."""
    manifests = [f"sha256:{letter * 64}" for letter in "ab"]
    manifest = Manifest(
        format="countersign-backup/1", made_at="2026-01-01T00:00:00.000000Z", database="sqlite", size=3, root="00",
        root_fingerprint=manifests[0], left_out=(), files=(),
    )  # fmt: skip
    states = []
    backup_recorded(manifest=manifest, digest=manifests[0])
    for checked, holds in ((manifests[0], False), (manifests[0], True), (manifests[1], True)):
        check_recorded(manifest=manifest, digest=checked, holds=holds)
        states.append(qualification.examine(results).backup)
    backup_recorded(manifest=manifest, digest=manifests[1])
    found = qualification.examine(results)
    assert [*states, found.backup] == ["altered", "held", "held", "unchecked"]
    assert found.safeguards["Backup, its manifest"] == manifests[1]
    assert f"{ledger.size() - 3} entries came later" in found.safeguards["Backup, newest"]
