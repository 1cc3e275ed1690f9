"""The only module that knows DVC: one service-owned repository per project, written by one process at a time.

DVC is called as a command in a process of its own: it is slow to import, and its own locks give up after three
seconds. Versions are read back without it: the pointer by git, the bytes from its cache, hashed here both ways,
because DVC's own checks let altered cache objects pass.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from django.conf import settings

from governance.errors import CountersignError, Invalid
from governance.proof.formats.manifest import FileEntry, safe_path

CHUNK = 1024 * 1024
TIMEOUT = 600
AUTHOR = ("-c", "user.name=Countersign", "-c", "user.email=countersign@localhost", "-c", "commit.gpgsign=false")


class DvcError(CountersignError):
    """Git or DVC failed, or what they hold is not what a dataset document says."""

    status = 503


@dataclass(frozen=True)
class Version:
    """A dataset version as DVC and git know it."""

    commit: str
    path: str
    md5: str
    files: list[FileEntry]


def repository(project_id: str) -> Path:
    """Return where the project's managed repository lies."""
    return Path(settings.COUNTERSIGN_VAR) / "dvc" / project_id


def add(project_id: str, path: str, files: Sequence[tuple[str, Path]], message: str) -> Version:
    """Put `files` (name, where they lie) under `path` as the next version; commit the pointer; return the version.

    What stood under `path` before is replaced. Nothing is committed unless everything was written.

    Raises:
        Invalid: a path leaves its folder.
        DvcError: git or DVC failed.
    """
    for name in (path, *(name for name, _ in files)):
        try:
            safe_path(name)
        except ValueError as problem:
            raise Invalid("path", str(problem)) from None
    root = repository(project_id)
    with _one_writer(root):
        if not (root / ".git").exists():
            _begin(root)
        _clean(root)
        try:
            folder = root / path
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name, source in files:
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
            _dvc(root, "add", "-q", path)
            _git(root, "add", "-A", "--", f"{path}.dvc", str(Path(path).parent / ".gitignore"))
            _git(root, *AUTHOR, "commit", "-q", "--allow-empty", "-m", message)
            commit = _git(root, "rev-parse", "HEAD").strip()
        except BaseException:
            shutil.rmtree(root / path, ignore_errors=True)
            _clean(root)
            raise
    md5 = pointer(project_id, commit, path)
    found = _cached(project_id, md5)
    return Version(commit, path, md5, [_hash(root, name, digest) for name, digest in sorted(found.items())])


def _begin(root: Path) -> None:
    """Make the repository beside its place and move it there whole, so that a crash leaves none half made."""
    with tempfile.TemporaryDirectory(prefix=f".{root.name}-", dir=root.parent) as made:
        _git(Path(made), "init", "-q")
        _dvc(Path(made), "init", "-q")
        _git(Path(made), *AUTHOR, "commit", "-q", "-m", "Begin the project's datasets")
        for entry in [e for e in Path(made).iterdir() if e.name != ".git"]:
            shutil.rmtree(root / entry.name, ignore_errors=True)
            entry.rename(root / entry.name)
        (Path(made) / ".git").rename(root / ".git")


def _clean(root: Path) -> None:
    """Forget what a writer that failed or was killed left uncommitted. Only the holder of the lock may."""
    (root / ".git" / "index.lock").unlink(missing_ok=True)
    _git(root, "reset", "-q", "--hard")


def pointer(project_id: str, commit: str, path: str) -> str:
    """Return the digest in the pointer file at a commit, read by git alone.

    Raises:
        DvcError: no such commit or pointer, or a pointer of another shape.
    """
    text = _git(repository(project_id), "show", f"{commit}:{path}.dvc")
    try:
        (out,) = yaml.safe_load(text)["outs"]
        return str(out["md5"])
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as problem:
        raise DvcError(f"{path}.dvc at {commit[:12]} is no pointer with one output: {problem}") from None


def faults(project_id: str, commit: str, path: str, md5: str, files: Sequence[FileEntry]) -> list[str]:
    """Re-hash a version's bytes in DVC's cache and return how they differ from the document; empty when equal.

    Checked: the pointer names `md5`; the cache's listing has that MD5 itself; every file has both its hashes and size.
    """
    try:
        found = pointer(project_id, commit, path)
        if found != md5:
            return [f"the pointer at {commit[:12]} names {found}, approved is {md5}"]
        listed = _cached(project_id, md5)
    except DvcError as problem:
        return [str(problem)]
    wanted = {entry.path: entry for entry in files}
    if set(listed) != set(wanted):
        return [f"DVC lists {sorted(listed)}, approved are {sorted(wanted)}"]
    wrong = []
    for name, digest in sorted(listed.items()):
        try:
            there = _hash(repository(project_id), name, digest)
        except DvcError as problem:
            wrong.append(str(problem))
            continue
        approved = wanted[name]
        if (there.sha256, there.md5, there.size) != (approved.sha256, approved.md5, approved.size):
            wrong.append(f"{name}: found {there.sha256}, approved is {approved.sha256}")
    return wrong


def cached(project_id: str, md5: str) -> Path:
    """Return where DVC keeps the bytes of a digest."""
    return repository(project_id) / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]


def _cached(project_id: str, md5: str) -> dict[str, str]:
    """Return the MD5 of each file of a version by name; the listing itself is hashed."""
    if not md5.endswith(".dir"):
        return {"data": md5}
    try:
        content = cached(project_id, md5).read_bytes()
    except OSError as problem:
        raise DvcError(f"DVC's listing {md5} cannot be read: {problem.strerror}") from None
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if f"{found}.dir" != md5:
        raise DvcError(f"DVC's listing {md5} was altered: it hashes to {found}")
    return {entry["relpath"]: entry["md5"] for entry in json.loads(content)}


def _hash(root: Path, name: str, md5: str) -> FileEntry:
    """Hash one cached file both ways in one pass."""
    sha256, own, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    try:
        with (root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]).open("rb") as file:
            while chunk := file.read(CHUNK):
                sha256.update(chunk)
                own.update(chunk)
                size += len(chunk)
    except OSError as problem:
        raise DvcError(f"{name}: DVC's cache has no readable bytes of {md5}: {problem.strerror}") from None
    if own.hexdigest() != md5:
        raise DvcError(f"{name}: the bytes in DVC's cache hash to MD5 {own.hexdigest()}, its name says {md5}")
    return FileEntry(path=name, size=size, sha256=f"sha256:{sha256.hexdigest()}", md5=own.hexdigest())


@contextmanager
def _one_writer(root: Path) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True)
    with (root.parent / f".{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _git(root: Path, *arguments: str) -> str:
    return _run(root, "git", *arguments)


def _dvc(root: Path, *arguments: str) -> str:
    return _run(root, sys.executable, "-m", "dvc", *arguments)


def _run(root: Path, *command: str) -> str:
    with tempfile.TemporaryDirectory(prefix="countersign-dvc-") as scratch:
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": scratch,
            "TMPDIR": scratch,
            "DVC_NO_ANALYTICS": "1",
            "DVC_GLOBAL_CONFIG_DIR": scratch,
            "DVC_SYSTEM_CONFIG_DIR": scratch,
            "DVC_SITE_CACHE_DIR": scratch,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CEILING_DIRECTORIES": str(root.parent),  # a missing repository is missing, not one further up
        }
        try:
            done = subprocess.run(
                command, cwd=root, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired:
            raise DvcError(f"{command[0]} took longer than {TIMEOUT} s") from None
        except OSError as problem:
            raise DvcError(f"{command[0]} could not be run in {root.name}: {problem.strerror}") from None
    if done.returncode:
        raise DvcError(f"{' '.join(command[:4])} failed: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout
