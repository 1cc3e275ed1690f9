"""A result read in Chromium: what failed, narrowed to one criterion, and what other limits would have said."""

import pytest
from playwright.sync_api import Page, expect

from tests.governance.web.test_journey import sign_in
from tests.support.accessibility import accessible
from tests.support.deployment import Deployment

pytestmark = pytest.mark.browser
FILL = """
from tests.governance.web import world
made = world.build()
print(world.looked_at(made, world.evaluation_spec(made), "tuned").digest)
"""


def test_an_officer_reads_what_failed_and_tries_other_limits(deployment: Deployment, page: Page) -> None:
    digest = deployment.manage("shell", "--no-imports", "-c", FILL).stdout.strip().splitlines()[-1]
    sign_in(page, "carla")
    page.goto(f"/documents/{digest.removeprefix('sha256:')}/")
    page.get_by_role("link", name="What failed").click()
    expect(page.get_by_role("heading", name="Failures by slice and criterion")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="2 of 300").click()
    expect(page.get_by_text("2 of 300 answers.")).to_be_visible()
    page.get_by_text("case-0005").click()
    expect(page.get_by_text("<b>I cannot say")).to_be_visible()
    accessible(page)
    page.get_by_label("Words").fill("nothing says this")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("No answer is like that.")).to_be_visible()

    page.go_back()
    page.get_by_role("link", name="Result of the tuned arm").click()
    page.get_by_role("link", name="What if").click()
    page.get_by_label("exact match on all cases").first.fill("0.2")
    page.get_by_role("button", name="Ask what if").click()
    expect(page.get_by_text("What if. Binds nothing.")).to_be_visible()
    expect(page.get_by_text("required at least 20 %: shown")).to_be_visible()
    accessible(page)
