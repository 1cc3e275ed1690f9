"""Every page in Chromium, wide and narrow, light and dark: axe finds nothing, nothing sticks out, all is reachable.

The list of pages is held against the table of URLs, so that a new page cannot be left out.
"""

import json
from collections import Counter
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from playwright.sync_api import Page

from evals.web import urls as evals_urls
from governance.web import sign_in_urls, urls
from tests.governance.web.test_doors import CHANGES
from tests.governance.web.test_journey import sign_in
from tests.governance.web.world import World
from tests.support.accessibility import BY_COLOUR, COLOURS, NARROW, OFF, SCHEMES, violations
from tests.support.deployment import Deployment
from training.web import urls as training_urls

# What answers with a file, which no browser draws.
FILES = {
    "attachment", "canonical-bytes", "cases-download", "checkpoint", "checkpoint-timestamp", "due-calendar", "due-csv",
    "failures-download", "keyrings", "ledger-consistency", "ledger-proof", "quality-findings", "report-file",
    "signatures-csv", "candidates-download", "inspect-log", "verifier", "register-csv", "reconciliation-csv",
    "report-renewal",
    "document-export", "draft-preview",
}  # fmt: skip
# Parts that a page fetches, and holds itself when it is loaded.
PARTS = {"run-progress", "session-live", "report-rows", "project-report-rows", "grading-agreement", "arm-differences"}
# Steps of signing in, each of which needs the one before: test_sign_in_journey looks at what they draw.
SIGN_IN = {"sign-in", "sign-out", "account_login", "sign-in-again", "sso", "sso-callback", "sign-in-passkey"} | {
    "mfa_authenticate"
}

# What a file was understood as, which is there once one was read: test_cases_pages looks at it.
AFTER_A_FILE = {"cases-understood"}

FILL = """
import json
from tests.governance.web import world
from tests.governance.web.addresses import every_page
found = every_page(world.build()).items()
print(json.dumps([[user.username, name, url] for name, (user, url) in found]))
"""

STICKING_OUT = """() => [...document.querySelectorAll("main *")].filter((part) => {
  const box = part.getBoundingClientRect();
  if (!box.width || box.right <= document.documentElement.clientWidth + 1 || part.closest("details:not([open])"))
    return false;
  for (let up = part.parentElement; up; up = up.parentElement)
    if (getComputedStyle(up).overflowX !== "visible") return false;
  return true;
}).map((part) => part.outerHTML.slice(0, 80))"""

OUT_OF_REACH = """() => [...document.querySelectorAll("main *")].filter((part) =>
  ["auto", "scroll"].includes(getComputedStyle(part).overflowX) && part.scrollWidth > part.clientWidth + 1
  && part.tabIndex < 0 && !part.querySelector("a, button, input")
).map((part) => part.outerHTML.slice(0, 80))"""


def _name(url: str) -> str | None:
    return resolve(urlsplit(url).path).url_name


def test_the_list_of_pages_is_whole(world: World, addresses: dict) -> None:
    looked_at = {_name(url) for _, url in addresses.values()}
    patterns = [*urls.urlpatterns, *sign_in_urls.urlpatterns, *training_urls.urlpatterns, *evals_urls.urlpatterns]
    left = CHANGES | FILES | SIGN_IN | AFTER_A_FILE | {"grading-close", "grading-abandon"}
    assert {pattern.name for pattern in patterns} - left == looked_at


def test_files_are_files(world: World, as_) -> None:
    """A page cannot hide among them: each is served by a view that draws no template of a page."""
    for name in ("due-csv", "signatures-csv", "keyrings"):
        pattern = next(p for p in urls.urlpatterns if p.name == name)
        assert not as_(world.auditor).get(f"/{pattern.pattern}")["Content-Type"].startswith("text/html")


@pytest.mark.browser
@pytest.mark.timeout(900)
def test_every_page_is_accessible(deployment: Deployment, page: Page) -> None:
    pages = json.loads(deployment.manage("shell", "--no-imports", "-c", FILL).stdout.splitlines()[-1])
    faults: list[str] = []
    seen: Counter[bool] = Counter()
    schemes = [*SCHEMES]
    for user in sorted({user for user, _, _ in pages}):
        page.context.clear_cookies()
        sign_in(page, user)
        for _, name, url in (one for one in pages if one[0] == user and _name(one[2]) not in PARTS):
            page.goto(url)
            alike = False
            for scheme, alike, violated in violations(page, schemes):
                for found in violated:
                    faults.append(f"{name}, {scheme}: {found['id']}: {[node['html'][:120] for node in found['nodes']]}")
                if alike:
                    continue
                for width in (NARROW, 1280):
                    page.set_viewport_size({"width": width, "height": 900})
                    for problem in (STICKING_OUT, OUT_OF_REACH):
                        faults += [f"{name}, {scheme} at {width}: {html}" for html in page.evaluate(problem)]
            seen[alike] += 1
            schemes.reverse()  # the next page begins in the scheme that this one ended in
    assert set(page.evaluate(BY_COLOUR)) - OFF == set(COLOURS)
    assert seen[True] > 9 * seen[False], "the schemes no longer place things alike"
    assert not faults, "\n".join(faults)
