"""A ZIP whose bytes tell of nothing but its content: as of a fixed day, stored as it is, in the order added."""

import io
import zipfile

from governance.proof import canonical


class Zipped:
    """A ZIP while it is filled; `listed` is the SHA-256 of each file by name."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._zip = zipfile.ZipFile(self._buffer, "w", zipfile.ZIP_STORED)
        self.listed: dict[str, str] = {}
        self.weight = 0
        """bytes of all files so far"""

    def add(self, name: str, content: bytes) -> None:
        """Add a file, unless there is one of that name."""
        if name in self.listed:
            return
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.external_attr, entry.create_system = 0o644 << 16, 3
        self._zip.writestr(entry, content)
        self.listed[name] = canonical.sha256(content)
        self.weight += len(content)

    def close(self) -> bytes:
        """Return the finished ZIP."""
        self._zip.close()
        return self._buffer.getvalue()
