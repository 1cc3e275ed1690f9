"""Data is checked and measures are brought in, in Chromium, with the worker and its runner as real processes."""

import pytest
from playwright.sync_api import Page, expect

from tests.governance.web.test_journey import sign_in
from tests.support.accessibility import accessible
from tests.support.deployment import Deployment

pytestmark = [pytest.mark.browser, pytest.mark.crash]

FILL = """
from governance import store
from governance.services import documents
from tests.governance.web import world
from tests.support import papers
from training.kinds import tuning as training
made = world.build()
contract = documents.document_submit(
    actor=made.owner, project=made.project, kind=training.CONTRACT, body=papers.CONTRACT
)
import json
def row(n):
    asked = [{"role": "user", "content": f"phrase {n % 40} of the ward"}]
    return json.dumps({"id": f"r{n}", "messages": asked, "target": json.dumps({"chapter": "eye"})}) + chr(10)
entry = store.put(row(n).encode() for n in range(200))
documents.document_submit(
    actor=made.engineer, project=made.project, kind=training.DATASET,
    body=papers.dataset({"path": "rows.jsonl", "size": entry.size, "sha256": entry.sha256}, "Ward phrases")
    | {"rows": 200},
    references=[{"role": "contract", "digest": contract.digest}],
)
"""
SAMPLE = "input,slices\n" + "".join(f"what about phrase {n}?,common\n" for n in range(60))


def test_from_the_form_to_every_place_of_the_findings(deployment: Deployment, page: Page) -> None:
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if message.type == "error" else None)
    deployment.manage("shell", "-c", FILL)
    deployment.start_worker()
    sign_in(page, "ed")
    page.goto("/projects/medical-coding-triage/")
    page.get_by_role("link", name="Bring a production sample").click()
    page.get_by_label("Title").fill("May")
    page.get_by_label("Recorded in").fill("the desk's log")
    page.get_by_label("How they were drawn").fill("every tenth")
    page.get_by_label("First day").fill("2026-05-01")
    page.get_by_label("Last day").fill("2026-05-31")
    page.get_by_label("Format").select_option("csv")
    page.locator('input[type="file"]').set_input_files(
        {"name": "may.csv", "mimeType": "text/csv", "buffer": SAMPLE.encode()}
    )
    accessible(page)
    page.get_by_role("button", name="Read and freeze").click()
    expect(page.get_by_role("heading", name="May", exact=False).first).to_be_visible()
    page.goto("/projects/medical-coding-triage/quality/new/")
    page.get_by_label("Datasets").select_option(label="Ward phrases v1")
    page.get_by_label("Production sample").select_option(index=1)
    page.get_by_role("button", name="Have them checked").click()
    expect(page.locator("#run-live")).to_contain_text("Came of it", timeout=90_000)
    accessible(page)
    page.locator("#run-live").get_by_role("link", name="Quality of Ward phrases").click()
    expect(page.get_by_role("heading", name="How like production the cases are")).to_be_visible()
    expect(page.get_by_text("held against 60 rows of the production sample")).to_be_visible()
    accessible(page)
    with page.expect_download() as taken:
        page.get_by_role("link", name="Every place of every finding (CSV)").click()
    assert taken.value.path().read_text().count("duplicates.exact") == 160
    assert not blocked


def test_measures_are_brought_by_keyboard_and_table(deployment: Deployment, page: Page) -> None:
    deployment.manage("shell", "-c", FILL)
    sign_in(page, "carla")
    page.goto("/projects/medical-coding-triage/measures/new/")
    page.get_by_role("link", name="From a table").click()
    table = b"Measure,Figure,Unit,Month,Cases,Log\noverride rate,0.12,share,May 2026,400,desk\n"
    page.locator('input[type="file"]').set_input_files({"name": "m.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_role("button", name="Read the table").click()
    expect(page.get_by_role("heading", name="1 row")).to_be_visible()
    accessible(page)
    page.get_by_label("Source", exact=True).select_option("Log")
    page.get_by_role("button", name="Go on to the form").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("override rate")
    page.get_by_role("button", name="Add a measure").click()
    expect(page.get_by_role("group", name="Measure 2")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Remove measure 2").press("Enter")
    page.get_by_label("Title").fill("Desk, May")
    page.get_by_label("Title").press("Enter")
    expect(page.get_by_text("Frozen. Evaluations name it")).to_be_visible()
    page.get_by_role("link", name="New version as a form").click()
    expect(page.get_by_label("Value", exact=True)).to_have_value("0.12")
