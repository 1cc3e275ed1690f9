"""Which code this installation runs: what a run specification states is compared with it at launch and at issue."""

import hashlib
import subprocess
from pathlib import Path

from django.conf import settings

from training.trainers.spec import Code

LOCKFILE = "constraints.txt"
UNKNOWN = "unknown"


def here() -> Code:
    """Return commit, whether the tree has changes, and the lock file's digest; the commit is "unknown" without git."""
    commit = _git("rev-parse", "HEAD") or UNKNOWN
    lock = (Path(settings.BASE_DIR) / LOCKFILE).read_bytes()
    return Code(
        commit=commit,
        dirty=commit == UNKNOWN or bool(_git("status", "--porcelain")),
        lockfile_sha256=f"sha256:{hashlib.sha256(lock).hexdigest()}",
    )


def faults(stated: Code) -> str:
    """Return how the code here differs from what a specification states, in words; "" when it does not."""
    found = here()
    if stated.commit == UNKNOWN:
        return "the specification names no commit"
    if found.commit != stated.commit:
        return f"the code here is at {found.commit[:12]}, the specification names {stated.commit[:12]}"
    if found.lockfile_sha256 != stated.lockfile_sha256:
        return f"the lock file here is {found.lockfile_sha256}, the specification names {stated.lockfile_sha256}"
    if found.dirty and not stated.dirty:
        return "the code here has changes that were not committed, the specification says it has none"
    return ""


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607  (wherever this machine has it)
        capture_output=True,
        text=True,
        cwd=settings.BASE_DIR,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
