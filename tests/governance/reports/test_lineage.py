"""Lineage reports from a real governed run: complete, honest, the same on any day, and refused when rows lie."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance import events, store
from governance.models import Report
from governance.proof.checks.evidence import ATTACHMENT, Evidence
from governance.proof.checks.outcome import Verification
from governance.proof.files.report_file import verify_report
from governance.proof.formats import canonical
from governance.proof.formats.fields import base64_bytes
from governance.proof.formats.leaf import DOCUMENT_SIGNED, Leaf
from governance.proof.sections.blocks import DataTable
from governance.reports import tasks
from governance.reports.exceptions import exceptions
from governance.reports.gather_evidence import evidence
from governance.reports.gathered import gather
from governance.reports.lineage import report_data
from governance.reports.model import ReportData, Standing
from governance.selectors import ledger
from governance.services import checkpoints, people, signoff
from governance.services.reauthentication import Proof
from tests.governance import tampering
from tests.governance.reports import poppler
from tests.governance.reports.reread import reread
from tests.support import papers
from tests.support.stage import Stages
from tests.support.story import PASSWORD, Story, told

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def story(stages: Stages, state: Path, tmp_path: Path) -> Iterator[Story]:
    with stages.committed(told, state, tmp_path) as made:
        yield made


def built(report: Report) -> bytes:
    """Have the worker's task build a report; return the sealed file."""
    tasks.build(report)
    report.refresh_from_db()
    assert report.state == Report.State.READY, report.error
    return store.read(report.file_sha256)


def refused(report: Report) -> str:
    """Have the worker's task try; return why there is no report."""
    tasks.build(report)
    report.refresh_from_db()
    assert (report.state, report.file_sha256) == (Report.State.FAILED, "")
    return report.error


def evidence_in(pdf: bytes) -> Evidence:
    with pikepdf.open(BytesIO(pdf)) as opened:
        return Evidence.from_bytes(opened.attachments[ATTACHMENT].get_file().read_bytes())


def leaves_in(proved: Evidence) -> list[Leaf]:
    return [Leaf.from_bytes(base64_bytes(entry.leaf)) for entry in proved.leaves]


def rows(data: ReportData, title: str) -> list[tuple[Any, ...]]:
    [section] = [s for s in data.sections if s.title == title]
    return [row for block in section.blocks if isinstance(block, DataTable) for row in block.rows]


def test_every_kind_of_subject_gives_a_report_that_verifies(story: Story) -> None:
    for name in ("release", "result", "record", "run_spec", "thresholds", "quality", "dataset", "base", "policy"):
        outcome = verify_report(built(story.report(name)), story.fingerprint)
        assert outcome.code == 0, (name, [line for line in outcome.checks if line.ok is False])


def test_warnings_stand_in_the_order_of_the_numbers_that_are_printed(story: Story) -> None:
    """Those of a receipt number what was signed, and not its lineage."""
    for name in ("use_case", "rubric"):
        signoff.revoke(actor=story.people["officer"], document=story[name], reason="Early.", proof=Proof(PASSWORD))
    found = gather(story.report("release"))
    seen = set()
    for numbered in (found.lineage, found.lineage[::-1]):
        number = {paper.digest: place for place, paper in enumerate(numbered)}
        told = [(one.label, number[one.link]) for one in exceptions(found, numbered) if one.link in number]
        for label in {label for label, _ in told}:
            places = [place for name, place in told if name == label]
            assert places == sorted(places), label
            seen |= {label} if len(places) > 1 else set()
    assert seen, "several documents have the same warning"


def test_what_was_signed_together_is_included_and_named(story: Story) -> None:
    found = gather(story.report("set"))
    beside = {paper.label: paper.why for paper in found.papers.values() if paper.why}
    assert set(beside) == {"policy", "rubric", "acceptance thresholds"}
    assert verify_report(built(found.report), story.fingerprint).code == 0


def test_a_past_size_has_one_checkpoint_and_a_future_one_none(story: Story) -> None:
    first = checkpoints.checkpoint_at(20)
    story.report("set")
    assert checkpoints.checkpoint_at(20).note == first.note
    assert first.root == f"sha256:{ledger.root(20).hex()}"
    for size in (0, -1, ledger.size() + 1):
        with pytest.raises(ValueError, match="expected one from 1"):
            checkpoints.checkpoint_at(size)


def test_the_whole_run_is_proved(story: Story) -> None:
    proved = evidence_in(built(story.report("release")))
    in_lineage = {d.digest for name, d in story.made.items() if name not in ("too_early", "policy")}
    assert set(proved.documents) == in_lineage | {story["policy"].digest}
    told = leaves_in(proved)
    assert {story[name].digest for name in story.made} <= {d for leaf in told for d in leaf.subjects}
    happened = {leaf.event for leaf in told}
    assert happened >= {
        events.ORGANISATION_FOUNDED, events.PERSON_ENROLLED, events.ROLE_GRANTED, events.DOCUMENT_FROZEN,
        events.REQUEST_OPENED, DOCUMENT_SIGNED, events.JOB_ADMITTED, events.PERMIT_ISSUED, events.PERMIT_CONSUMED,
        events.ATTEMPT_RECEIVED, events.ATTEMPT_ENDED, events.JOB_ENDED, events.REFUSAL_RULE, events.REPORT_REQUESTED,
    }  # fmt: skip
    assert (len(proved.permits), len(proved.receipts), len(proved.results or ())) == (4, 4, 3)
    outcome = verify_report(built(story.report("release")), story.fingerprint)
    assert [line.ok for line in outcome.checks if line.name == "results"] == [True]
    assert {line.name for line in outcome.checks if line.ok is None} == {
        "keyring",
        "not compared",
        "witnesses",
        "revocations",
        "quorum",
        "attachments",
        "time of the seal",
    }


def test_what_a_reader_needs_is_on_the_pages(story: Story, tmp_path: Path) -> None:
    text = " ".join(poppler.text(built(story.report("release")), tmp_path).split())
    for expected in (
        "Demonstration.", "Soft thresholds.", "Undecidable.", "Lifecycle unknown.", "2 acts were refused",
        "Łukasz Żółtowski", "Μαρία Παπαδοπούλου", "Read in full; it says what was agreed.",
        "server-attested", "(password)", "New fine-tuning jobs will not start", "2027-03-31",
        "the runner fell silent", story.fingerprint,
        "Taken from this page it proves nothing", "3.11 at first, 0.42 at the end", "signed limit",
        "Confusion, target by target", "countersign verify --root FINGERPRINT report.pdf",
    ):  # fmt: skip
        assert expected in text, expected


def test_refusals_are_told_in_full_even_of_a_specification_that_never_ran(story: Story) -> None:
    told = rows(report_data(gather(story.report("release"))), "Refusals")
    assert [(row[2], row[3]) for row in told if row[0]] == [
        ("launch a training run: too early", "evaluation set"),
        ("sign: 7, 10, 11", "separation of duties"),
    ]
    assert {row[3] for row in told} >= {"evaluation set", "rubric", "thresholds", "baseline"}
    assert all("Ben Iversen" in row[1] for row in told if row[0])


def test_a_flipped_byte_anywhere_is_found(story: Story) -> None:
    pdf = built(story.report("dataset"))
    for at in range(0, len(pdf), len(pdf) // 40):
        bad = bytearray(pdf)
        bad[at] ^= 1
        assert verify_report(bytes(bad), story.fingerprint).code == 1, at


def test_the_same_request_gives_the_same_bytes_in_another_process_and_on_another_day(
    story: Story, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    asked = [story.report("release"), story.report("thresholds")]
    report = asked[0]
    here = b"".join(tasks.unsealed(gather(one)) for one in asked)
    built(report)  # its own sealing is a later event
    story.found_more()
    monkeypatch.setattr(timezone, "now", lambda: report.requested_at + timedelta(days=400))
    assert b"".join(tasks.unsealed(gather(one)) for one in asked) == here
    code = (
        "import django; django.setup(); import sys; from governance.models import Report;"
        "from governance.reports import tasks; from governance.reports.gathered import gather;"
        f"found = [Report.objects.get(pk=pk) for pk in {[str(one.pk) for one in asked]}];"
        "[sys.stdout.buffer.write(tasks.unsealed(gather(one))) for one in found]"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "COUNTERSIGN_VAR": str(settings.COUNTERSIGN_VAR),
        "DATABASE_URL": _database_url(),
        "PYTHONHASHSEED": "4242",
        "TZ": "Asia/Tokyo",
        "LC_ALL": "C",
    }
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == here


def _database_url() -> str:
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


def test_what_happens_after_the_request_does_not_enter(story: Story) -> None:
    report = story.report("thresholds")
    before = report_data(gather(report))
    assert before.nodes[0].standing is Standing.SIGNED
    signoff.revoke(
        actor=story.people["officer"], document=story["thresholds"], reason="A mistake.", proof=Proof(PASSWORD)
    )
    assert report_data(gather(report)) == before
    later = report_data(gather(story.report("thresholds")))
    assert later.nodes[0].standing is Standing.WITHDRAWN


def test_a_revocation_is_on_page_one_and_every_checker_says_that_it_does_not_hold(story: Story, tmp_path: Path) -> None:
    signoff.revoke(
        actor=story.people["officer"], document=story["dataset"], reason="Wrong rows.", proof=Proof(PASSWORD)
    )
    pdf = built(story.report("release"))
    page = " ".join(poppler.text(pdf, tmp_path, page=1).split())
    for expected in ("Revoked.", "“Wrong rows.”", "Łukasz Żółtowski"):
        assert expected in page
    outcome: Verification = verify_report(pdf, story.fingerprint)
    assert outcome.code == 1
    assert [line.name for line in outcome.checks if line.ok is False] == ["revocations"]
    pages = reread(gather(Report.objects.latest("requested_at")), story.fingerprint)
    assert not list(pages.unnoticed([*pages.exceptions("Revoked"), *pages.exceptions("Not signed")]))


def test_what_was_revoked_and_signed_anew_verifies_and_still_says_so(story: Story, tmp_path: Path) -> None:
    signoff.revoke(
        actor=story.people["officer"], document=story["use_case"], reason="Too early.", proof=Proof(PASSWORD)
    )
    story.sign("use_case", requester="owner", signers=("officer2",))
    pdf = built(story.report("use_case"))
    assert verify_report(pdf, story.fingerprint).code == 0
    page = " ".join(poppler.text(pdf, tmp_path, page=1).split())
    assert "it was signed anew since" in page
    assert rows(report_data(gather(Report.objects.latest("requested_at"))), "Signatures")[-1][1].startswith("Μαρία")


def test_unsigned_and_waiting_documents_say_so(story: Story) -> None:
    second = story.submit("engineer", "dataset2", "training.dataset", _other_rows(story), contract="contract")
    data = report_data(gather(story.report("dataset2")))
    assert data.nodes[0].standing is Standing.UNSIGNED
    assert [n.label for n in data.exceptions if n.link == second.digest] == ["Not signed"]
    signoff.request_open(actor=story.people["engineer"], documents=[second])
    data = report_data(gather(story.report("dataset2")))
    assert "still missing: 1 × data owner" in data.nodes[0].status


def test_pages_about_what_is_not_signed_off_are_marked(story: Story, tmp_path: Path) -> None:
    """A dossier too, whose page one does not tell of a standing; what is in force or recorded is not marked."""
    story.submit("engineer", "dataset2", "training.dataset", _other_rows(story), contract="contract")
    marks = [report_data(gather(story.report(name))).mark for name in ("dataset2", "dataset", "result")]
    assert marks == ["NOT SIGNED OFF", "", ""]
    signoff.revoke(actor=story.people["officer"], document=story["thresholds"], reason="No.", proof=Proof(PASSWORD))
    pdf = built(story.report("thresholds"))
    assert [c.name for c in verify_report(pdf, story.fingerprint).checks if c.ok is False] == ["revocations"]
    assert "Every page is marked REVOKED" in " ".join(poppler.text(pdf, tmp_path, page=1).split())


def _other_rows(story: Story) -> dict[str, Any]:
    return papers.dataset(story.bytes("other rows"), "Coding terms, other")


def test_what_rests_on_a_document_is_told_but_never_across_projects(story: Story) -> None:
    told = rows(report_data(gather(story.report("dataset"))), "What rests on it")
    assert [row[0] for row in told] == sorted(row[0] for row in told)
    assert any("Chapter coder 1.0" in str(row[1]) for row in told)
    found = gather(story.report("base"))
    assert (found.dependants.named, found.dependants.elsewhere) == ((), 8)
    assert "run spec" not in str(report_data(found))
    assert not any(leaf.project == str(story.project.id) for leaf in found.leaves.values())


def test_only_what_concerns_it_enters(story: Story) -> None:
    stranger = people.person_enrol(
        actor=story.people["owner"], username="stranger", printed_name="Nobody Here", password=PASSWORD
    )
    other = people.project_create(actor=story.people["owner"], name="Another project")
    people.role_grant(
        actor=story.people["owner"],
        user=story.people["officer2"],
        role="engineer",
        project=other,
        proof=Proof(PASSWORD),
    )
    pdf = built(story.report("release"))
    text = canonical.dumps(evidence_in(pdf).model_dump()).decode()
    for unrelated in ("Nobody Here", stranger.actor, str(other.id)):
        assert unrelated not in text


LIES = [
    ("UPDATE governance_document SET content = %s WHERE title = %s", (b"{}", "Coding terms"), "was altered"),
    ("UPDATE governance_document SET number = 7 WHERE title = %s", ("Coding terms",), "its bytes do not"),
    ("UPDATE governance_signature SET statement = %s WHERE role = 'data_owner'", (b"{}",), "was altered"),
    ("UPDATE governance_signature SET seq = seq + 1000 WHERE role = 'data_owner'", (), "whose statement is not stored"),
    ("UPDATE governance_attempt SET permit = %s WHERE number = 1", (b"{}",), "not the one that the ledger records"),
    ("UPDATE governance_attempt SET permit_seq = permit_seq + 1000 WHERE number = 1", (), "is not stored"),
    ('UPDATE governance_ledgeropening SET private = \'{"printed_name": "Mallory"}\'', (), "private part"),
    (
        "UPDATE governance_ledgerentry SET leaf = %s WHERE seq = (SELECT seq FROM governance_document WHERE kind = %s)",
        (b"{}", "training.data_contract"),
        "was altered",
    ),
]


def test_rows_that_lie_give_no_report(story: Story) -> None:
    report = story.report("release")
    tampering.drop_triggers()
    for sql, values, words in LIES:
        with transaction.atomic():
            tampering.run(sql, *values)
            assert words in refused(report), sql
            transaction.set_rollback(True)
        report.refresh_from_db()
    assert verify_report(built(report), story.fingerprint).code == 0


def test_a_copied_signature_under_another_name_changes_nothing_printed(story: Story) -> None:
    tampering.drop_triggers()
    tampering.run("UPDATE governance_user SET printed_name = %s WHERE username = %s", "Mallory", "officer")
    tampering.run("UPDATE governance_document SET title = %s WHERE title = %s", "A better title", "Coding terms")
    told = str(report_data(gather(story.report("release"))))
    assert "Łukasz Żółtowski" in told
    for lie in ("Mallory", "A better title"):
        assert lie not in told


def test_an_erased_private_part_is_said_to_be_erased(story: Story) -> None:
    tampering.run("DELETE FROM governance_ledgeropening WHERE CAST(private AS TEXT) LIKE %s", "%separation of duties%")
    pdf = built(story.report("release"))
    assert verify_report(pdf, story.fingerprint).code == 0
    data = report_data(gather(Report.objects.latest("requested_at")))
    assert "Erased" in {notice.label for notice in data.exceptions}
    assert any(row[4] == "erased" for row in rows(data, "Refusals"))


def test_a_disk_that_is_full_or_a_key_that_is_gone_is_a_plain_reason(
    story: Story, monkeypatch: pytest.MonkeyPatch, state: Path
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    def closed(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "/store/ab")

    with monkeypatch.context() as patched:
        patched.setattr(store, "put", full)
        assert refused(story.report("dataset")).endswith(": No space left on device")
        patched.setattr(store, "put", closed)
        assert refused(story.report("dataset")).endswith(": Permission denied: /store/ab")
    (state / "keys" / "seal.pem").unlink()
    assert "seal.pem" in refused(story.report("dataset"))


def test_two_workers_record_one_file(story: Story) -> None:
    report = story.report("dataset")
    again = Report.objects.get(pk=report.pk)
    first = built(report)
    tasks.build(again)
    report.refresh_from_db()
    assert store.read(report.file_sha256) == first
    assert Report.objects.filter(state=Report.State.READY).count() == 1


def test_the_length_of_history_costs_no_queries(story: Story) -> None:
    def queries() -> int:
        report = story.report("release")
        with CaptureQueriesContext(connection) as captured:
            found = gather(report)
            evidence(found, "")
            report_data(found)
        return len(captured)

    before = queries()
    for number in range(40):
        people.project_create(actor=story.people["owner"], name=f"Project {number}")
        story.report("release")
    assert queries() == before
