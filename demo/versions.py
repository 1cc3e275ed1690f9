"""The demo's dataset versions as this repository's own DVC pipeline knows them (`dvc.yaml`, `dvc.lock`).

`python -m demo.versions v2` writes a version where the pipeline expects it; `dvc repro` runs it for both. The rows are
made from pinned packages, so the lock file's digests hold on every machine.
"""

import hashlib
import sys
from pathlib import Path

import yaml

from demo import data

ROOT = Path(__file__).resolve().parents[1]
CACHE = ROOT / "var" / "cache"


class OtherBytes(Exception):
    """The rows made here are not those the lock file names."""


def folder(version: str) -> Path:
    """Return where the pipeline keeps a version, relative to the repository."""
    return Path("demo") / "datasets" / version


def check(version: str, path: Path) -> None:
    """Compare rows just made with the digest in `dvc.lock`.

    Raises:
        OtherBytes: they differ: the sources or the code that makes the rows changed without a new lock.
    """
    lock = yaml.safe_load((ROOT / "dvc.lock").read_text())
    (out,) = lock["stages"][f"rows@{version}"]["outs"]
    found = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    if found != out["md5"]:
        raise OtherBytes(f"{path.name} of {version} has MD5 {found}, dvc.lock says {out['md5']}; run dvc repro")


def main() -> int:
    """Write the versions named on the command line; return the exit code."""
    for version in data.VERSIONS:
        if version in sys.argv[1:]:
            data.write_training(version, ROOT / folder(version), CACHE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
