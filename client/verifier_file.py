"""`python -m client.verifier_file FILE`: make the one file that auditors carry, of this checkout and its environment.

A zipapp cannot import compiled modules from inside itself, so pex builds it: at its first run it unpacks what it holds
into a cache of its reader's. It takes the packages from the environment that runs this, asks no index, and the same
sources and packages give the same bytes. The file runs on what it was made on: this system, this minor version of
Python.

With `--system NAME` it is made for another system, and for several versions of Python: the same packages, in the
pinned versions, as the package index has them compiled for it. What is made for another system was not run here.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging import tags

ROOT = Path(__file__).resolve().parent.parent
NAME = "countersign-verify.pyz"
OURS = (
    "client/__init__.py", "client/ending.py", "client/failure.py", "client/output.py", "client/verifier.py",
    "client/verify.py", "client/verify_command.py", "governance/__init__.py",
)  # fmt: skip
PROOF = "governance/proof"
PACKAGES = (
    "asn1crypto", "cryptography", "pikepdf", "pydantic", "rfc3161-client", "rfc8785", "securesystemslib[crypto]",
    "typer",
)  # fmt: skip
# What these ask for and a verification never loads: images, XMP, and pictures of tables in a terminal.
LEFT_OUT = ("lxml", "packaging", "pillow", "rich")
MINORS = (11, 12, 13)
"""the versions of Python 3 that a file for a named system runs on"""


@dataclass(frozen=True)
class System:
    """A system that files can be made for: how Python names it, its processor, and the tags of wheels that it takes.

    The tags are those of glibc 2.34 or of macOS 15, the oldest that the pinned packages are compiled for.
    """

    name: str
    processor: str
    tags: Sequence[str]


def _glibc(processor: str) -> list[str]:
    return [f"manylinux_2_{minor}_{processor}" for minor in range(34, 16, -1)] + [f"manylinux2014_{processor}"]


SYSTEMS = {
    "linux-x86_64": System("Linux", "x86_64", _glibc("x86_64")),
    "linux-aarch64": System("Linux", "aarch64", _glibc("aarch64")),
    "macos-arm64": System("Darwin", "arm64", list(tags.mac_platforms(version=(15, 0), arch="arm64"))),
}
"""There is none for macOS on Intel: cryptography is not compiled for it any more in the pinned version."""


def platform(system: System, minor: int) -> dict[str, Any]:
    """Return a system with a version of Python as pex wants it: its markers (PEP 508) and tags (PEP 425)."""
    interpreter, version = f"cp3{minor}", (3, minor)
    accepted = [
        *tags.cpython_tags(version, abis=[interpreter], platforms=system.tags),
        *tags.compatible_tags(version, interpreter=interpreter, platforms=system.tags),
    ]
    markers = {
        "implementation_name": "cpython",
        "implementation_version": f"3.{minor}.0",
        "os_name": "posix",
        "platform_machine": system.processor,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": system.name,
        "platform_version": "",
        "python_full_version": f"3.{minor}.0",
        "python_version": f"3.{minor}",
        "sys_platform": system.name.lower(),
    }
    return {"marker_environment": markers, "compatible_tags": [str(one) for one in accepted]}


def build(target: Path, system: str | None = None) -> str:
    """Write the file, for this interpreter or for one of `SYSTEMS`, and return its SHA-256 in hexadecimal.

    Raises:
        subprocess.CalledProcessError: pex could not; it has said why on standard error.
    """
    with tempfile.TemporaryDirectory(prefix="countersign-verifier-") as folder:
        sources, made = Path(folder) / "sources", Path(folder) / NAME
        proof = sorted(file for file in (ROOT / PROOF).rglob("*") if file.suffix in (".py", ".bin", ".json"))
        for file in [*(ROOT / name for name in OURS), *proof]:
            copy = sources / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
            copy.chmod(0o644)
        command = [sys.executable, "-m", "pex", *PACKAGES, *_from(system, Path(folder))]
        command += [part for name in LEFT_OUT for part in ("--exclude", name)]
        command += ["--sources-directory", str(sources), "--entry-point", "client.verifier:app"]
        # Names and times of the machine stay out: the shebang of any Python 3, and no compiled files.
        command += ["--python-shebang", "/usr/bin/env python3", "--no-compile", "--no-use-system-time"]
        command += ["--no-rc", "--no-strip-pex-env", "--disable-cache", "--output-file", str(made)]
        own = {name: value for name, value in os.environ.items() if not name.startswith("PEX_")}
        subprocess.run(command, check=True, cwd=folder, env=own, stdout=sys.stderr)
        target.parent.mkdir(parents=True, exist_ok=True)
        # Whoever downloads the old one while this goes on gets the old one, whole.
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copyfile(made, beside)
        beside.chmod(0o755)
        beside.replace(target)
    return hashlib.sha256(target.read_bytes()).hexdigest()


def _from(system: str | None, folder: Path) -> list[str]:
    """Return where the packages come from: the environment that runs this, or the index, pinned, for another system."""
    if system is None:
        return ["--venv-repository", sys.executable]
    asked = ["--constraints", str(ROOT / "constraints.txt"), "--no-build"]
    for minor in MINORS:
        file = folder / f"{minor}.json"
        file.write_text(json.dumps(platform(SYSTEMS[system], minor)))
        asked += ["--complete-platform", str(file)]
    return asked


def main(arguments: list[str]) -> int:
    """Build what the command line asks for, print its digest as sha256sum does, and return the exit code."""
    system = arguments.pop(1) if len(arguments) == 3 and arguments[0] == "--system" else None
    if len(arguments) != (1 if system is None else 2) or (system is not None and system not in SYSTEMS):
        sys.stderr.write(f"usage: python -m client.verifier_file [--system {'|'.join(SYSTEMS)}] FILE\n")
        return 2
    target = Path(arguments[-1])
    sys.stdout.write(f"{build(target, system)}  {target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
