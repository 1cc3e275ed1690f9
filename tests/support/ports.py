"""Free loopback ports, and waiting for what answers on them."""

import socket
import subprocess
import time
from collections.abc import Callable

import httpx

from tests.support.forked import Process


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    ready: Callable[[], bool],
    *,
    what: str,
    seconds: float = 30,
    process: subprocess.Popen[bytes] | Process | None = None,
) -> None:
    """Return once `ready()` is true: asked often at first, and four times a second when it takes its time.

    Raises:
        RuntimeError: the `process` behind it has ended.
        TimeoutError: `seconds` have passed.
    """
    began = time.monotonic()
    while not ready():
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"{what}: ended with {process.returncode} before it was ready")
        taken = time.monotonic() - began
        if taken > seconds:
            raise TimeoutError(f"{what}: not ready after {seconds:g} s")
        time.sleep(min(0.05 + taken / 20, 0.25))


def answers(url: str) -> bool:
    """Return whether a web server gives any answer at all at `url`, were it a refusal."""
    try:
        httpx.get(url, timeout=5, verify=False)  # reading all certificates of the machine takes longer than the answer
    except httpx.TransportError:
        return False
    return True
