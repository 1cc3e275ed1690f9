"""Reports of services, releases and base models: asked for from their pages, of the answer that the page shows."""

import html
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from governance import store
from governance.events import REPORT_REQUESTED
from governance.models import Document, LedgerEvent, Report
from governance.proof.files.report_file import verify_report
from governance.proof.formats.fields import rfc3339
from governance.reports import tasks
from governance.selectors import as_of, ledger
from tests.governance.reports import poppler
from tests.governance.web.test_every_page import OUT_OF_REACH, STICKING_OUT
from tests.support.accessibility import accessible
from tests.support.browser import open_page
from tests.support.governed import Site
from tests.support.story import PASSWORD, Story
from tests.training.at_risk import hosted
from tests.training.served import happened, second_release, serving_release
from training.web import incident_views


@pytest.fixture
def as_(story: Story) -> Callable[[str], Client]:
    def client(name: str) -> Client:
        made = Client()
        made.force_login(story.people[name], backend="django.contrib.auth.backends.ModelBackend")
        return made

    return client


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def sealed(story: Story, report: Report, tmp_path: Path) -> str:
    """Return the text of a report, having verified it as its reader would."""
    tasks.build(report)
    report.refresh_from_db()
    assert report.state == Report.State.READY, report.error
    pdf = store.read(report.file_sha256)
    assert (verified := verify_report(pdf, story.fingerprint)).code == 0, verified
    return " ".join(poppler.text(pdf, tmp_path).split())


def test_what_changed_between_two_base_models_is_sealed_from_their_page(story: Story, as_, tmp_path: Path) -> None:
    after, before = hosted(story), story["base"]
    client, ask = as_("owner"), reverse("report-ask", args=["change"])
    assert f"{ask}?p-document=" in text(client.get(reverse("document", args=[after.digest])))
    assert client.post(ask, {"p-document": after.digest, "p-since": before.digest})["Location"] == reverse("reports")
    report = Report.objects.get(kind="change")
    assert (report.subject, report.project) == (after, None)
    assert f"From {before} to {after}" in sealed(story, report, tmp_path)


def pressed(client: Client, page: str) -> Any:
    """Press "Seal this answer" on a page, as a browser would."""
    (form,) = re.findall(r'<form[^>]*action="([^"]*)"[^>]*>((?:(?!</form>).)*Seal this answer)', text(client.get(page)))
    fields = dict(re.findall(r'<input type="hidden" name="(p-[^"]+)" value="([^"]*)"', form[1]))
    return client.post(form[0], {name: html.unescape(value) for name, value in fields.items()})


@pytest.fixture
def served(story: Story) -> Story:
    serving_release(story)
    second_release(story)
    return story


def test_an_answer_as_it_was_known_then_is_sealed_as_it_was_and_only_once(served: Story, as_, tmp_path: Path) -> None:
    known = timezone.now()
    happened(served, "deployed", timezone.now(), "second")
    client, page = as_("engineer"), reverse("incident-answer", args=[served["service"].digest])
    then = f"{page}?time={known:%Y-%m-%dT%H:%M:%S.%f}&known={known:%Y-%m-%dT%H:%M:%S.%f}"
    size = as_of.size_at(known)
    assert size < ledger.size()
    assert pressed(client, then).status_code == 302
    report = Report.objects.get(kind="incident")
    assert (report.ledger_size, report.subject) == (size, served["service"])
    pages = sealed(served, report, tmp_path)
    assert "Chapter coder 1.0 v1 ran in Coding queue" in pages
    assert "1.1" not in pages.split("What ran here")[0]
    requests = LedgerEvent.objects.filter(event=REPORT_REQUESTED).count()
    there = pressed(client, then)
    assert Report.objects.get(kind="incident") == report, "the same question at the same size is not made anew"
    assert LedgerEvent.objects.filter(event=REPORT_REQUESTED).count() == requests
    assert f"kind=incident&subject={report.subject_id}".replace(":", "%3A") in there["Location"]
    assert reverse("report-file", args=[report.pk]) in text(client.get(there["Location"]))
    assert pressed(client, page).status_code == 302
    now = Report.objects.exclude(pk=report.pk).get(kind="incident")
    assert now.ledger_size > size
    assert "Chapter coder 1.1 v2 ran in Coding queue" in sealed(served, now, tmp_path)


def test_what_changed_is_sealed_as_the_page_compares_it(served: Story, as_, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(incident_views, "OFFERED", 0)  # however old the release is that a link names
    client, size = as_("engineer"), ledger.size()
    page = reverse("changes", args=[served["second"].digest]) + f"?since={served['release'].digest}"
    assert pressed(client, page).status_code == 302
    report = Report.objects.get(kind="change")
    assert (report.asked, report.ledger_size) == ({"since": served["release"].digest}, size)
    assert "From Chapter coder 1.0 v1 to Chapter coder 1.1 v2" in sealed(served, report, tmp_path)


def test_two_moments_of_a_project_are_sealed_and_not_whole_days(served: Story, as_, tmp_path: Path) -> None:
    since = Document.objects.get(pk=served["second"].digest).created_at
    happened(served, "deployed", timezone.now(), "second")
    time = timezone.now()
    happened(served, "stopped", timezone.now())
    client, page = as_("engineer"), reverse("project-changes", args=[served.project.slug])
    assert (
        pressed(client, f"{page}?since={since:%Y-%m-%dT%H:%M:%S.%f}&time={time:%Y-%m-%dT%H:%M:%S.%f}").status_code
        == 302
    )
    report = Report.objects.get(kind="project-change")
    assert report.asked == {"first": None, "last": None, "since": rfc3339(since), "time": rfc3339(time)}
    pages = sealed(served, report, tmp_path)
    assert f"Changes, {since:%Y-%m-%d %H:%M:%S} to {time:%Y-%m-%d %H:%M:%S} (UTC)" in pages
    assert f"Compared between ledger sizes {as_of.size_at(since)} and {as_of.size_at(time)}." in pages


def test_what_ran_out_while_nothing_was_recorded_is_sealed_as_the_page_shows_it(
    served: Story, as_, tmp_path: Path
) -> None:
    """The moments asked about count, not those of the entries next to them; so says the verifier, which knows both."""
    since = timezone.now()
    later = since + timedelta(days=800)
    with time_machine.travel(later):
        client, page = as_("engineer"), reverse("project-changes", args=[served.project.slug])
    with time_machine.travel(later + timedelta(minutes=20)):
        asked = f"{page}?since={since:%Y-%m-%dT%H:%M:%S.%f}&time={later + timedelta(minutes=10):%Y-%m-%dT%H:%M:%S}"
        assert "expired" in text(client.get(asked))
        assert pressed(client, asked).status_code == 302
        report = Report.objects.get(kind="project-change")
        pages = sealed(served, report, tmp_path)
        requested = LedgerEvent.objects.filter(event=REPORT_REQUESTED).latest("entry_id")
        assert report.ledger_size == requested.entry_id + 1, "no entry had reached the later moment before"
        for document in (served["second"], served["thresholds"]):
            assert f"{document} in force expired" in pages, document


def test_the_form_offers_what_it_can_be_since_and_takes_a_moment_and_a_past_size(served: Story, as_) -> None:
    client, size = as_("engineer"), ledger.size()
    change = reverse("project-report-ask", args=[served.project.slug, "change"])
    shown = text(client.get(f"{change}?p-document={served['second'].digest}"))
    assert shown.count(f'value="{served["release"].digest}"') == 2, "as what it is about, and as what it is since"
    asked = {"p-document": served["second"].digest, "p-since": served["release"].digest, "p-ledger_size": str(size)}
    before = {"p-ledger_size": str(Document.objects.get(pk=served["second"].digest).seq)}
    refused = client.post(change, asked | before)
    assert (refused.status_code, "before the document came" in text(refused)) == (400, True)
    assert client.post(change, asked | {"p-ledger_size": str(size + 1)}).status_code == 400
    assert client.post(change, asked).status_code == 302
    assert Report.objects.get(kind="change").ledger_size == size
    period = reverse("project-report-ask", args=[served.project.slug, "project-change"])
    assert 'type="datetime-local"' in text(client.get(period))
    for wrong in (
        {"p-since": "2026-01-02T09:30:00", "p-first": "2026-01-02"},
        {"p-since": "2026-01-02T09:30:00", "p-time": "2026-01-01T09:30:00"},
        {"p-time": f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M:%S}"},
    ):
        assert client.post(period, wrong).status_code == 400, wrong
    assert client.post(period, {"p-since": "2026-01-02T09:30:00"}).status_code == 302
    assert Report.objects.get(kind="project-change").asked["since"] == "2026-01-02T09:30:00.000000Z"


def test_who_may_not_ask_is_not_offered_the_seal(served: Story, as_) -> None:
    """Everybody with a role in a project may; of what is on the shelf, those with a role in the organisation."""
    after, before = hosted(served), served["base"]
    page = reverse("changes", args=[after.digest]) + f"?since={before.digest}"
    assert "Seal this answer" in text(as_("owner").get(page))
    assert "Seal this answer" not in text(as_("engineer").get(page))
    ask = reverse("report-ask", args=["change"])
    assert as_("engineer").post(ask, {"p-document": after.digest, "p-since": before.digest}).status_code == 404


@pytest.mark.browser
def test_an_answer_is_sealed_with_the_keyboard_and_on_a_phone(site: Site) -> None:
    story = site.story
    story.train()
    story.evaluate()
    story.release()
    serving_release(story)
    second_release(story)
    pages = {
        "incident": reverse("incident-answer", args=[story["service"].digest]),
        "change": reverse("changes", args=[story["second"].digest]),
        "project-change": reverse("project-changes", args=[story.project.slug]),
    }
    forms = [reverse("project-report-ask", args=[story.project.slug, name]) for name in ("change", "project-change")]
    site.start_web()
    faults: list[Any] = []
    with open_page(site.deployment.url, width=360) as page:
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto("/sign-in/")
        page.get_by_label("Username").fill("engineer")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Incident", exact=True).wait_for()
        for address in [*pages.values(), *forms]:
            page.goto(address)
            accessible(page)
            faults += page.evaluate(STICKING_OUT) + page.evaluate(OUT_OF_REACH)
        for address in pages.values():
            page.goto(address)
            page.get_by_role("button", name="Seal this answer").focus()
            page.keyboard.press("Enter")
            expect(page.get_by_text("Report requested")).to_be_visible()
    assert not faults
    asked = Report.objects.filter(kind__in=pages, state=Report.State.REQUESTED)
    assert sorted(asked.values_list("kind", flat=True)) == sorted(pages)
