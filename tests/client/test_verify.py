"""`countersign verify`: offline, three exit codes, and it says what it does not prove."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.conftest import Command
from tests.governance.proof.world import World
from tests.support.deployment import REPOSITORY


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def report(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.pdf"
    file.write_bytes(world.report(world.evidence()))
    return file


def test_a_report_that_holds(countersign: Command, world: World, report: Path) -> None:
    ran = countersign("verify", str(report), "--root", world.fingerprint)
    assert ran.code == 0, ran.out
    assert f"{report}: HOLDS" in ran.out
    assert "Does not hold" not in ran.out
    assert "This does not prove" in ran.out
    assert "Not shown by the file" in ran.out


def test_one_flipped_byte(countersign: Command, world: World, report: Path, tmp_path: Path) -> None:
    data = bytearray(report.read_bytes())
    data[len(data) // 2] ^= 1
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(data)
    ran = countersign("verify", str(bad), "--root", world.fingerprint)
    assert ran.code == 1
    assert "DOES NOT HOLD" in ran.out
    told = countersign("verify", str(bad), "--root", world.fingerprint, "--json").json
    assert told["code"] == 1
    assert [check["name"] for check in told["checks"] if check["ok"] is False]


def test_another_organisations_fingerprint(countersign: Command, report: Path) -> None:
    assert countersign("verify", str(report), "--root", "sha256:" + "0" * 64).code == 1


def test_what_could_not_be_checked(countersign: Command, world: World, report: Path, tmp_path: Path) -> None:
    assert countersign("verify", str(report)).code == 2
    assert countersign("verify", str(report), "--root", "nonsense").code == 2
    assert countersign("verify", str(tmp_path / "absent.pdf"), "--root", world.fingerprint).code == 2
    assert countersign("verify", str(tmp_path), "--root", world.fingerprint).code == 2
    text = tmp_path / "text.pdf"
    text.write_text("no PDF")
    ran = countersign("verify", str(text), "--root", world.fingerprint, "--json")
    assert (ran.code, ran.json["verdict"]) == (2, "could not be checked")


def test_it_needs_neither_django_nor_a_configuration(world: World, report: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from client.main import app\n"
        "try: app()\n"
        "except SystemExit as end: print(end.code, 'django' in sys.modules, 'httpx' in sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "verify", str(report), "--root", world.fingerprint, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, env={"HOME": str(tmp_path)})
    assert json.loads(done.stdout)["code"] == 0
    assert done.stderr.split() == ["0", "False", "False"]
