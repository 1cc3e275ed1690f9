"""Checkpoints as files in a folder: this machine's own, or one that is mounted from elsewhere."""

import os
from dataclasses import dataclass
from pathlib import Path

from governance.anchors import Departure, Undelivered


@dataclass(frozen=True)
class Folder:
    """A folder; files in it are never overwritten."""

    path: Path
    every: int = 0
    for_reports: bool = False
    proves: str = "that the ledger was so when the file was copied to where this server cannot reach it"

    @property
    def name(self) -> str:
        """The name in records."""
        return f"folder {self.path}"

    def deliver(self, departure: Departure) -> bytes:
        """Write the file, whole or not at all."""
        target = self.path / departure.file_name
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if target.exists():
                if not departure.same_history(target.read_text(encoding="utf-8")):
                    raise Undelivered(f"{target} keeps another history of {departure.size} entries; compare them")
                return b""
            scratch = target.with_suffix(f".{os.getpid()}.new")
            with scratch.open("w", encoding="utf-8") as file:
                file.write(departure.note)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(target)
        except (OSError, UnicodeDecodeError) as problem:
            raise Undelivered(f"{target} cannot be written: {problem}") from problem
        return b""
