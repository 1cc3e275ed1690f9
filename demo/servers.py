"""The demo's web process and worker, on a free loopback port, stopped when it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import httpx
from django.conf import settings

START_SECONDS = 60.0
STOP_SECONDS = 20.0


class Servers:
    """A web process (for runners to report to) and a worker, each with only its own keys."""

    def __init__(self, base: Path, var: Path) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.bind = f"127.0.0.1:{found.getsockname()[1]}"
        self.url = f"http://{self.bind}"
        self._base, self._var = base, var
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Servers":
        from governance.management.commands.run import gunicorn

        self._start("web", *gunicorn(self.bind))
        self._start("worker", sys.executable, "manage.py", "worker")
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"{self.url}/sign-in", timeout=2)
                return self
            except httpx.HTTPError:
                if time.monotonic() > deadline or any(c.poll() is not None for c in self._children):
                    self.__exit__(None, None, None)
                    raise RuntimeError(f"web process or worker did not start; see {self._var / 'demo'}") from None
                time.sleep(0.2)

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for child in self._children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in self._children:
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def alive(self) -> bool:
        """Return whether both still run."""
        return all(child.poll() is None for child in self._children)

    def _start(self, process: str, *command: str) -> None:
        log = self._var / "demo" / f"{process}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"COUNTERSIGN_PROCESS": process, "COUNTERSIGN_URL": self.url}
        environment["COUNTERSIGN_BACKUPS"] = ",".join(settings.COUNTERSIGN_BACKUPS)
        with log.open("ab") as output:
            self._children.append(
                subprocess.Popen(
                    command, cwd=self._base, env=environment, stdout=output, stderr=output, start_new_session=True
                )
            )
