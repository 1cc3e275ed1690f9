"""The demo's web process and worker, on a free loopback port, stopped when it ends."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.conf import settings

from governance.management.servers import Servers

START_SECONDS = 60.0


@contextmanager
def serving(logs: Path) -> Iterator[Servers]:
    """Run both until the block ends; they are there, writing to files in `logs`, once it begins.

    Raises:
        RuntimeError: they did not start.
    """
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{found.getsockname()[1]}"
    logs.mkdir(parents=True, exist_ok=True)
    environment = {"COUNTERSIGN_BACKUPS": ",".join(settings.COUNTERSIGN_BACKUPS)}
    with Servers(bind, f"http://{bind}", code=1, environment=environment, logs=logs) as servers:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(servers.url):
            if time.monotonic() > deadline or not servers.alive():
                raise RuntimeError(f"web process or worker did not start; see {logs}")
            time.sleep(0.2)
        yield servers


def _answers(url: str) -> bool:
    try:
        httpx.get(f"{url}/sign-in", timeout=2)
    except httpx.HTTPError:
        return False
    return True
