"""The engine's processes, forked from one that has loaded its libraries: the same programs in a tenth of the time.

Whoever accepts a result asks the engine in processes of its own, and most of what such a process does is load scipy.
Each is still a process of its own that runs the module's `__main__` from the start and answers through files and an
exit code. Processes that are not this one's (a worker, a web process) start theirs as they do everywhere; so do tests
of the starting itself, which ask for `unforked`.
"""

import os
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PROGRAMS = frozenset(
    f"evals.engine.{name}"
    for name in ("calibrating", "comparing", "judgement", "measuring", "outputs_index", "rater_agreement")
)


class Forks:
    """A process that has loaded what `PROGRAMS` need and forks into them when asked; started at the first question.

    Stands in for the module `subprocess` where that is used for nothing else.
    """

    TimeoutExpired = subprocess.TimeoutExpired

    def __init__(self) -> None:
        self._one_asks = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, command: Sequence[str], *, input: str, cwd: Path, timeout: float, **options: Any) -> Any:  # noqa: A002
        """Do what `subprocess.run(capture_output=True, text=True)` does."""
        module = command[-1]
        if list(command) != [sys.executable, "-m", module] or module not in PROGRAMS:
            return subprocess.run(command, input=input, cwd=cwd, timeout=timeout, **options)
        with (
            tempfile.TemporaryFile("w+") as asked,
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
        ):
            asked.write(input)
            asked.flush()
            asked.seek(0)
            code = self._forked(module, [asked.fileno(), out.fileno(), err.fileno()], cwd, timeout)
            return subprocess.CompletedProcess(command, code, _read(out), _read(err))

    def _forked(self, module: str, files: list[int], cwd: Path, timeout: float) -> int:
        here, there = socket.socketpair()
        with here, there:
            with self._one_asks:
                socket.send_fds(self._started(), [f"{module}\0{cwd}".encode()], [*files, there.fileno()])
            there.close()
            pid = int.from_bytes(here.recv(4), "big")
            here.settimeout(timeout)
            try:
                told = here.recv(1)
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise self.TimeoutExpired(module, timeout) from None
        return told[0] if told else -signal.SIGKILL  # it ended without a word

    def _started(self) -> socket.socket:
        if self._control is None:
            self._control, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with there:
                command = [sys.executable, "-m", "tests.support.forked", str(there.fileno())]
                self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[there.fileno()])
        return self._control

    def stop(self) -> None:
        if self._control is not None and self._process is not None:
            self._control.close()
            self._process.wait(10)


def _read(file: Any) -> str:
    file.seek(0)
    return str(file.read())


def serve(control: socket.socket) -> None:
    """Fork into what is asked until nobody asks any more."""
    import evals.engine.judgement  # noqa: F401  (and with it all that the others need)

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here: they tell how they ended themselves
    while True:
        message, files, _, _ = socket.recv_fds(control, 65_536, 4)
        if not message:
            return
        if os.fork() == 0:
            control.close()
            module, cwd = message.decode().split("\0")
            _become(module, cwd, files)
        for file in files:
            os.close(file)


def _become(module: str, cwd: str, files: list[int]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    os.chdir(cwd)
    sys.argv = [module]
    sys.modules.pop(module, None)
    code = 1
    with socket.socket(fileno=files[3]) as teller:
        teller.sendall(os.getpid().to_bytes(4, "big"))
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except BaseException:  # noqa: BLE001  (whatever it was: Python itself would end so)
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        teller.sendall(bytes([code]))
    os._exit(code)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
