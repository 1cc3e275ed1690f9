"""Web process and worker side by side: started together, stopped together."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings

STOP_SECONDS = 20.0
# Ctrl-C, too: a shell's background jobs begin with it ignored. And what a terminal sends that is closed.
TOLD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Servers:
    """Both processes, each with only its own keys, inside a `with` block.

    Whichever of the signals `TOLD` ends this process by then stops them first; it leaves with `code`. Another one
    meanwhile, from somebody who will not wait, makes them leave.
    """

    def __init__(
        self, bind: str, url: str, *, code: int, environment: Mapping[str, str] | None = None, logs: Path | None = None
    ) -> None:
        """Serve on `bind`, known to others by `url`; write to files in `logs`, if given, else to the terminal."""
        self.url = url
        self._bind = bind
        self._code = code
        self._environment = os.environ | {"COUNTERSIGN_URL": url, **(environment or {})}
        self._logs = logs
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        _when_told(self._leave)
        try:
            self._start("web", *gunicorn(self._bind))
            self._start("worker", sys.executable, "manage.py", "worker")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def alive(self) -> bool:
        """Return whether both still run."""
        return all(child.poll() is None for child in self._children)

    def stop(self) -> None:
        """Ask both to leave, and make them when they take too long."""
        _when_told(self._kill_all)
        for child in self._children:
            child.terminate()
        for child in self._children:
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _kill(child)
                child.wait()
        _when_told(self._leave)

    def _leave(self) -> None:
        _when_told(self._kill_all)  # from here on, so that nobody comes between this and `stop`
        sys.exit(self._code)

    def _kill_all(self) -> None:
        for child in self._children:
            _kill(child)

    def _start(self, process: str, *command: str) -> None:
        environment = {**self._environment, "COUNTERSIGN_PROCESS": process}
        if self._logs is None:
            child = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, start_new_session=True)
        else:
            with (self._logs / f"{process}.log").open("ab") as output:
                child = subprocess.Popen(
                    command,
                    cwd=settings.BASE_DIR,
                    env=environment,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        self._children.append(child)


def _when_told(act: Callable[[], None]) -> None:
    for number in TOLD:
        signal.signal(number, lambda *_: act())


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End it with the processes that it started; not with the runners, which are in sessions of their own."""
    if child.returncode is None:
        with suppress(ProcessLookupError):  # it may have left just now
            os.killpg(child.pid, signal.SIGKILL)


def gunicorn(bind: str) -> list[str]:
    """Return the command of the web process: threads, because runners stream large files beside people's pages."""
    return [
        sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", bind, "--worker-class", "gthread",
        "--workers", "2", "--threads", "8", "--timeout", "120", "--log-level", "warning",
    ]  # fmt: skip
