"""The whole way of a passkey in Chromium with virtual devices: enrol, vouch, sign, in force, report, verified."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from governance.proof.checks.evidence import ATTACHMENT, Evidence
from governance.proof.formats import passkey as proof
from tests.governance.web.test_journey import FILL, sign_in
from tests.governance.web.world import PASSWORD
from tests.support.accessibility import accessible
from tests.support.deployment import REPOSITORY, Deployment

pytestmark = pytest.mark.browser
FINGERPRINT = "from governance.selectors.keys import root_fingerprint; print(root_fingerprint())"


def device(context: BrowserContext, page: Page) -> Any:
    """Give a page a device of its own (WebAuthn 11: virtual authenticators)."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def enrol(page: Page, name: str) -> None:
    page.goto("/account/")
    page.get_by_role("listitem").filter(has_text="The best way to sign").get_by_role("link", name="Enrol").click()
    expect(page.get_by_role("button", name="Make the passkey")).to_have_css("opacity", "1")  # it fades in when it can
    accessible(page)
    page.get_by_label("What you call it").fill(name)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_label("Your password").press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Your passkey is enrolled")
    expect(page.get_by_role("main")).to_contain_text("waits for a voucher")
    accessible(page)


def vouch(page: Page, whose: str, *, by_passkey: bool = False) -> None:
    page.goto("/")
    accessible(page)
    page.get_by_role("link", name=f"Vouch for the passkey of {whose}").click()
    confirm = page.get_by_role("button", name="Confirm with passkey instead")
    if by_passkey:
        expect(confirm).to_have_css("opacity", "1")
    accessible(page)
    page.get_by_label("How you checked").fill("On a call, face seen")
    if by_passkey:
        confirm.click()
    else:
        expect(confirm).to_have_count(0)  # nobody vouched for theirs yet
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="I checked it").click()
    expect(page.get_by_role("main")).to_contain_text(f"{whose} can sign with it from now on")


def sign(page: Page) -> None:
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Triage release").click()
    page.get_by_label("Reason").first.fill("Read against the use case.")
    accessible(page)
    page.get_by_role("button", name="Sign with passkey").click()
    expect(page.get_by_role("main")).to_contain_text("Read against the use case.")
    accessible(page)
    expect(page.get_by_role("button", name="Sign now")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Signed by your passkey")
    expect(page.get_by_role("main")).to_contain_text("passkey (user verified)")


def test_from_enrolment_to_a_report_that_holds(deployment: Deployment, page: Page, tmp_path: Path) -> None:
    deployment.manage("shell", "-c", FILL)
    deployment.start_worker()
    browser = page.context.browser
    assert browser is not None
    blocked: list[str] = []
    carla, olive = page, browser.new_context(base_url=deployment.url, accept_downloads=True).new_page()
    for each, username in ((carla, "carla"), (olive, "olive")):
        each.on("console", lambda message: blocked.append(message.text) if message.type == "error" else None)
        sign_in(each, username)
    session, authenticator = device(carla.context, carla)
    device(olive.context, olive)
    enrol(carla, "Laptop")
    enrol(olive, "Phone")
    vouch(olive, "Carla Officer")
    vouch(carla, "Olive Owner", by_passkey=True)

    # Without its user verified the device answers nothing that the page could send.
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    carla.goto("/")
    carla.get_by_role("main").get_by_role("link", name="Triage release").click()
    carla.get_by_label("Reason").first.fill("Not me.")
    carla.get_by_role("button", name="Sign with passkey").click()
    carla.get_by_role("button", name="Sign now").click()
    expect(carla.locator("[data-passkey-told]")).to_contain_text("Nothing was done")
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True})
    sign(carla)
    sign(olive)
    expect(olive.get_by_role("main").get_by_text("in force").first).to_be_visible()
    assert [text for text in blocked if "Content Security" in text] == []

    report = reported(olive, tmp_path)
    fingerprint = deployment.manage("shell", "--no-imports", "-c", FINGERPRINT).stdout.split()[-1]
    found = verify(report, fingerprint)
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.count("passkey (user verified)") >= 2
    with pikepdf.open(report) as pdf:
        evidence = Evidence.from_bytes(pdf.attachments[ATTACHMENT].get_file().read_bytes())
    by_passkey = [text for text in evidence.signatures if proof.is_form(text.encode())]
    assert len(by_passkey) == 2
    assert all(json.loads(text)["assertion"]["signature"] for text in by_passkey)


def reported(page: Page, folder: Path) -> Path:
    page.get_by_role("article").get_by_role("link", name="Triage release").click()
    page.get_by_role("button", name="Request the evaluation-plan dossier").click()
    page.goto("/reports/")
    link = (
        page.get_by_role("row")
        .filter(has_text="Evaluation-plan dossier")
        .get_by_role("link", name="Triage release")
        .first
    )
    expect(page.get_by_role("row").filter(has_text="Evaluation-plan dossier")).to_contain_text("ready", timeout=120_000)
    with page.expect_download() as download:
        link.click()
    download.value.save_as(folder / "report.pdf")
    return folder / "report.pdf"


def verify(report: Path, fingerprint: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "client.main", "verify", str(report), "--root", fingerprint]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120)
