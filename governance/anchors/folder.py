"""Checkpoints as files in a folder: this machine's own, or one that is mounted from elsewhere."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from governance.anchors import Departure, Undelivered

_NAME = re.compile(r"\d{12,}\.checkpoint")


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

    def newest(self, origin: str) -> tuple[Path, str] | None:
        """Return the largest checkpoint of a log that lies here, and its text; None: none, or out of reach."""
        try:
            names = sorted((entry.name for entry in os.scandir(self.path) if _NAME.fullmatch(entry.name)), reverse=True)
            for name in names:
                text = (self.path / name).read_text(encoding="utf-8", errors="replace")
                if text.partition("\n")[0] == origin:
                    return self.path / name, text
        except OSError:
            return None  # not mounted, or never written to: the deliveries tell of it
        return None

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
