"""Grading in Chromium with nothing but the keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.governance.web.test_journey import sign_in
from tests.support.accessibility import accessible
from tests.support.deployment import Deployment

pytestmark = pytest.mark.browser
FILL = """
from tests.governance.web import addresses, world
made = world.build()
print(addresses._round(made, world.evaluation_spec(made)).row.pk)
"""
GIVEN = "from governance.models import HumanGrade; print(list(HumanGrade.objects.values_list('number', 'scores')))"


def ready(page: Page) -> None:
    """Wait until the page listens to keys: then a score has the focus."""
    expect(page.locator("input[type=radio]:focus")).to_have_count(1)


def test_an_officer_grades_by_keyboard_alone(deployment: Deployment, page: Page) -> None:
    made = deployment.manage("shell", "-c", FILL).stdout.strip().splitlines()[-1]
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if message.type == "error" else None)
    sign_in(page, "carla")
    page.goto(f"/grading/{made}/")
    # It is reckoned in a process of its own, which takes its time to start on a busy machine.
    expect(page.get_by_role("table", name="Agreement by criterion")).to_be_visible(timeout=30_000)
    accessible(page)
    way = page.get_by_role("link", name="Grade", exact=True)
    way.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Grade an output")).to_be_visible()
    accessible(page)
    ready(page)
    keys = page.get_by_text("that score for the criterion at hand")
    page.keyboard.press("?")
    expect(keys).to_be_visible()
    page.keyboard.press("?")
    expect(keys).to_be_hidden()
    page.keyboard.press("c")
    page.keyboard.type("n is only a letter here, and 0 a digit")
    page.keyboard.press("Escape")
    page.keyboard.press("7")
    expect(page.locator("#told")).to_have_text("There is no score 7 on this scale")
    page.keyboard.press("1")
    expect(page.get_by_role("radio", checked=True)).to_have_value("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 4")).to_be_visible()
    second = page.url
    ready(page)
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name="Your grade of an output")).to_be_visible()
    expect(page.get_by_role("radio", checked=True)).to_have_value("1")
    ready(page)
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    expect(page).to_have_url(second)
    for done in (2, 3, 4):
        ready(page)
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        if done < 4:
            expect(page.get_by_text(f"{done} of 4")).to_be_visible()
    expect(page.get_by_text("Nothing more waits for you in this round.")).to_be_visible()
    assert deployment.manage("shell", "-c", GIVEN).stdout.strip().splitlines()[-1] == str(
        [(1, [1]), (2, [0]), (1, [1]), (1, [1]), (1, [1])]
    )
    assert not blocked
