"""Chromium in tests: it opens this machine's pages and nothing else."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from tests.support import browser

pytestmark = pytest.mark.browser


@pytest.fixture
def site() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            # The same server answers there too; only Chromium can refuse.
            elsewhere = f"fetch('http://127.0.0.2:{self.connection.getsockname()[1]}/', {{mode: 'no-cors'}})"
            words = f"{elsewhere}.then(() => document.title = 'reached', () => document.title = 'refused')"
            self.wfile.write(f"<h1>Here</h1><script>{words}</script>".encode())

        def log_message(self, *arguments: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_page_opens_and_reaches_only_this_machine(site) -> None:
    with browser.open_page(site, width=360) as page:
        page.goto("/")
        assert page.locator("h1").inner_text() == "Here"
        page.wait_for_function("document.title !== ''", timeout=20_000)
        assert page.title() == "refused"
        assert page.viewport_size == {"width": 360, "height": 900}


def test_without_chromium_the_message_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RuntimeError, match="install Debian's chromium"):
        browser.program()
