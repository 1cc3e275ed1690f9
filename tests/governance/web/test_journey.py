"""The pages in Chromium: an officer's ceremony from sign-in to signature, and accessibility on the way."""

import pytest
from playwright.sync_api import Page, expect

from tests.governance.web.world import PASSWORD
from tests.support.accessibility import accessible
from tests.support.deployment import Deployment

pytestmark = pytest.mark.browser

FILL = "from tests.governance.web import world; world.build()"
RUNNING = """
from governance.job_states import AttemptState, JobState
from tests.governance.web import world
made = world.build()
job = world.job(made, world.evaluation_spec(made), JobState.RUNNING)
curve = [{"step": step, "loss": 2.0 / step} for step in range(1, 9)]
world.attempt(job, AttemptState.CONSUMED, curve=curve, progress={"done": 0.5, "message": "step 5 of 10"})
print(job.pk)
"""
FURTHER = """
from governance.models import Attempt
Attempt.objects.update(progress={"done": 0.9, "message": "step 9 of 10"})
"""
ENDED = """
from governance.models import Job
Job.objects.update(state="failed", reason="the loss is not a number")
"""


@pytest.fixture
def filled(deployment: Deployment) -> Deployment:
    deployment.manage("shell", "-c", FILL)
    return deployment


def sign_in(page: Page, username: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()


def test_an_officer_reads_and_signs(filled: Deployment, page: Page) -> None:
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if message.type == "error" else None)
    sign_in(page, "carla")
    accessible(page)
    page.get_by_role("main").get_by_role("link", name="Triage release").click()
    expect(page.get_by_text("not opened yet", exact=True)).to_have_count(3)
    accessible(page)
    page.get_by_role("article").get_by_role("heading", name="Triage release").get_by_role("link").click()
    accessible(page)
    page.get_by_role("link", name="Review and sign").click()
    expect(page.get_by_text("not opened yet", exact=True)).to_have_count(2)
    page.get_by_label("Reason").first.fill("Read against the use case.")
    page.get_by_label("Your password").fill("mistyped")
    page.get_by_role("button", name="Sign them together").click()
    expect(page.get_by_role("alert")).to_contain_text("Re-authentication")
    expect(page.get_by_label("Reason").first).to_have_value("Read against the use case.")
    accessible(page)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign them together").click()
    expect(page.get_by_role("main")).to_contain_text("Signed. Your signature is on the ledger.")
    expect(page.get_by_role("main")).to_contain_text("1 × owner")
    page.goto("/ledger/?event=refusal:")
    expect(page.get_by_role("table", name="Ledger entries, newest first")).to_contain_text("Re-authentication")
    accessible(page)
    for address in ("/projects/", "/projects/medical-coding-triage/", "/shelf/", "/search/?q=triage", "/ledger/1/"):
        page.goto(address)
        accessible(page)
    unexpected = [text for text in blocked if "409" not in text]
    assert not unexpected


def test_the_list_filters_as_one_types_and_menus_obey_the_keyboard(filled: Deployment, page: Page) -> None:
    sign_in(page, "ed")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.goto("/projects/medical-coding-triage/documents/")
    page.get_by_label("Name or digest", exact=True).fill("escalate")
    expect(page.get_by_text("1 document matches")).to_be_visible()
    assert "q=escalate" in page.url
    page.reload()
    expect(page.get_by_text("1 document matches")).to_be_visible()
    page.get_by_text("Projects", exact=True).first.click()
    expect(page.get_by_role("link", name="All projects")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="All projects")).to_be_hidden()


def test_a_run_is_watched_live_until_it_ends(deployment: Deployment, page: Page) -> None:
    """Polling changes the page, keeps focus and what was unfolded, tells a screen reader, and stops."""
    number = deployment.manage("shell", "--no-imports", "-c", RUNNING).stdout.split()[-1]
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url) if "/progress/" in request.url else None)
    sign_in(page, "ed")
    page.goto(f"/runs/{number}/")
    accessible(page)
    page.get_by_text("The figures as a table").click()
    page.get_by_role("button", name="Cancel").focus()
    deployment.manage("shell", "--no-imports", "-c", FURTHER)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "90")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    expect(page.get_by_role("table", name="Loss by step")).to_be_visible()
    expect(page.locator("#run-status")).to_contain_text("90 %")
    deployment.manage("shell", "--no-imports", "-c", ENDED)
    expect(page.get_by_text("The loss is not a number")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    so_far = len(polls)
    page.wait_for_timeout(4500)
    assert len(polls) == so_far
