"""`countersign-verify.pyz`: one file, a bare Python, an empty environment, no network."""

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from client.verifier_file import LEFT_OUT, NAME, OURS, PROOF, SYSTEMS, main, platform
from tests.governance.proof.world import World
from tests.support.deployment import REPOSITORY
from tests.support.verifier import run_verifier, verifier

# Whatever would leave the machine ends the process instead, and says so; at the end it says that it was there.
OFF_LINE = """
import atexit, os, sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        os.write(2, f"{event} {arguments}".encode())
        os._exit(70)
sys.addaudithook(hook)
atexit.register(lambda: print("off line", 'django' in sys.modules, 'lxml' in sys.modules, file=sys.stderr))
"""


@pytest.fixture(scope="module")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return verifier(tmp_path_factory)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_it_answers_as_the_command_does(pyz: Path, world: World, tmp_path: Path) -> None:
    """All four answers, with nothing installed, nothing in the environment, and no way out of the machine."""
    good, damaged, kept = (tmp_path / name for name in ("report.pdf", "damaged.pdf", "kept.checkpoint"))
    good.write_bytes(world.report(world.evidence()))
    data = bytearray(good.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    other = World(keys=world.keys)
    for _ in range(world.tree.size):
        other.append("test:other:history")
    kept.write_text(other.note(world.tree.size))
    root = ("--root", world.fingerprint)
    given: list[list[str | Path]] = [[good, *root], [damaged, *root], [good], [good, *root, "--checkpoint", kept]]
    for code, arguments in enumerate(given):
        ran = run_verifier(pyz, *arguments, *(["--json"] if code else []), before=OFF_LINE)
        assert ran.returncode == code, ran.stdout + ran.stderr
        assert f"{good}: HOLDS" in ran.stdout if code == 0 else json.loads(ran.stdout)["code"] == code
        assert ran.stderr == "off line False False\n"


def test_it_holds_what_verifying_needs_and_nothing_else(pyz: Path) -> None:
    with zipfile.ZipFile(pyz) as opened:
        names = opened.namelist()
    packages = {name.split("/")[1].split("-")[0].lower() for name in names if name.startswith(".deps/") and "-" in name}
    assert {"pikepdf", "asn1crypto", "pydantic", "cryptography"} <= packages
    assert not packages & {"django", "httpx", "requests", "aiohttp", "pyhanko", *LEFT_OUT}
    ours = {name for name in names if name.startswith(("client/", "governance/")) and not name.endswith("/")}
    files = (file for file in (REPOSITORY / PROOF).rglob("*") if file.suffix in (".py", ".bin", ".json"))
    proof = {str(file.relative_to(REPOSITORY)) for file in files}
    assert ours == proof | set(OURS)
    # What a file imports, also where no report of these tests leads to it.
    modules = [REPOSITORY / name for name in ours if name.endswith(".py")]
    wanted = {root for module in modules for root in imported(module)} - set(sys.stdlib_module_names)
    held = {part for name in names if name.startswith(".deps/") for part in name.split("/")[2:3]}
    assert not {root for root in wanted if root not in held and f"{root}.py" not in held} - {
        "client",
        "governance",
        "rich",
    }


def imported(file: Path) -> set[str]:
    """Return the first parts of the names of all modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_the_same_sources_give_the_same_bytes(pyz: Path, tmp_path: Path) -> None:
    """Elsewhere on the disk, on another day, for somebody who keeps files to themself."""
    for folder in ("client", PROOF):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder, copy_function=shutil.copyfile)
    shutil.copyfile(REPOSITORY / "governance" / "__init__.py", tmp_path / "governance" / "__init__.py")
    command = [sys.executable, "-m", "client.verifier_file", str(tmp_path / NAME)]
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "TZ": "Pacific/Auckland", "PEX_COMPRESS": "false"}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, umask=0o077, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    digest = hashlib.sha256(pyz.read_bytes()).hexdigest()
    assert ran.stdout == f"{digest}  {tmp_path / NAME}\n"
    assert hashlib.sha256((tmp_path / NAME).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("arguments", [[], ["--system", "windows", "file"], ["--system", "linux-x86_64"]])
def test_usage(arguments: list[str]) -> None:
    assert main(arguments) == 2


def test_other_systems_take_the_wheels_that_are_published_for_them() -> None:
    """The tags of the pinned packages' wheels, which only the index could show otherwise."""
    for name, wheels in {
        "linux-x86_64": ("cp311-abi3-manylinux_2_34_x86_64", "cp312-cp312-manylinux_2_28_x86_64", "py3-none-any"),
        "linux-aarch64": ("cp39-abi3-manylinux2014_aarch64", "cp312-cp312-manylinux_2_28_aarch64"),
        "macos-arm64": ("cp311-abi3-macosx_11_0_arm64", "cp312-cp312-macosx_15_0_arm64"),
    }.items():
        asked = platform(SYSTEMS[name], 12)
        assert set(wheels) <= set(asked["compatible_tags"])
        assert not {"cp313-cp313-manylinux_2_28_x86_64", "cp312-cp312-win_amd64"} & set(asked["compatible_tags"])
        assert asked["marker_environment"]["sys_platform"] == ("darwin" if name.startswith("macos") else "linux")
