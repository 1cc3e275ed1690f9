"""From the base model's page to a drill before the worker, in Chromium; forms and records are accessible."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.governance.web.test_journey import sign_in
from tests.support.accessibility import accessible
from tests.support.browser import open_page
from tests.support.deployment import Deployment

pytestmark = pytest.mark.browser
FILL = """
import json
from tests.governance.web import world
from tests.training.custody import pages
made = world.build()
held, hosted = world.evaluation_spec(made).links_out.get(role="subject").target, pages.hosted(made)
for base in (held, hosted):
    world.agree([base], made.owner, made.second_owner, made.officer)
record, probe = pages.record(made, held), pages.probe(made, hosted)
result = pages.result(made, hosted, probe)
found = {"held": held, "hosted": hosted, "record": record, "result": result}
print(json.dumps({name: document.digest.removeprefix("sha256:") for name, document in found.items()}))
"""


@pytest.fixture
def filled(deployment: Deployment, tmp_path: Path) -> dict[str, str]:
    (tmp_path / "vault").mkdir()
    listed = {
        "COUNTERSIGN_BACKUPS": f"vault={tmp_path / 'vault'}",
        "COUNTERSIGN_ENDPOINTS": "https://api.example/v1 KEY",
    }
    found: dict[str, str] = json.loads(deployment.manage("shell", "--no-imports", "-c", FILL).stdout.splitlines()[-1])
    deployment.start_web(**listed)
    return found


def test_a_drill_is_asked_for(deployment: Deployment, filled: dict[str, str]) -> None:
    with open_page(deployment.url) as page:
        sign_in(page, "ed")
        page.goto(f"/documents/{filled['held']}/")
        page.get_by_role("link", name="Custody").click()
        accessible(page)
        page.get_by_label("Prompts").fill("Say something.")
        page.get_by_role("button", name="Freeze and launch").press("Enter")
        expect(page.get_by_text("Put before the worker.")).to_be_visible()
        for name in ("record", "result", "hosted"):
            page.goto(f"/documents/{filled[name]}/")
            accessible(page)
        page.get_by_role("link", name="Probes").click()
        expect(page.get_by_label("Model, as it is called there")).to_have_value("big-2026-01")
        accessible(page)
