"""A ZIP whose bytes tell of nothing but its content, with the digest of each of its files."""

from governance.proof.formats import canonical
from governance.proof.formats.zip_file import ZipWriter


class Zipped(ZipWriter):
    """A ZIP while it is filled; `listed` is the SHA-256 of each file by name."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: dict[str, str] = {}
        self.weight = 0
        """bytes of all files so far"""

    def add(self, name: str, content: bytes) -> None:
        """Add a file, unless there is one of that name."""
        if name in self.listed:
            return
        super().add(name, content)
        self.listed[name] = canonical.sha256(content)
        self.weight += len(content)
