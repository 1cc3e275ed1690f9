"""Reports on their pages: asked for where the service takes the question, and found again however many there are."""

from typing import Any

from django.urls import reverse

from governance.models import Report
from governance.services import reports
from governance.web.views import reports as view
from tests.governance.web.world import World, sign


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_a_document_of_the_shelf_has_its_report_door_for_those_whom_the_service_lets(world: World, as_) -> None:
    page = reverse("document", args=[world.policy.digest])
    shown = text(as_(world.officer).get(page))
    assert 'id="reports"' in shown
    assert "Request the lineage report" in shown
    asked = as_(world.officer).post(reverse("request-report"), {"document": world.policy.digest})
    assert asked["Location"] == reverse("reports")
    report = Report.objects.get(subject=world.policy, signature=None)
    assert (report.project, report.requested_by) == (None, world.officer)
    for who in (world.engineer, world.outsider):
        shown = text(as_(who).get(page))
        assert "Lineage report" in shown, "who may see the report finds it"
        assert "Request the lineage report" not in shown, "and is not offered what is refused"
        assert as_(who).post(reverse("request-report"), {"document": world.policy.digest}).status_code == 403


def test_a_document_shows_the_reports_that_one_may_see_and_nobodys_receipts(world: World, as_) -> None:
    sign(world.request, world.officer, "compliance_officer")
    receipt = Report.objects.get(signature__request=world.request)
    shown = text(as_(world.engineer).get(reverse("document", args=[receipt.subject_id])))
    assert 'id="reports"' in shown
    assert "waiting for the worker" not in shown


def test_a_link_to_a_document_that_the_report_cannot_be_about_is_refused(world: World, as_, monkeypatch) -> None:
    monkeypatch.setattr(view, "MOST_CHOICES", 1)
    engineer, ask = as_(world.engineer), reverse("project-report-ask", args=[world.project.slug, "lineage"])
    old, named = world.evaluation_set, f"{ask}?p-document="
    assert f'value="{old.digest}"' not in text(engineer.get(ask)), "it is not among the newest"
    page = text(engineer.get(named + old.digest))
    assert f'value="{old.digest}" selected' in page, "the one that the link names is chosen, however old"
    assert engineer.post(ask, {"p-document": old.digest}).status_code == 302
    assert Report.objects.get(kind="lineage", signature=None).subject == old
    for foreign in (world.policy.digest, "sha256:" + "0" * 64, "nonsense"):
        assert engineer.get(named + foreign).status_code == 404, foreign
    shelf = reverse("report-ask", args=["lineage"])
    assert f'value="{world.policy.digest}"' in text(as_(world.officer).get(shelf))
    assert engineer.get(shelf).status_code == 404, "the service would refuse it"


def test_every_report_is_found_again_by_page_and_by_filter(world: World, as_, monkeypatch) -> None:
    first = reports.request(actor=world.engineer, subject=world.evaluation_set)
    reports.failed(report=first, error="the disk is full")
    for _ in range(2):
        reports.request(actor=world.engineer, subject=world.thresholds)
    reports.request(actor=world.auditor, kind="register", project=world.project)
    monkeypatch.setattr(view, "PER_PAGE", 2)
    auditor = as_(world.auditor)
    for address in (reverse("project-reports", args=[world.project.slug]), reverse("reports")):
        newest = text(auditor.get(address))
        assert "the disk is full" not in newest
        assert "Page 1 of 2" in newest
        assert "the disk is full" in text(auditor.get(f"{address}?page=2")), "what is old is a page further"
        found = text(auditor.get(f"{address}?state=failed"))
        assert "the disk is full" in found
        assert "Page 1" not in found
        digest = f"?subject={world.evaluation_set.digest}"
        for query in ("?kind=lineage&page=2", digest, f"?subject={world.evaluation_set.title}&state=failed"):
            assert "the disk is full" in text(auditor.get(address + query)), query
        for query in ("?kind=register", f"{digest}&state=ready", f"{digest}&kind=register"):
            assert "the disk is full" not in text(auditor.get(address + query)), query
        wrong = auditor.get(f"{address}?state=lost")
        assert (wrong.status_code, "the disk is full" in text(wrong)) == (400, False)


def test_a_list_that_waits_for_a_report_asks_for_its_own_page_again(world: World, as_, monkeypatch) -> None:
    for _ in range(3):
        reports.request(actor=world.engineer, subject=world.thresholds)
    monkeypatch.setattr(view, "PER_PAGE", 2)
    rows = reverse("project-report-rows", args=[world.project.slug])
    listed = text(
        as_(world.engineer).get(reverse("project-reports", args=[world.project.slug]) + "?state=requested&page=2")
    )
    assert f'hx-get="{rows}?state=requested&amp;page=2"' in listed
    assert "Page 2 of 2" in text(as_(world.engineer).get(f"{rows}?state=requested&page=2"))


def test_somebody_elses_reports_are_in_no_filter(world: World, as_) -> None:
    reports.request(actor=world.engineer, subject=world.thresholds)
    outsider, address = as_(world.outsider), reverse("reports")
    document = reverse("document", args=[world.thresholds.digest])
    assert document in text(as_(world.engineer).get(address))
    for query in ("", "?state=requested", f"?subject={world.thresholds.digest}", "?kind=lineage"):
        assert document not in text(outsider.get(address + query)), query
