"""The chat page in Chromium, with a real process that holds a tiny model; killed while it is to answer."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.support.accessibility import accessible
from tests.support.cast import PASSWORD
from tests.support.database import Templates, copy_of
from tests.support.deployment import Deployment
from tests.support.ports import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.ml, pytest.mark.crash]

FILL = """
import tempfile
from pathlib import Path
from governance import store
from governance.access import COMPLIANCE_OFFICER, OWNER
from governance.services import documents
from tests.support import cast
from training.trainers.tiny import make_tiny
made = cast.assemble()
folder = Path(tempfile.mkdtemp())
make_tiny(folder, ["where does he live", "in the high street"])
files = [
    store.put_file(path).model_copy(update={"path": path.name}).model_dump()
    for path in sorted(folder.iterdir())
    if path.is_file()
]
body = cast.base_model_body("Tiny model") | {"files": files}
base = documents.document_submit(actor=made.olga, project=None, kind="training.base_model", body=body)
cast.agree(base, by=made.olga, signers=[(made.carl, COMPLIANCE_OFFICER), (made.dora, OWNER)])
"""
READY = "The model waits for your message"


@pytest.fixture(scope="module")
def filled(sqlite_templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """An installation with a tiny model in force, to be copied."""
    made = sqlite_templates.deployment("sqlite", tmp_path_factory.mktemp("filled") / "deployment")
    made.manage("shell", "-c", FILL)
    return made


@pytest.fixture
def deployment(filled: Deployment, tmp_path: Path) -> Iterator[Deployment]:
    installation = copy_of(filled, tmp_path / "deployment")
    yield installation
    installation.stop()


def sign_in(page: Page, username: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()


def holder(deployment: Deployment) -> psutil.Process | None:
    """Return the process that holds the model."""
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
        except psutil.Error:
            continue
        ours = any(str(deployment.folder) in part for part in command)
        if ours and "governance.runner" in command and "python" in command[0]:
            return process
    return None


def test_a_tester_talks_and_the_process_dies(deployment: Deployment, page: Page) -> None:
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if message.type == "error" else None)
    deployment.start_worker()
    sign_in(page, "erik")
    page.goto("/projects/triage/")
    page.get_by_role("link", name="Red-team sessions").click()
    accessible(page)
    page.get_by_label("Title").fill("Does it leak?")
    page.get_by_label("What you try").fill("Have it tell addresses.")
    page.get_by_role("button", name="Start").click()
    live = page.locator("#session-live")
    expect(live).to_contain_text(READY, timeout=90_000)
    page.get_by_label("Your message").fill("Where does he live?")
    page.get_by_role("button", name="Send").click()
    expect(live).to_contain_text("The model, ", timeout=60_000)
    expect(live).to_contain_text(READY, timeout=30_000)
    accessible(page)
    page.get_by_role("link", name="Grade exchange 1").click()
    page.get_by_label("medium: somebody would have to notice").check()
    page.get_by_label("Failure mode").fill("format-break")
    accessible(page)
    page.get_by_role("button", name="Grade").click()
    expect(live).to_contain_text("format-break")

    process = holder(deployment)
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)  # so that it dies before it answers, on any machine
    page.get_by_label("Your message").fill("And she?")
    page.get_by_role("button", name="Send").click()
    expect(live).to_contain_text("answering message 2")
    os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, what="the kill")
    expect(live).to_contain_text("The process that held the model has ended", timeout=60_000)
    expect(live).to_contain_text("And she?")
    expect(live).to_contain_text("Where does he live?")
    accessible(page)
    assert not [text for text in blocked if "409" not in text]
    deployment.stop()
    deployment.manage("verify_ledger")


def test_a_session_ends_with_a_frozen_transcript(deployment: Deployment, page: Page) -> None:
    deployment.start_worker()
    sign_in(page, "erik")
    page.goto("/projects/triage/sessions/")
    page.get_by_label("Title").fill("Short")
    page.get_by_label("What you try").fill("One question.")
    page.get_by_role("button", name="Start").click()
    live = page.locator("#session-live")
    expect(live).to_contain_text(READY, timeout=90_000)
    page.get_by_label("Your message").fill("Where does he live?")
    page.get_by_role("button", name="Send").click()
    expect(live).to_contain_text(READY, timeout=60_000)
    page.get_by_role("button", name="End the session").click()
    live.get_by_role("link", name="See its record").click(timeout=60_000)
    expect(page.get_by_role("heading", name="Session: Short")).to_be_visible()
    accessible(page)
