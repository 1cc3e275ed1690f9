"""Debian's Chromium under Playwright: a fresh profile for each test, and no request leaves this machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

from tests.support.accessibility import ON_EVERY_PAGE

# The last four keep Chromium from calling its maker's services, which the tests must never need.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    # No name and no address leads anywhere but to this machine. (Routing requests through the test would do it too, but
    # then Chromium keeps no file that a page has fetched, and each request passes through two more processes.)
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
# The first is Chromium without its windows, which takes half the processor time; Chromium has to do where it is not.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def program() -> str:
    """Return the path of Chromium.

    Raises:
        RuntimeError: there is none on PATH; the message says what to install.
    """
    for name in PROGRAMS:
        if path := shutil.which(name):
            return path
    raise RuntimeError(
        f"Chromium: found none of {', '.join(PROGRAMS)} on PATH; run .ci/system-packages or install Debian's chromium"
    )


@contextmanager
def open_page(base_url: str, *, width: int = 1280, height: int = 900) -> Iterator[Page]:
    """Open an empty page whose relative addresses start at `base_url`; refuse every request that leaves the machine.

    Playwright keeps an event loop in the calling thread while the page is open, so a test that uses it must not touch
    Django's ORM in its own process: drive a `Deployment`.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=FLAGS)
        try:
            context = browser.new_context(
                base_url=base_url, viewport={"width": width, "height": height}, accept_downloads=True
            )
            context.add_init_script(ON_EVERY_PAGE)
            yield context.new_page()
        finally:
            browser.close()
