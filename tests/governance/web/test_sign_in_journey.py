"""Signing in, in Chromium: password and one-time code, then a passkey of a virtual device; the account's pages."""

import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from tests.governance.web.test_journey import FILL
from tests.governance.web.test_journey import sign_in as by_password
from tests.governance.web.test_passkey_journey import device, enrol
from tests.governance.web.world import PASSWORD
from tests.support.accessibility import accessible
from tests.support.deployment import Deployment

pytestmark = pytest.mark.browser


def code(secret: str, later: int = 0) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + later)))


def sign_out(page: Page) -> None:
    page.goto("/account/")
    page.locator("details.me summary").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_password_then_code_then_passkey(deployment: Deployment, page: Page) -> None:
    deployment.manage("shell", "-c", FILL)
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text) if message.type == "error" else None)
    page.goto("/sign-in/")
    accessible(page)
    by_password(page, "olive")

    page.goto("/account/")
    accessible(page)
    page.goto("/account/codes/")
    accessible(page)
    page.get_by_text("Cannot scan?").click()
    secret = "".join(page.locator("details code").inner_text().split())
    page.get_by_label("Code that the app shows now").fill(code(secret))
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Enrol").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    expect(page.locator(".code-list li")).to_have_count(10)
    accessible(page)

    device(page.context, page)
    enrol(page, "My laptop")
    sign_out(page)

    page.get_by_label("Username").fill("olive")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    accessible(page)
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").first.click()
    expect(page.get_by_text("not the code of now")).to_be_visible()
    page.get_by_label("Code").fill(code(secret, later=1))
    page.get_by_role("button", name="Sign in").first.click()
    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()
    sign_out(page)

    page.get_by_role("link", name="Sign in with a passkey").click()
    accessible(page)
    page.get_by_role("button", name="Use my passkey").click()
    expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()
    page.goto("/account/")
    expect(page.get_by_role("main")).to_contain_text("passkey · since")
    accessible(page)
    for address in ("/account/tokens/", "/account/password/", "/access-log/", "/people/"):
        page.goto(address)
        accessible(page)
    unexpected = [text for text in blocked if "400" not in text and "409" not in text]
    assert not unexpected
