"""Recorded answers brought in Chromium: the file's way is shown, a misfit refused on the page, and a good one taken."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.evals.web.test_session_journey import sign_in
from tests.support.accessibility import accessible
from tests.support.deployment import Deployment

pytestmark = pytest.mark.browser

FILL = """
from tests.support import cast
print(cast.evaluation_spec(cast.assemble()).links_out.get(role="thresholds").target_id)
"""


def test_a_file_is_sent_refused_and_sent_again(deployment: Deployment, page: Page, tmp_path: Path) -> None:
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if "Content Security" in message.text else None)
    digest = deployment.manage("shell", "-c", FILL).stdout.split()[-1].removeprefix("sha256:")
    sign_in(page, "erik")
    page.goto(f"/documents/{digest}/")
    page.get_by_role("link", name="Measure another arm").click()
    accessible(page)
    ids = ["case-0000", "case-0001"]
    file = tmp_path / "answers.jsonl"
    # Large enough to be on its way for a moment.
    file.write_text("".join(json.dumps({"id": name, "output": "x" * 900_000}) + "\n" for name in ids[:1]))
    page.get_by_label("Recorded answers").set_input_files(file)
    for label, text in (
        ("What answered", "search 2.1"),
        ("Who had it answer", "The coding desk"),
        ("On", "2026-11-20"),
    ):
        page.get_by_label(label, exact=True).fill(text)
    page.evaluate("""() => document.addEventListener("htmx:xhr:progress", () => {
        window.shown = document.querySelector("[data-upload-progress]:not([hidden]) progress")?.value;
    })""")
    page.get_by_role("button", name="Freeze the specification").click()
    expect(page.get_by_role("alert").first).to_contain_text("1 answer is missing")
    assert page.evaluate("window.shown") == 100
    accessible(page)
    file.write_text("".join(json.dumps({"id": name, "output": "x"}) + "\n" for name in ids))
    page.get_by_label("Recorded answers").set_input_files(file)
    page.get_by_role("button", name="Freeze the specification").click()
    expect(page.get_by_role("button", name="Launch")).to_be_visible()
    assert page.url.endswith("/launch/")
    expect(page.get_by_text("search 2.1, as The coding desk says")).to_be_attached()
    assert not blocked
