"""What an evaluation has answered so far, on disk, so that one that was killed goes on where it was.

The journal lies in the attempt's directory: a first line that says what the answers are answers to (`binding`), then
a line per answer. A batch is flushed to the disk before the next one is asked for. A kill in the middle of writing
leaves a torn end: reading keeps everything before the first line that is none and cuts the rest off.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from evals.engine.answers import Answer
from evals.engine.backends.base import Key
from governance.proof.formats.canonical import dumps, sha256

FOLDER = "journal"
"""The journal's folder in the attempt's directory; executors hand it on to the next attempt of the same job."""
FILE = "answers.jsonl"


def binding(spec: str, inputs: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """Return the digest of everything answers depend on.

    That is the specification, every input by name and digest (documents, cases, model), and the versions of the code.
    """
    return sha256(dumps({"spec": spec, "inputs": dict(inputs), "environment": dict(environment)}))


def source() -> str:
    """Return the digest of the engine's own source: answers of another engine are not gone on with."""
    root = Path(__file__).parent
    files = {str(path.relative_to(root)): sha256(path.read_bytes()) for path in sorted(root.rglob("*.py"))}
    return sha256(dumps(files))


class Journal:
    """The answers of one evaluation, kept as they come. Use it as a context manager."""

    def __init__(self, folder: Path, bound: str, file: str = FILE) -> None:
        """Open the journal `file` in `folder`, begun anew unless what lies there is bound to the very same digest."""
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / file
        self.answers: dict[Key, Answer] = {}
        self._file: BinaryIO = self._open({"binding": bound})
        _sync_folder(folder)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, batch: Mapping[Key, Answer]) -> None:
        """Keep the answers of a batch; they are on the disk when this returns."""
        self._file.write(b"".join(_line({"id": key[0], "repeat": key[1], **asdict(batch[key])}) for key in batch))
        self._sync()
        self.answers.update(batch)

    def _open(self, header: dict[str, str]) -> BinaryIO:
        file = self._path.open("r+b" if self._path.exists() else "w+b")
        whole = 0
        for number, line in enumerate(file):
            found = _read(line)
            if found is None or (number == 0 and found != header):
                break
            if number:
                key = str(found.pop("id")), int(found.pop("repeat"))
                self.answers[key] = Answer(**found)
            whole += len(line)
        file.seek(whole)
        file.truncate()
        self._file = file
        if not whole:
            file.write(_line(header))
        self._sync()
        return file

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())


def _line(value: dict[str, Any]) -> bytes:
    # Plain JSON, because seconds are kept to the last bit here; the digest in front tells a torn line from a whole one.
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return sha256(text).removeprefix("sha256:")[:16].encode() + b" " + text + b"\n"


def _read(line: bytes) -> dict[str, Any] | None:
    """Return what a line of the journal holds, None if it is torn."""
    mark, _, text = line.removesuffix(b"\n").partition(b" ")
    if not line.endswith(b"\n") or mark.decode("ascii", "replace") != sha256(text).removeprefix("sha256:")[:16]:
        return None
    found: dict[str, Any] = json.loads(text)
    return found


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
