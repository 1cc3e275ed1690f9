"""The register of my own signatures: on the page, as a table, by API, with the receipt to take away."""

import csv
import io

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from governance import store
from governance.models import Notice, Report, Signature
from governance.services import documents, reports, signoff
from tests.evals.engine.builders import rubric_dict
from tests.governance.web.test_signing import form
from tests.governance.web.world import World


def sealed(signature: Signature) -> Report:
    report = Report.objects.get(signature=signature)
    reports.sealed(report=report, file=store.put([b"%PDF-1.7 a receipt"]))
    report.refresh_from_db()
    return report


def test_my_signature_is_listed_with_its_receipt_and_nobody_elses_is(world: World, as_) -> None:
    client = as_(world.officer)
    client.post(reverse("sign", args=[world.request.pk]), form(reason="=1+1"))
    signature = Signature.objects.get(request=world.request, signer=world.officer)
    page = client.get(reverse("signatures")).content.decode()
    assert world.rubric.title in page
    assert "waiting for the worker" in page
    assert world.rubric.title not in as_(world.engineer).get(reverse("signatures")).content.decode()
    report = sealed(signature)
    address = reverse("report-file", args=[report.pk])
    assert address in client.get(reverse("signatures")).content.decode()
    assert b"".join(client.get(address).streaming_content) == b"%PDF-1.7 a receipt"
    listed = client.get(reverse("reports")).content.decode()
    assert str(report.pk) not in listed  # receipts have a page of their own
    [row, *_] = list(csv.DictReader(io.StringIO(b"".join(client.get(reverse("signatures-csv"))).decode())))
    assert (row["role"], row["reason"], row["counts"]) == ("compliance officer", "'=1+1", "yes")
    assert row["statement"] == signature.statement_digest


def test_a_receipt_that_could_not_be_made_is_told_of_and_made_after_all(world: World, as_) -> None:
    client = as_(world.officer)
    client.post(reverse("sign", args=[world.request.pk]), form())
    signature = Signature.objects.get(request=world.request, signer=world.officer)
    report = Report.objects.get(signature=signature)
    again = reverse("report-again", args=[report.pk])
    assert again not in client.get(reverse("signatures")).content.decode()
    assert client.post(again).status_code == 409, "the worker is at it"
    for _ in range(2):
        reports.failed(report=report, error="the disk is full")
        page = client.get(reverse("signatures")).content.decode()
        assert "the disk is full" in page
        assert again in page
        assert client.post(again, follow=True).redirect_chain == [(reverse("signatures"), 302)]
    told = Notice.objects.filter(to=world.officer, about=f"report:{report.pk}")
    assert [(one.link, "the disk is full" in one.text) for one in told] == [(reverse("signatures"), True)] * 2
    report.refresh_from_db()
    assert (report.state, report.error) == ("requested", "")
    assert b"receipt" in store.read(sealed(signature).file_sha256)
    assert client.post(again).status_code == 409, "it is there"


def test_nobody_has_anothers_report_made_again(world: World, as_) -> None:
    report = reports.request(actor=world.engineer, subject=world.thresholds)
    reports.failed(report=report, error="the disk is full")
    again = reverse("report-again", args=[report.pk])
    listed = reverse("project-reports", args=[world.project.slug])
    assert again not in as_(world.officer).get(listed).content.decode()
    assert as_(world.officer).post(again).status_code == 403
    assert as_(world.outsider).post(again).status_code == 404
    assert again in as_(world.engineer).get(listed).content.decode()
    api = APIClient()
    api.force_authenticate(world.officer)
    assert api.post(f"/api/v1/reports/{report.pk}/again").status_code == 403
    report.refresh_from_db()
    assert report.state == Report.State.FAILED
    api.force_authenticate(world.engineer)
    assert api.post(f"/api/v1/reports/{report.pk}/again").json()["state"] == "requested"
    assert api.post(f"/api/v1/reports/{report.pk}/again").status_code == 409
    reports.sealed(report=report, file=store.put([b"%PDF-1.7 made"]))
    subjects = Notice.objects.filter(to=world.engineer, about=f"report:{report.pk}").order_by("at")
    assert [one.subject.split(":")[0] for one in subjects] == ["Could not be made", "Ready"]


def test_the_api_lists_the_same(world: World, as_) -> None:
    as_(world.officer).post(reverse("sign", args=[world.request.pk]), form())
    signature = Signature.objects.get(request=world.request, signer=world.officer)
    api = APIClient()
    api.force_authenticate(world.officer)
    one, *_ = api.get("/api/v1/signatures").json()["results"]
    assert (one["id"], one["statement_digest"]) == (str(signature.pk), signature.statement_digest)
    assert (one["verifies"], one["counts"], one["receipt_state"]) == (True, True, "requested")
    assert {paper["standing"] for paper in one["papers"]} == {"waiting for signatures"}
    api.force_authenticate(world.engineer)
    assert str(signature.pk) not in str(api.get("/api/v1/signatures").json())


def test_a_long_register_costs_no_more_queries(world: World, as_) -> None:
    client = as_(world.officer)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(reverse("signatures")).status_code == 200
        return len(seen)

    client.post(reverse("sign", args=[world.request.pk]), form())
    before = queries()
    for number in range(3):
        paper = documents.document_submit(
            actor=world.engineer, project=world.project, kind="evals.rubric", body=rubric_dict(title=f"Rubric {number}")
        )
        asked = signoff.request_open(actor=world.engineer, documents=[paper])
        client.post(reverse("sign", args=[asked.pk]), form())
    assert Signature.objects.filter(signer=world.officer, request__project=world.project).count() == 4
    assert queries() <= before
