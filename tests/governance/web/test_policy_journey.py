"""A policy in Chromium: begun from a template, changed in the form, frozen and read, without a line of JSON."""

import pytest
from playwright.sync_api import Page, expect

from tests.governance.web.test_journey import FILL, sign_in
from tests.support.accessibility import accessible
from tests.support.deployment import Deployment

pytestmark = pytest.mark.browser


def test_an_owner_writes_a_policy(deployment: Deployment, page: Page) -> None:
    deployment.manage("shell", "-c", FILL)
    sign_in(page, "oscar")
    page.goto("/shelf/drafts/new/")
    page.get_by_role("link", name="Policy").click()
    accessible(page)
    page.get_by_role("listitem").filter(has_text="Medium").get_by_role("button", name="Begin with it").click()
    expect(page.get_by_role("heading", name="Who signs what")).to_be_visible()
    accessible(page)
    # By keyboard alone: open the entry of datasets, and ask for a second data owner.
    entry = page.locator("details.rule").filter(has=page.locator("summary", has_text="Dataset"))
    entry.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(entry.get_by_label("Data owner").first).to_be_visible()
    entry.get_by_label("Data owner").first.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("2")
    entry.get_by_label("A review opens before the end (days)").fill("45")
    kept = page.locator("details", has=page.locator("summary", has_text="Kind by kind"))
    kept.locator("summary").click()
    kept.get_by_label("Evaluation result").fill("400")
    accessible(page)
    page.get_by_role("button", name="Save draft").click()
    expect(kept.locator("summary")).to_contain_text("1 set")
    expect(entry.locator("summary")).to_contain_text("2 × data owner")
    page.get_by_role("button", name="Freeze revision 2").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Dataset", exact=True))
    expect(row).to_contain_text("2 × data owner")
    expect(row).to_contain_text("a review opens 45 days before its end", ignore_case=True)
    expect(page.get_by_role("row", name="Evaluation result 400 days")).to_be_visible()
    accessible(page)
