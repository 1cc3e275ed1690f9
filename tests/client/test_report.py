"""Asking for a report on the command line, waiting for it and getting it whole."""

import time
from pathlib import Path

import pytest

from client.failure import FAILED, OK, UNREACHABLE, USAGE
from governance import store
from governance.models import Report
from governance.proof.checks.renewal import Renewal
from governance.services import checkpoints, reports
from tests.client.conftest import Command, later
from tests.support.cast import Cast, rubric

SEALED = b"%PDF-1.7 sealed " * 100_000


def asked() -> Report:
    """Wait for the report that the command asks for."""
    while (found := Report.objects.filter(signature=None).first()) is None:
        time.sleep(0.05)
    return found


def seal() -> None:
    reports.sealed(report=asked(), file=store.put([SEALED]))


def test_the_report_arrives_whole(erik: Command, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    subject = rubric(cast, "Subject")
    worker = later(seal)
    ran = erik("report", "Subject")
    worker.join()
    assert ran.code == OK, ran.err
    name, digest = ran.out.split()
    assert "Lineage report, as of " in ran.err
    assert name == f"countersign-lineage-{subject.digest[7:19]}-{Report.objects.get(signature=None).ledger_size}.pdf"
    assert (tmp_path / name).read_bytes() == SEALED
    assert digest == Report.objects.get(signature=None).file_sha256
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_the_file_is_named_as_asked(erik: Command, cast: Cast, tmp_path: Path) -> None:
    worker = later(seal)
    ran = erik("report", rubric(cast).digest, "-o", str(tmp_path / "mine.pdf"), "--json")
    worker.join()
    assert ran.json["file"] == str(tmp_path / "mine.pdf")
    assert (tmp_path / "mine.pdf").read_bytes() == SEALED


def test_a_report_that_could_not_be_made(erik: Command, cast: Cast) -> None:
    document = rubric(cast)
    worker = later(lambda: reports.failed(report=asked(), error="no fonts"))
    ran = erik("report", document.digest)
    worker.join()
    assert ran.code == FAILED
    assert "no fonts" in ran.err


def test_a_file_that_cannot_be_written_leaves_nothing(erik: Command, cast: Cast, tmp_path: Path) -> None:
    worker = later(seal)
    ran = erik("report", rubric(cast).digest, "-o", str(tmp_path / "absent" / "mine.pdf"))
    worker.join()
    assert ran.code == FAILED
    assert "cannot be written" in ran.err


def test_altered_bytes_never_become_a_report(erik: Command, cast: Cast, tmp_path: Path) -> None:
    entry = store.put([SEALED])
    path = store.path_of(entry.sha256)
    path.chmod(0o600)
    path.write_bytes(SEALED[:-1] + b"X")
    document = rubric(cast)
    worker = later(lambda: reports.sealed(report=asked(), file=entry))
    ran = erik("report", document.digest, "-o", str(tmp_path / "mine.pdf"))
    worker.join()
    assert ran.code == UNREACHABLE
    assert "verify_ledger" in ran.err
    assert not (tmp_path / "mine.pdf").exists()


def test_evidence_is_renewed(erik: Command, cast: Cast, tmp_path: Path) -> None:
    """With the file that somebody kept; what it says is for `countersign verify` to judge."""
    worker, kept = later(seal), tmp_path / "kept.pdf"
    erik("report", rubric(cast).digest, "-o", str(kept))
    worker.join()
    assert "no checkpoint covers entry" in erik("renew", str(kept)).err
    checkpoints.checkpoint_make()
    ran = erik("renew", str(kept))
    assert ran.code == OK, ran.err
    assert "without a time stamp" in ran.out
    renewal = Renewal.from_bytes((tmp_path / "kept.renewal.json").read_bytes())
    assert renewal.file == Report.objects.get(signature=None).file_sha256
    kept.write_bytes(SEALED + b"x")
    assert "records no sealed report with that digest" in erik("renew", str(kept)).err
    assert erik("renew", str(tmp_path / "absent")).code == USAGE
