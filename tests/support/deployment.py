"""A whole installation for one test: its own state folder and database, the web process and the worker as processes.

Nothing is shared with the test's own process but files and the loopback interface, so a test may kill what it likes.
"""

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import psutil

from tests.support.forked import Process, Servers
from tests.support.ports import answers, free_port, wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
FORKS = Servers("deployment")
atexit.register(FORKS.stop)


class Program:
    """One process of a deployment, leader of its own process group, writing to a log file."""

    def __init__(self, name: str, command: list[str], *, env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self.process = _spawn(command, env=env, output=output)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """End this one process at once (SIGKILL), as a crash would; its children live on."""
        self.process.kill()
        self.process.wait(10)

    def kill_group(self) -> None:
        """End the process and every child of its group at once, as a power cut would."""
        self._signal_group(signal.SIGKILL)
        self.process.wait(10)

    def stop(self, seconds: float = 20) -> int:
        """Ask the process to end (SIGTERM), insist after `seconds`, and return its exit code."""
        if self.running:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill_group()
        self._signal_group(signal.SIGKILL)  # children that outlived their parent
        return self.process.wait()

    def _signal_group(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.process.pid, number)
        except ProcessLookupError:
            return


def _spawn(command: list[str], *, env: Mapping[str, str], output: IO[bytes]) -> Process:
    with Path(os.devnull).open("rb") as nothing:
        return FORKS.start(command, env=env, cwd=REPOSITORY, given=nothing, out=output, err=output)


class Deployment:
    """An installation, migrated before it gets here: its state lies in `folder`, its rows in `database_url`."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.database_url = database_url
        self.port = free_port()
        self._programs: list[Program] = []

    @property
    def url(self) -> str:
        """The control plane's address, the same for people and runners; a name, because passkeys need one."""
        return f"http://localhost:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """The environment of every process of this deployment."""
        own = {
            "COUNTERSIGN_VAR": str(self.folder),
            "COUNTERSIGN_URL": self.url,
            "DATABASE_URL": self.database_url,
            "DJANGO_SETTINGS_MODULE": "tests.support.quick_settings",
            "PYTHONUNBUFFERED": "1",
            "PYTHONHASHSEED": "0",
        }
        return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | own

    def manage(
        self, *arguments: str, check: bool = True, seconds: float = 120, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `manage.py` with these arguments and return what came of it, its output as text.

        Raises:
            AssertionError: `check` is set and the exit code is not 0; the message holds both outputs.
        """
        command = [sys.executable, "manage.py", *arguments]
        result = FORKS.run(command, env=self.env | env, cwd=REPOSITORY, timeout=seconds)
        if check and result.returncode != 0:
            raise AssertionError(
                f"manage.py {' '.join(arguments)}: {result.returncode}\n{result.stdout}\n{result.stderr}"
            )
        return result

    def start_web(self, **env: str) -> Program:
        """Start gunicorn and return once it answers at `url`.

        Raises:
            RuntimeError: it ended instead; the message holds its log.
        """
        options = ["--bind", f"127.0.0.1:{self.port}", "--workers", "1", "--threads", "4", "--no-control-socket"]
        program = self._start(
            "web", [sys.executable, "-m", "gunicorn", "config.wsgi", *options], COUNTERSIGN_PROCESS="web", **env
        )
        try:
            wait_until(lambda: answers(self.url), what="gunicorn", process=program.process)
        except RuntimeError as error:
            raise RuntimeError(f"{error}:\n{self.logs()[program.name]}") from None
        return program

    def start_worker(self, **env: str) -> Program:
        """Start `manage.py worker`; a second call starts a second worker."""
        return self._start("worker", [sys.executable, "manage.py", "worker"], COUNTERSIGN_PROCESS="worker", **env)

    def start(self, name: str, *arguments: str, **env: str) -> Program:
        """Start `manage.py` with these arguments in the background, called `name` in the logs."""
        return self._start(name, [sys.executable, "manage.py", *arguments], **env)

    def logs(self) -> dict[str, str]:
        """Return everything that each program has written so far."""
        return {program.name: program.log.read_text(errors="replace") for program in self._programs}

    def stop(self) -> None:
        """End every program, then whatever else still works for this deployment (orphans of killed workers)."""
        for program in reversed(self._programs):
            program.stop()
        orphans = self.orphans()
        for orphan in orphans:
            orphan.kill()
        psutil.wait_procs(orphans, timeout=10)

    def orphans(self) -> list[psutil.Process]:
        """Return what still works in this deployment's state folder without descending from a program of its."""
        known = {os.getpid()}
        for program in self._programs:
            if program.running:
                family = psutil.Process(program.pid)
                known |= {family.pid, *(child.pid for child in family.children(recursive=True))}
        return [process for process in psutil.process_iter() if process.pid not in known and self._works_here(process)]

    def _works_here(self, process: psutil.Process) -> bool:
        own = str(self.folder)
        try:
            places = [process.cwd(), *process.cmdline(), process.environ().get("COUNTERSIGN_VAR", "")]
        except psutil.Error:
            return False
        return any(place == own or place.startswith(f"{own}/") for place in places)

    def _start(self, name: str, command: list[str], **env: str) -> Program:
        number = sum(program.name.split(" ")[0] == name for program in self._programs)
        title = name if number == 0 else f"{name} {number + 1}"
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        program = Program(title, command, env=self.env | env, log=logs / f"{title.replace(' ', '-')}.log")
        self._programs.append(program)
        return program
