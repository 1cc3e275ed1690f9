"""An installation qualifies itself: requirements with their tests' results here, as the server's word."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from governance import keyfiles
from governance.errors import Invalid
from governance.models import Report
from governance.proof.checks.qualification import (
    BACKED_UP,
    BACKUPS,
    FINDINGS,
    Ran,
    backup_told,
    exceptions,
    findings_lines,
    read,
    traced,
)
from governance.proof.checks.verify import examine
from governance.proof.files.report_file import verify_report
from governance.proof.formats.canonical import NotCanonical, sha256
from governance.proof.formats.keys import PURPOSES
from governance.proof.pages.compare import head_of, rows_of
from governance.proof.reading.text import Element
from governance.proof.sections.blocks import DataTable
from governance.reports.gathered import gather
from governance.reports.lineage import report_data
from governance.safekeeping import Manifest
from governance.selectors import ledger
from governance.selectors.keys import keyring
from governance.services import keys, reports
from governance.services.safekeeping import backup_recorded, check_recorded
from tests.governance.reports.reread import Reread, reread
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
    ran = qualification.read_results(results)
    roles, security, selection = (traced(one, ran) for one in qualification.trace(TABLE))
    assert (roles.ran, roles.absent) == (Ran(passed=2, failed=1), ())
    assert security.ran == Ran(skipped=1)
    assert security.absent == ("tests/governance/test_gone.py",)
    assert (selection.said.state, selection.said.tests) == ("later", ())


def test_the_projects_own_table_is_read_whole_and_names_tests_that_there_are() -> None:
    root = Path(django_settings.BASE_DIR)
    told = list(qualification.trace((root / "docs" / "requirements.md").read_text()))
    assert [one.id for one in told] == [f"R{number}" for number in range(1, 39)]
    missing = [name for one in told for name in one.tests if not (root / name).exists()]
    assert missing == []
    assert [one.id for one in told if one.state != "later" and not one.tests] == [], "what stands is driven by a test"


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
    pages = reread(gather(report), story.fingerprint)
    lies(pages)
    _backups_are_told(results)
    call_command("qualify", str(results), by=owner.username, stdout=said)
    report = Report.objects.filter(kind="qualification").latest("requested_at")
    outcome = verify_report(built(report), story.fingerprint)
    assert outcome.code == 0, "the entries on the newest backup are in the evidence"
    held = [line.detail for line in outcome.checks if line.name in ("documents", "references")]
    assert held == ["it holds none, and tells of none"]
    left = [line.detail.partition(":")[0] for line in outcome.checks if line.name == "not compared"]
    assert left == ["Operation", "page one", "the visible seal"]
    forged(pages, reread(gather(report), story.fingerprint), story.fingerprint)
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
    states: list[str | None] = []

    def told() -> dict[str, str]:
        found = qualification.examine(results)
        leaves = ledger.leaves_at(set(found.backup))
        states.append(dict(exceptions(found, leaves)).get("Backup"))
        return backup_told(found, leaves)

    backup_recorded(manifest=manifest, digest=manifests[0])
    for checked, holds in ((manifests[0], False), (manifests[0], True), (manifests[1], True)):
        check_recorded(manifest=manifest, digest=checked, holds=holds)
        told()
    backup_recorded(manifest=manifest, digest=manifests[1])
    found = told()
    assert states == [BACKUPS["altered"], None, None, BACKUPS["unchecked"]]
    assert found["Backup, its manifest"] == manifests[1]
    assert f"{ledger.size() - 3} entries came later" in found["Backup, newest"]
    check_recorded(manifest=manifest, digest=manifests[1], holds=False)


def test_where_each_key_lies_is_told_by_its_scheme_alone(
    fresh_database: None, state: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Story().found()

    def lie() -> dict[str, str]:
        return {key.partition(",")[0]: key for key in qualification.examine(results).keys}

    assert {name: key.split(", ")[3:] for name, key in lie().items()} == {
        name: ["in a file", "made for a demonstration"] for name in PURPOSES
    }
    for name, uri in (("PERMIT", "hsm:7?label=vault&pin-value=4711"), ("SEAL", "awskms:arn:aws:kms:eu:4711:key/vault")):
        monkeypatch.setenv(f"COUNTERSIGN_KEY_{name}", uri)
        public = keyring().in_use("permit" if name == "PERMIT" else "seal")
        assert public is not None
        (state / f"{name}.pem").write_text(public.public)
        monkeypatch.setenv(f"COUNTERSIGN_KEY_{name}_PUBLIC", str(state / f"{name}.pem"))
    keyfiles.path_of("root").rename(state / "root.pem")
    monkeypatch.setenv("COUNTERSIGN_KEY_LOG_PUBLIC", str(state / "gone.pem"))
    monkeypatch.setenv("COUNTERSIGN_KEY_LOG", "hsm:8?label=vault")
    told = lie()
    assert "in an HSM" in told["permit"]
    assert "reached by awskms" in told["seal"]
    assert "not reached from here" in told["root"], "kept off the machine, as it should be"
    assert "cannot be read from here" in told["log"]
    assert not any(secret in " ".join(told.values()) for secret in ("4711", "vault", str(state), ":"))
    monkeypatch.setenv("COUNTERSIGN_KEY_PERMIT_PUBLIC", str(state / "SEAL.pem"))
    assert "not reached from here" in lie()["permit"], "another key is reached there than the one in use"


def test_of_retired_keys_the_end_is_told(fresh_database: None, state: Path, results: Path) -> None:
    story = Story()
    story.found()
    keys.rotate(purpose="permit")
    old, new = (key for key in qualification.examine(results).keys if key.startswith("permit"))
    assert f"from entry 0 until entry {ledger.size()}, retired" in old
    assert f"from entry {ledger.size()}, in a file" in new


def lies(pages: Reread) -> None:
    """Pages of whoever holds the seal key: whatever is told otherwise, left out or exchanged is found."""
    assert pages.wrong() == []
    table = next(one for one in pages.texts("Table") if "Skipped" in head_of(one))
    rows = {row[0].text: row for row in rows_of(table)[1:]}
    [failed] = [one for one in pages.texts("Table") if head_of(one) == ["Test"]]
    pairs = {row[0].text: row[1] for one in pages.texts("Table") for row in rows_of(one) if len(row) == 2}
    packages = rows_of(next(one for one in pages.texts("Table") if head_of(one)[:1] == ["Package"]))
    told: list[tuple[Element, str | None, str]] = [
        (rows["R33"][4], "0", "Failed is printed as '0'"),
        (rows["R33"][3], "3", "Passed is printed as '3'"),
        (rows["R2"][2], "met", "State is printed as 'met'"),
        (rows["R33"][6], "governance/test_access.py", "Tests, below tests/ is printed"),
        (next(row for row in table.kids if rows["R9"][0] in row.kids), None, "37 rows, expected 38"),
        (rows["R9"][0], "R8", "No. is printed as 'R8'"),
        (rows_of(failed)[1][0], "tests/governance/test_people.py: test_two", "that failed, Test is printed"),
        (failed, None, "tables and drawings"),
        (pairs["Tests"], "3 passed, 0 failed, 1 skipped", "page one, Tests"),
        (pairs["Requirements"], "38 met", "page one, Requirements"),
        (next(row for row in pages.texts("TR") if pairs["Tests"] in row.kids), None, "page one tells of"),
        (pairs["Commit"], "0" * 40, "Installation, Commit"),
        (pairs["COUNTERSIGN_MODE"], "other", "Value is printed as 'other'"),
        (pairs["Backup, newest"], "today", "Operation, Backup, newest"),
        (packages[1][2], "0.0", "Installed is printed as '0.0'"),
        *((one, None, "exceptions, the findings of") for one in pages.exceptions("Failed")),
        (pages.exceptions("Failed")[0], "Failed. Tests of R1 failed here.", "tells of an exception"),
        (pages.exceptions("Backup")[0], "Backup. All is well.", "tells of an exception"),
    ]  # fmt: skip
    found = [(part.text, says, words, pages.otherwise(part, says=says)) for part, says, words in told]
    missed = [(text, says, lines[:2]) for text, says, words, lines in found if not any(words in x for x in lines)]
    assert not missed, missed


def forged(first: Reread, second: Reread, fingerprint: str) -> None:
    """Evidence of whoever holds the seal key: findings are those that the ledger named when the report was asked."""
    honest, other = second.facts.evidence, first.facts.evidence
    assert honest.findings is not None
    said = read(honest.findings)

    def wrong(**changes: Any) -> list[str]:
        lines = examine(honest.model_copy(update=changes), fingerprint).lines
        return [line.detail for line in lines if line.ok is False and line.name == FINDINGS]

    def asked(text: str) -> Any:
        return honest.report.model_copy(update={"parameters": {"findings": sha256(text.encode())}})

    better = said.model_copy(update={"results": {**said.results, "tests/governance/test_people.py": Ran(passed=1)}})
    passed = said.model_copy(update={"results": better.results, "failing": ()}).to_bytes().decode()
    assert wrong() == []
    assert "is not in the evidence" in wrong(findings=None)[0]
    assert "expected sha256:" in wrong(findings=passed)[0], "other findings than those asked for"
    assert "does not record" in wrong(findings=passed, report=asked(passed))[0], "nor was a report on them asked for"
    assert "expected sha256:" in wrong(findings=other.findings)[0], "those of another day, or installation"
    assert "does not record" in wrong(findings=other.findings, report=asked(str(other.findings)))[0]
    with pytest.raises(NotCanonical, match="not those that are counted"):
        read(better.to_bytes().decode())
    entries = f"ledger entries {', '.join(map(str, said.backup))} do not"
    leaves = {seq: leaf for seq, leaf in second.facts.leaves.items() if seq not in said.backup}
    assert entries in next(line.detail for line in findings_lines(honest, leaves))
    elsewhere = honest.report.model_copy(update={"kind": "access"})
    assert "tells of none" in wrong(report=elsewhere)[0]
    backed = next(one for one in second.texts("LBody") if BACKED_UP in " ".join(one.lines))
    assert any("does not say that entries on a backup" in each for each in second.otherwise(backed, says=None))
