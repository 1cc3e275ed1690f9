"""A real server over HTTP, with a database of its own, and a home folder for each test."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection
from typer.testing import CliRunner

from client.main import app
from tests.support.cast import PASSWORD, Cast, assemble
from tests.support.stage import Stages

Command = Callable[..., "Ran"]


class Ran:
    """What a command did."""

    def __init__(self, result: Any) -> None:
        self.code = result.exit_code
        self.out = result.stdout
        self.err = result.stderr

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Keep quiet."""


class CutOff(ThreadedWSGIServer):
    """Ends open connections, too, when it stops: as a killed process would."""

    daemon_threads = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._open: list[socket.socket] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.append(request)
        super().process_request(request, client_address)

    def server_close(self) -> None:
        super().server_close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was cut is what the test wants."""


class Server:
    """The web process in a thread; it can go away and come back at the same address."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._server = CutOff(("127.0.0.1", self.port), QuietHandler)
        self._server.set_app(get_wsgi_application())
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()


def later(action: Callable[[], Any], seconds: float = 0.4) -> threading.Thread:
    """Do something in the background a little later, as the worker would."""

    def act() -> None:
        time.sleep(seconds)
        try:
            action()
        finally:
            connection.close()

    thread = threading.Thread(target=act)
    thread.start()
    return thread


@pytest.fixture
def cast(stages: Stages, state: Path, tmp_path: Path) -> Iterator[Cast]:
    with stages.committed(assemble, state, tmp_path) as made:
        yield made


@pytest.fixture
def server(cast: Cast) -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def countersign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command as a program would: no terminal, a home of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("COUNTERSIGN_URL", "COUNTERSIGN_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    # Our server speaks HTTP: reading all certificates of the machine takes longer than most commands.
    monkeypatch.setattr("client.api.httpx.Client", partial(httpx.Client, verify=False))

    def run(*arguments: str, stdin: str = "") -> Ran:
        return Ran(CliRunner().invoke(app, list(arguments), input=stdin, catch_exceptions=False))

    return run


@pytest.fixture
def erik(server: Server, countersign: Command) -> Command:
    """The command line, signed in as the engineer."""
    ran = countersign("login", server.url, "--username", "erik", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert ran.code == 0, ran.err
    return countersign
