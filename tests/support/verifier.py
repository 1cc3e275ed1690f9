"""The file that auditors carry, built once for all processes of a test run, and a bare interpreter to run it."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from client.verifier_file import NAME, build

PYTHON = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"


def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file, in a folder that all processes of this test run share."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    file = folder / "verifier" / NAME
    file.parent.mkdir(exist_ok=True)
    with (file.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            build(file)
    return file


def run_verifier(file: Path, *arguments: str | Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run the file in an empty environment by the bare interpreter; `before` is code that runs first, in its process.

    Only the cache that it unpacks itself into is kept, beside the file, so that a test run unpacks it once.
    """
    code = f"{before}\nimport runpy, sys\nsys.argv = sys.argv[1:]\nrunpy.run_path(sys.argv[0], run_name='__main__')"
    how = ["-c", code] if before else []
    return subprocess.run(
        [PYTHON, "-I", "-S", *how, file, *arguments],
        env={"PEX_ROOT": str(file.parent / "cache")},
        cwd=file.parent,
        capture_output=True,
        text=True,
    )
