"""`countersign witness`: made, told whom to follow, served, asked what it holds."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from client.main import app
from client.witness import folder as place
from governance.proof.formats.note import VerifierKey
from tests.support.deployment import REPOSITORY
from tests.support.witnesses import Log, Running, start_process, submit


def run(*arguments: str | Path) -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["witness", *map(str, arguments)], catch_exceptions=False)
    return ran.exit_code, ran.stdout + ran.stderr


def test_from_nothing_to_a_cosignature(log: Log, tmp_path: Path) -> None:
    folder = tmp_path / "witness"
    code, out = run("init", folder, "--name", "witness.test/w1")
    key = VerifierKey.from_text(out.strip())
    assert (code, key.name, key.kind) == (0, "witness.test/w1", 0x04)
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in folder.glob("*.pem")} == {0}
    assert run("serve", folder)[0] == 2  # it follows no log yet
    assert run("trust", folder, log.vkey.text()) == (0, "")
    assert run("vkey", folder) == (0, out)
    assert "nothing cosigned yet" in run("show", folder)[1]
    process, url = start_process(folder, tmp_path / "log")
    try:
        assert submit(url, log.request(0)).status_code == 200
    finally:
        process.terminate()
        assert process.wait(10) == 0
    code, out = run("show", folder)
    assert (code, f"5 entries, root {log.tree.root().hex()}" in out) == (0, True)


def test_two_histories_are_shown_with_their_proof(log: Log, witness: Running) -> None:
    witness.submit(log.request(0))
    fork = Log(key=log.key).grow(5, "another history")
    witness.submit(fork.request(0))
    code, out = run("show", witness.folder)
    assert (code, "TWO HISTORIES" in out, fork.note().split("\n")[2] in out) == (1, True, True)


def test_init_with_a_log_and_both_keys(log: Log, tmp_path: Path) -> None:
    folder = tmp_path / "witness"
    code, out = run("init", folder, "--name", "w", "--log", log.vkey.text(), "--quantum-safe")
    assert (code, [VerifierKey.from_text(line).kind for line in out.splitlines()]) == (0, [0x04, 0x06])
    assert list(place.store(folder).logs()) == [log.origin]


def test_what_is_refused(log: Log, witness: Running, tmp_path: Path) -> None:
    assert run("init", witness.folder, "--name", "w")[0] == 2
    assert run("init", tmp_path / "a", "--name", "a b")[0] == 2
    assert run("init", tmp_path / "b", "--name", "w", "--log", "nonsense")[0] == 2
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()
    assert run("trust", witness.folder, "nonsense")[0] == 2
    assert run("trust", witness.folder, witness.key.text())[0] == 2  # a witness is no log
    for command in ("serve", "vkey", "show"):
        assert run(command, tmp_path / "nowhere")[0] == 2
    for bind in ("8700", "127.0.0.1:http", ":8700"):
        assert run("serve", witness.folder, "--bind", bind)[0] == 2
    assert run("serve", witness.folder, "--bind", f"127.0.0.1:{witness.port}")[0] == 5  # taken


def test_a_witness_that_lost_its_memory_or_key_does_not_go_on(log: Log, witness: Running, tmp_path: Path) -> None:
    (witness.folder / place.STORE).rename(tmp_path / "gone")
    code, out = run("serve", witness.folder)
    assert (code, "new key" in out) == (2, True)
    (tmp_path / "gone").rename(witness.folder / place.STORE)
    (witness.folder / place.KEY).unlink()
    assert run("serve", witness.folder)[0] == 2


@pytest.mark.parametrize("command", ["--help", "show nowhere"])
def test_it_needs_neither_django_nor_a_control_plane(command: str) -> None:
    code = (
        "import sys; from client.main import app\n"
        "try: app()\n"
        "finally: print('django' in sys.modules, 'httpx' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "witness", *command.split()], capture_output=True, text=True, cwd=REPOSITORY
    )
    assert done.stderr.split()[-2:] == ["False", "False"]
