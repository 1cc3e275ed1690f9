"""`python -m client.verifier_file FILE`: make the one file that auditors carry, of this checkout and its environment.

A zipapp cannot import compiled modules from inside itself, so pex builds it: at its first run it unpacks what it holds
into a cache of its reader's. It takes the packages from the environment that runs this, asks no index, and the same
sources and packages give the same bytes. The file runs on what it was made on: this system, this minor version of
Python.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "countersign-verify.pyz"
OURS = (
    "client/__init__.py", "client/ending.py", "client/failure.py", "client/output.py", "client/verifier.py",
    "client/verify.py", "client/verify_command.py", "governance/__init__.py",
)  # fmt: skip
PROOF = "governance/proof"
PACKAGES = (
    "cryptography", "pikepdf", "pydantic", "pyhanko", "rfc3161-client", "rfc8785", "securesystemslib[crypto]", "typer"
)  # fmt: skip
# What these ask for and a verification never loads: images, XMP, and pictures of tables in a terminal.
LEFT_OUT = ("lxml", "packaging", "pillow", "rich")


def build(target: Path) -> str:
    """Write the file and return its SHA-256 in hexadecimal.

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
        command = [sys.executable, "-m", "pex", *PACKAGES, "--venv-repository", sys.executable]
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


def main(arguments: list[str]) -> int:
    """Build what the command line asks for, print its digest as sha256sum does, and return the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m client.verifier_file FILE\n")
        return 2
    target = Path(arguments[0])
    sys.stdout.write(f"{build(target)}  {target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
