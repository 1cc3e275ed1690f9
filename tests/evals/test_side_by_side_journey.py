"""The arms of a plan in Chromium: the differences come by themselves, everything can be reached, nothing sticks out."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.evals.side_by_side import answers, cases, development, measured
from tests.governance.web.test_every_page import OUT_OF_REACH, STICKING_OUT
from tests.support.accessibility import accessible
from tests.support.browser import open_page
from tests.support.governed import Site
from tests.support.story import PASSWORD

pytestmark = pytest.mark.browser


def test_arms_are_looked_at_and_chosen(site: Site) -> None:
    plan = development(site)
    known = cases(site, plan)
    results = [
        measured(site, f"base {right}", "base", plan, answers(known, right), subject="base") for right in (30, 60)
    ]
    thresholds, first = site.story[plan["thresholds"]].digest, results[0].digest
    site.start_web()
    faults: list[Any] = []
    with open_page(site.deployment.url) as page:
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto("/sign-in/")
        page.get_by_label("Username").fill("engineer")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"/documents/{thresholds.removeprefix('sha256:')}/")
        page.get_by_role("link", name="Arms side by side").click()
        expect(page.get_by_text("Only one arm is here")).to_be_visible(timeout=30_000)
        page.get_by_text("Choose arms").click()
        for box in page.get_by_role("checkbox").all():
            box.check()
        page.get_by_label("Compared with").select_option(first)
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_text("+10.0 points").first).to_be_visible(timeout=60_000)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            accessible(page)
        page.set_viewport_size({"width": 360, "height": 800})
        faults += page.evaluate(STICKING_OUT) + page.evaluate(OUT_OF_REACH)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.get_by_role("link", name="Answers case by case").click()
        page.get_by_label("Only where the arms disagree").check()
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_text("30 cases")).to_be_visible()
        accessible(page)
        page.set_viewport_size({"width": 360, "height": 800})
        faults += page.evaluate(STICKING_OUT) + page.evaluate(OUT_OF_REACH)
    assert not faults
