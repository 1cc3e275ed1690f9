"""Verifying a file that somebody brought, as the offline verifier does, and the verifier itself to take away.

The file is hostile until its seal holds, so a process of its own reads it; nothing of it is kept.
"""

import fcntl
import hashlib
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from governance.errors import Invalid, Unavailable
from governance.selectors import apart

MOST_BYTES = 64 * 1024 * 1024  # of all that is brought at once; larger reports are for the command
MOST_SECONDS = 120
MOST_AT_ONCE = 2
VERIFIER = "countersign-verify.pyz"
_SYSTEM = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_NAMES = {"manylinux": "Linux", "macosx": "macOS"}
_PLATFORM = re.compile(r"^\.deps/pikepdf-[^/]*-cp(\d)(\d+)-([a-z]+)[^/]*?_(x86_64|amd64|aarch64|arm64)\.whl/")


def outcome(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the offline verifier says: `code`, `verdict`, `meaning`, `checks`, `left_out`, `does_not_prove`.

    `given` has what `governance.proof.__main__` asks for, with uploaded files in place of paths.

    Raises:
        Invalid: it is too much, or reading it took more memory or time than a report may.
        Unavailable: others' files are being verified.
    """
    uploads = [one for value in given.values() for one in _listed(value) if isinstance(one, UploadedFile)]
    size = sum(upload.size or 0 for upload in uploads)
    if size > MOST_BYTES:
        raise Invalid("file", f"found {size:,} bytes, expected at most {MOST_BYTES:,}; use the file to take away")
    with _slot(), tempfile.TemporaryDirectory(prefix="countersign-verifying-") as folder:
        question = {name: _spooled(Path(folder) / name, value) for name, value in given.items() if value}
        said = apart.ask("governance.proof", question, "file", "it cannot be read", bare=True, seconds=MOST_SECONDS)
    found: dict[str, Any] = json.loads(said)
    return found


@dataclass(frozen=True)
class Verifier:
    """The verifier as one file: `runs_on` names system and Python, `sha256` has the usual prefix.

    `system` is empty of the file that was made with this server's own packages; others were not run here.
    """

    path: Path
    size: int
    sha256: str
    runs_on: str
    system: str


def verifier(system: str = "") -> Verifier | None:
    """Return the file that auditors take away, for a system, or nothing: nobody made it here (`make verifier`)."""
    if system and not _SYSTEM.fullmatch(system):
        return None
    name = f"countersign-verify-{system}.pyz" if system else VERIFIER
    path = settings.COUNTERSIGN_VAR / "verifier" / name
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return _verifier(path, system, (state.st_size, state.st_mtime_ns))


def others() -> list[Verifier]:
    """Return the files that were made here for other systems (`make verifiers`), by name."""
    names = sorted(p.stem for p in (settings.COUNTERSIGN_VAR / "verifier").glob("countersign-verify-*.pyz"))
    made = [verifier(name.removeprefix("countersign-verify-")) for name in names]
    return [one for one in made if one is not None]


@lru_cache(maxsize=8)
def _verifier(path: Path, system: str, state: tuple[int, int]) -> Verifier:
    """Return what is told of the file as it was in that state (size, time of change): reading it all takes a while."""
    with zipfile.ZipFile(path) as opened:
        found = list(filter(None, map(_PLATFORM.match, opened.namelist())))
    pythons = sorted({(int(one[1]), int(one[2])) for one in found})
    places = sorted({f"{_NAMES.get(one[3], one[3])} ({one[4]})" for one in found})
    listed = ", ".join(f"{major}.{minor}" for major, minor in pythons)
    runs_on = f"Python {listed} on {' and '.join(places)}" if found else "another system"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Verifier(path, state[0], f"sha256:{digest}", runs_on, system)


def _spooled(folder: Path, value: Any) -> Any:
    """Return a value of the question with each uploaded file as the path of a copy under its own name."""
    if isinstance(value, list):
        return [_spooled(folder / str(number), one) for number, one in enumerate(value)]
    if not isinstance(value, UploadedFile):
        return value
    folder.mkdir(parents=True)
    # What is told of the file names it; Django has left nothing of the name that could lead elsewhere.
    path = folder / (value.name or "file")[-60:]
    with path.open("wb") as file:
        for chunk in value.chunks():
            file.write(chunk)
    return str(path)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@contextmanager
def _slot() -> Iterator[None]:
    """Hold one of the places there are for verifications at the same time, over all web processes."""
    folder = settings.COUNTERSIGN_VAR / "verifying"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(MOST_AT_ONCE):
        with (folder / f"{number}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield
            return
    raise Unavailable("others are having files verified just now; try again in a minute, or use the file to take away")
