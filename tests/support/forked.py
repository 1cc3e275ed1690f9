"""Processes forked from one that has loaded their libraries: the same programs without most of the wait.

The tests start hundreds of processes, and most of what such a process does is load what all of them load. Each is still
a process of its own, leader of its own session, that runs its program from the start with its own arguments, folder
and environment, reads the settings itself, and may be killed. What starts processes itself (a worker its runners,
`manage.py run` and the demo all of theirs) starts them as everywhere outside the tests.

Processes with the same settings module come from a process in which Django's applications are loaded (`preload.apps`);
whoever names none comes from one that has not asked for settings.
"""

import gc
import io
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from tests.support import preload

ENGINE = frozenset(
    f"evals.engine.{name}"
    for name in ("calibrating", "comparing", "judgement", "measuring", "outputs_index", "rater_agreement")
)
ASKED = dict.fromkeys(ENGINE | {"training.custody.compare"}, "engine") | {
    "evals.formats": "formats",
    "training.lifecycle.feeds": "feeds",
    "training.lifecycle.feeds.fetch": "feeds",
    "dvc": "dvc",
}
LOADED = {
    "engine": preload.ENGINE,
    "formats": preload.FORMATS,
    "feeds": preload.FEEDS,
    "deployment": preload.DEPLOYMENT,
    "dvc": preload.DVC,
}
ALWAYS = {"PYTHONHASHSEED": "0", "PYTHONUNBUFFERED": "1"}  # decided when an interpreter starts, so not by each process
SETTINGS = "DJANGO_SETTINGS_MODULE"  # each process has its own
LONGEST = 200_000  # bytes of what is asked


class Process:
    """A process that `Server.start` made; what tests use of `subprocess.Popen`."""

    def __init__(self, command: Sequence[str], teller: socket.socket) -> None:
        self.args = list(command)
        self.returncode: int | None = None
        self._teller = teller
        told = teller.recv(4)
        if not told:
            raise RuntimeError(f"{' '.join(command)}: what forks into it has ended; it wrote why to the standard error")
        self.pid = int.from_bytes(told, "big")

    def poll(self) -> int | None:
        """Return the exit code, negative for the signal that ended it, or None while it runs."""
        if self.returncode is None and select.select([self._teller], [], [], 0)[0]:
            self._end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once there is one.

        Raises:
            TimeoutExpired: there is none after `timeout` seconds.
        """
        if self.returncode is None:
            if not select.select([self._teller], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self._end()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _end(self) -> None:
        told = self._teller.recv(4)
        self._teller.close()
        self.returncode = int.from_bytes(told, "big", signed=True) if told else -signal.SIGKILL


class Server:
    """A process that has loaded `LOADED[name]` and forks into programs when asked; started at the first question.

    With `settings` it has loaded the applications of that settings module too.
    """

    def __init__(self, name: str, settings: str = "") -> None:
        self._name = name
        self._settings = settings
        self._one_asks = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, out: IO[Any], err: IO[Any], given: IO[Any]
    ) -> Process:
        """Start this interpreter with a script, `-m` and a module, or `-c` and code, and arguments."""
        if command[0] != sys.executable:
            raise ValueError(f"expected a program of {sys.executable}, found {command[0]}")
        asked = json.dumps({"arguments": command[1:], "env": dict(env), "cwd": str(cwd)}).encode()
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there, self._one_asks:
            files = [given.fileno(), out.fileno(), err.fileno(), there.fileno()]
            socket.send_fds(self._started(), [asked], files)
        return Process(command, here)

    def run(
        self,
        command: Sequence[str],
        *,
        timeout: float,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        input: str = "",  # noqa: A002 - as subprocess names it
        stdin: Any = None,
        stdout: Any = subprocess.PIPE,
        text: bool = False,
        **captured: Any,
    ) -> subprocess.CompletedProcess[Any]:
        """Do what `subprocess.run` does when asked to capture what is not given a file."""
        if not captured.keys() <= {"capture_output", "stderr", "check"} or captured.get("check"):
            raise ValueError(f"expected to capture what the program writes, found {captured}")
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(input.encode())
            given.seek(0)
            process = self.start(
                command,
                env=os.environ if env is None else env,
                cwd=cwd,
                out=out if stdout == subprocess.PIPE else stdout,
                err=err,
                given=given if stdin in (None, subprocess.DEVNULL) else stdin,
            )
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
            wrote = [_read(file, text) for file in (out, err)]
            return subprocess.CompletedProcess(command, code, *wrote)

    def stop(self) -> None:
        """End it; what it started goes on."""
        if self._control is not None and self._process is not None:
            self._control.close()
            self._process.wait(10)
            self._control = None

    def _started(self) -> socket.socket:
        if self._control is None:
            self._control, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with there:
                command = [
                    sys.executable,
                    "-m",
                    "tests.support.forked",
                    self._name,
                    str(there.fileno()),
                    self._settings,
                ]
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    pass_fds=[there.fileno()],
                    env={name: value for name, value in os.environ.items() if name != SETTINGS} | ALWAYS,
                    cwd=Path(__file__).parents[2],
                )
        return self._control


class Servers:
    """The servers of whole processes, one for each settings module that is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._servers: dict[str, Server] = {}

    def start(self, command: Sequence[str], *, env: Mapping[str, str], **options: Any) -> Process:
        return self._of(env).start(command, env=env, **options)

    def run(
        self, command: Sequence[str], *, env: Mapping[str, str], **options: Any
    ) -> subprocess.CompletedProcess[str]:
        return self._of(env).run(command, env=env, text=True, **options)

    def stop(self) -> None:
        for server in self._servers.values():
            server.stop()

    def _of(self, env: Mapping[str, str]) -> Server:
        settings = env.get(SETTINGS, "")
        return self._servers.setdefault(settings, Server(self._name, settings))


class Forks:
    """Some programs, forked. Stands in for the module `subprocess` where that is used for little else.

    Whoever accepts a result asks the engine in processes of its own, and so are files of cases, the feeds of release
    days and DVC read. Most of what such a process does is load scipy, pydantic's models or DVC. Tests of the starting
    itself ask for `unforked`.
    """

    DEVNULL, PIPE, TimeoutExpired = subprocess.DEVNULL, subprocess.PIPE, subprocess.TimeoutExpired

    def __init__(self, programs: Mapping[str, str]) -> None:
        self._programs = programs
        self._servers = {name: Server(name) for name in set(programs.values())}

    def run(self, command: Sequence[str], *, timeout: float, **options: Any) -> Any:
        """Do what `subprocess.run` does when asked to capture what is not given a file."""
        program, *arguments = command
        if program != sys.executable or arguments[0] != "-m" or arguments[1] not in self._programs:
            return subprocess.run(command, timeout=timeout, **options)
        return self._servers[self._programs[arguments[1]]].run(command, timeout=timeout, **options)

    def stop(self) -> None:
        for server in self._servers.values():
            server.stop()


def _read(file: IO[bytes], text: bool) -> str | bytes:
    file.seek(0)
    with io.TextIOWrapper(file) as words:
        return words.read() if text else words.buffer.read()


def serve(control: socket.socket) -> list[str]:
    """Fork into what is asked until nobody asks any more; only what was forked returns, with what it shall run."""
    woken, wake = socket.socketpair()
    woken.setblocking(False)
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    tellers: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([control, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            _tell(tellers)
        if control not in ready:
            continue
        message, files, _, _ = socket.recv_fds(control, LONGEST, 4)
        if not message:
            sys.exit()
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for one in (control, woken, wake, *tellers.values()):
                one.close()
            return _become(files, **json.loads(message))
        tellers[pid] = socket.socket(fileno=files[3])
        for file in files[:3]:
            os.close(file)


def _tell(tellers: dict[int, socket.socket]) -> None:
    """Tell whoever asked for them how processes have ended."""
    while tellers:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with tellers.pop(pid) as teller:
            try:
                teller.send(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
            except ConnectionError:
                continue  # nobody wants to know any more


def _become(files: list[int], arguments: list[str], env: dict[str, str], cwd: str) -> list[str]:
    """Make of this fork what the interpreter makes of a new process; return the arguments."""
    os.setsid()
    os.write(files[3], os.getpid().to_bytes(4, "big"))
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    preload.forget_settings()
    return arguments


def run(arguments: list[str]) -> None:
    """Run a script, a module or code as the interpreter's own command line would."""
    first, *rest = arguments
    folder, sys.argv = str(Path.cwd()), arguments
    if first in ("-m", "-c"):
        sys.argv = [first, *rest[1:]]
    else:
        folder = str(Path(first).resolve().parent)
    paths = os.environ.get("PYTHONPATH")
    sys.path[:1] = [folder, *(paths.split(os.pathsep) if paths else [])]
    if first == "-m":
        if not hasattr(sys.modules.get(rest[0]), "__path__"):  # a package is run by its __main__
            sys.modules.pop(rest[0], None)
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif first == "-c":
        exec(rest[0], {"__name__": "__main__", "__builtins__": __builtins__})
    else:
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    preload.load(LOADED[sys.argv[1]])
    if sys.argv[3]:
        preload.apps(sys.argv[3])
    gc.collect()
    gc.freeze()
    run(serve(socket.socket(fileno=int(sys.argv[2]))))
