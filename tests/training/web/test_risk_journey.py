"""Retirement risk in Chromium and by API: what is late, what each figure rests on, and who sees whose services."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect
from rest_framework.test import APIClient

from governance.models import Document, Report
from governance.reports.tasks import build
from governance.selectors.reports import file_path
from governance.services import reports
from tests.governance.reports import poppler
from tests.governance.web.test_every_page import OUT_OF_REACH, STICKING_OUT
from tests.support.accessibility import accessible
from tests.support.browser import open_page
from tests.support.governed import Site
from tests.support.story import PASSWORD
from tests.training import continuity
from tests.training.at_risk import estimated, hosted, says, serves
from training.bodies.risk import ASSESSMENT
from training.services import risk

LOOK = os.environ.get("LOOK")


def told(site: Site) -> Document:
    """Put a hosted model with conflicting dates on record, services on it and on nothing known, a plan, an estimate."""
    story = site.story
    base = hosted(story)
    says(story, 45, announced_on=(datetime.now(UTC) - timedelta(days=40)).date())
    says(story, 400, source="A collection")
    says(story, 20, phase="train-new")
    serves(story, "Letter drafting", daily_impact="1200", currency="EUR")
    serves(story, "Triage chat", criticality="low")
    serves(story, "Old bot", stated_base="nobody knows it")
    estimated(story)
    continuity.successor(story)
    links = {"base_model": "hosted", "successor": "successor", "thresholds": "thresholds"}
    story.submit("engineer", "plan", "training.fallback_plan", continuity.plan_body(), **links)
    story.sign("plan", requester="engineer", signers=("officer",))
    return base


def seen(page: Any, name: str) -> None:
    if LOOK:
        page.screenshot(path=str(Path(LOOK) / f"{name}.png"), full_page=True)


@pytest.mark.browser
def test_what_is_late_is_seen_and_every_figure_opens(site: Site) -> None:
    base = told(site)
    site.start_web()
    faults: list[Any] = []
    with open_page(site.deployment.url) as page:
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto("/sign-in/")
        page.get_by_label("Username").fill("owner")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Retirement", exact=True).click()
        expect(page.get_by_text("Nothing was assessed yet")).to_be_visible()
        page.get_by_role("button", name="Assess now").click()
        expect(page.get_by_text("1 of unproven origin", exact=True)).to_be_visible()
        expect(page.get_by_text("announced", exact=True)).to_be_visible()
        accessible(page)
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            seen(page, f"overview-{scheme}")
            page.set_viewport_size({"width": 360, "height": 800})
            seen(page, f"overview-narrow-{scheme}")
            faults += page.evaluate(STICKING_OUT) + page.evaluate(OUT_OF_REACH)
            page.set_viewport_size({"width": 1280, "height": 900})
        page.get_by_role("link", name="Hosted model").first.click()
        expect(page.get_by_text("sources disagree")).to_be_visible()
        page.locator("details.figure summary").first.click()
        expect(page.get_by_text("Formula").first).to_be_visible()
        accessible(page)
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            seen(page, f"base-{scheme}")
        page.set_viewport_size({"width": 360, "height": 800})
        faults += page.evaluate(STICKING_OUT) + page.evaluate(OUT_OF_REACH)
        seen(page, "base-narrow")
        page.set_viewport_size({"width": 1280, "height": 900})
        page.get_by_role("link", name="Retirement", exact=True).click()
        page.get_by_role("link", name="Report for the board").click()
        asked = page.get_by_role("button", name="Request the retirement and continuity report")
        expect(asked).to_be_in_viewport()
        accessible(page)
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            seen(page, f"board-{scheme}")
            page.set_viewport_size({"width": 360, "height": 800})
            faults += page.evaluate(STICKING_OUT) + page.evaluate(OUT_OF_REACH)
            seen(page, f"board-narrow-{scheme}")
            page.set_viewport_size({"width": 1280, "height": 900})
        asked.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Report requested")).to_be_visible()
        expect(page.locator("#reports").get_by_text("Retirement and continuity report")).to_be_visible()
    assert not faults
    report = Report.objects.get(kind="lineage", signature=None)
    assert (report.subject, report.project) == (Document.objects.get(kind=ASSESSMENT), None)
    assert Document.objects.get(kind=ASSESSMENT).links_out.filter(target=base).exists()


def test_page_and_api_say_the_same_and_hide_the_same(site: Site) -> None:
    base = told(site)
    risk.assess(actor=site.story.people["owner"])
    for who, everything in (("owner", True), ("engineer", False)):
        api = APIClient()
        api.force_authenticate(site.story.people[who])
        found = api.get("/api/v1/retirement").json()
        assert found["everything"] is everything
        assert (found["body"] is not None) is everything
        assert "services" not in found["bases"][0]
        one = api.get(f"/api/v1/retirement/{base.digest}").json()
        assert len(one["services"]) == 2
        assert one["services"][0]["latest_start"]["formula"] == "latest start"
        client = Client()
        client.force_login(site.story.people[who], backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(reverse("retirement")).content.decode()
        assert ("What hangs on each vendor" in page) is everything
        for formula in (
            "The sum over dependants",
            "Beta distribution",
            "Dependants of the vendor",
            "one draw from each",
        ):
            assert (formula in page) is everything, "what is summed up opens, too"
        assert (found["figures"] is not None) is everything
        assert ("Letter drafting" in page) is not everything, "one's own services, or each model's on its page"
    outsider = APIClient()
    outsider.force_authenticate(site.story.people["officer"])
    assert outsider.post("/api/v1/retirement", {"unknown": 1}, format="json").status_code == 400
    assert outsider.get("/api/v1/retirement/sha256:" + "0" * 64).status_code == 404


def test_the_report_is_the_boards_and_holds_the_same_figures(site: Site, tmp_path: Path) -> None:
    told(site)
    made = risk.assess(actor=site.story.people["owner"])
    report = reports.request(actor=site.story.people["owner"], subject=made)
    build(Report.objects.get(pk=report.pk))
    report.refresh_from_db()
    assert report.state == Report.State.READY, report.error
    content = file_path(report).read_bytes()
    if LOOK:
        (Path(LOOK) / "report.pdf").write_bytes(content)
    text = " ".join(poppler.text(content, tmp_path).split())
    expected = ("Retirement and continuity report", "Unproven origin", "Letter drafting", "Sources disagree", "vendor")
    for words in (*expected, "never practised", "not known"):
        assert words in text, words
