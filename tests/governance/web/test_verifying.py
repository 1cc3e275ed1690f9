"""The page for auditors who prefer a browser: drop a file, read what holds; no role in any project."""

import re
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

from governance import store
from governance.models import LedgerEvent
from governance.proof.checks.renewal import Renewal
from governance.selectors import verifying
from governance.services import checkpoints, reports
from tests.governance.proof.world import World as Log
from tests.governance.web.world import World


def test_a_file_that_somebody_brought(world: World, as_, state: Path) -> None:
    """By somebody who has no role anywhere: a damaged report, in groups and words; what is missing; hostile words."""
    client, before = as_(world.outsider), LedgerEvent.objects.count()
    page = client.get("/verify/").content.decode()
    assert 'name="fingerprint" ' in page
    assert "sha256:" not in page.replace("sha256: and 64", ""), "a fingerprint from here would prove nothing"
    assert "It was not made on this server" in page
    assert client.get("/verify/countersign-verify.pyz").status_code == 404
    log = Log()
    report = bytearray(log.report(log.evidence()))
    report[len(report) // 3] ^= 1
    file = SimpleUploadedFile("<b>report.pdf", bytes(report))
    answer = client.post("/verify/", {"file": file, "fingerprint": f" {log.fingerprint} "})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "&lt;b&gt;report.pdf: does not hold" in page
    assert "<title>\n  Does not hold" in page or "Does not hold ·" in page
    assert "rely on nothing in this file" in page
    assert '<h2 id="group-1">Does not hold</h2>' in page
    assert client.post("/verify/", {"fingerprint": log.fingerprint}).status_code == 400
    # An old report that was handed out as the newest.
    old = {"file": SimpleUploadedFile("old.pdf", log.report(log.evidence())), "fingerprint": log.fingerprint}
    page = client.post("/verify/", old | {"least": 1000}).content.decode()
    assert "expected 1000 or more: ask for a newer" in page
    # The words in a file are its maker's, and stand on the page as words.
    kept = SimpleUploadedFile("<script>kept", b"no checkpoint \xff")
    file.seek(0)
    page = client.post("/verify/", {"file": file, "checkpoint": kept, "fingerprint": "<i>"}).content.decode()
    assert "could not be checked" in page
    assert "<script>kept" not in page
    assert LedgerEvent.objects.count() == before
    made = state / "verifier" / verifying.VERIFIER
    made.parent.mkdir(parents=True)
    made.write_bytes(b"PK\x05\x06" + bytes(18))
    found = verifying.verifier()
    assert found is not None
    assert found.sha256[7:19] in client.get("/verify/").content.decode()
    assert client.get("/verify/countersign-verify.pyz").getvalue() == made.read_bytes()
    other = made.with_name("countersign-verify-linux-aarch64.pyz")
    other.write_bytes(b"PK\x05\x06" + bytes(18))
    page = client.get("/verify/").content.decode()
    assert "This server did not run them" in page
    [link] = re.findall(r'href="([^"]*system=[^"]*)"', page)
    taken = client.get(link)
    assert "countersign-verify-linux-aarch64.pyz" in taken["Content-Disposition"]
    assert taken.getvalue() == other.read_bytes()
    assert client.get("/verify/countersign-verify.pyz?system=../keys").status_code == 404


def test_evidence_is_renewed_from_the_list_of_reports(world: World, as_) -> None:
    report = reports.request(actor=world.engineer, subject=world.thresholds)
    url = f"/reports/{report.pk}/renewal/"
    assert as_(world.engineer).get(url).status_code == 404, "it is not sealed yet"
    reports.sealed(report=report, file=store.put([b"%PDF-1.7 sealed"]))
    checkpoints.checkpoint_make()
    listed = as_(world.engineer).get(f"/projects/{world.project.slug}/reports/").content.decode()
    assert url in listed
    answer = as_(world.engineer).get(url)
    report.refresh_from_db()
    renewal = Renewal.from_bytes(answer.content)
    assert (renewal.file, renewal.leaf.index) == (report.file_sha256, report.seq)
    assert answer["Content-Disposition"].endswith('.renewal.json"')
    assert as_(world.outsider).get(url).status_code == 404
