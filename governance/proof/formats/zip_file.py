"""ZIPs as Countersign writes them: each file stored as it is, of one fixed day, one after the other, and nothing else.

A ZIP says twice which files it holds, and can hold bytes that neither tells of: programs that unpack it do not agree on
what is in such a file. So what is read is written again, and must be the same to the byte.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from types import TracebackType
from typing import Self

_DAY = (1980, 1, 1, 0, 0, 0)
_ATTRIBUTES = 0o644 << 16  # an ordinary file that everybody may read
_UNIX = 3
# Of plain letters: nothing that leads out of a folder, and no name that is another one elsewhere.
_NAME = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]*/)*[A-Za-z0-9][A-Za-z0-9._-]*")


class ZipError(ValueError):
    """The bytes are no ZIP of ours."""


class ZipWriter:
    """A ZIP while it is filled, in a `with` block; the same files in the same order give the same bytes."""

    def __init__(self) -> None:
        self._buffer = io.BytesIO()
        self._zip = zipfile.ZipFile(self._buffer, "w", zipfile.ZIP_STORED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # One that is given up must not be finished when it is thrown away, since its buffer may go before it.
        self._zip.close()

    def add(self, name: str, content: bytes) -> None:
        """Add a file."""
        entry = zipfile.ZipInfo(name, _DAY)
        entry.external_attr, entry.create_system = _ATTRIBUTES, _UNIX
        self._zip.writestr(entry, content)

    def close(self) -> bytes:
        """Return the finished ZIP."""
        self._zip.close()
        return self._buffer.getvalue()


def is_zip(beginning: bytes) -> bool:
    """Return whether bytes begin as those of a ZIP with a file in it do."""
    return beginning.startswith(b"PK\x03\x04")


def read_zip(data: bytes) -> dict[str, bytes]:
    """Return the files of a ZIP by name, in its order.

    Raises:
        ZipError: it holds something packed, linked, twice or by a name that leads elsewhere, or any byte that we would
            not have written; or it is no ZIP.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            entries = opened.infolist()
            _check(entries, len(data))
            found = {entry.filename: opened.read(entry) for entry in entries}
    except ZipError:
        raise
    # The bytes are anybody's, and parsers fail on hostile bytes in ways of their own.
    except Exception as error:
        raise ZipError(f"found no ZIP that can be read ({type(error).__name__}: {error})") from error
    if written(found) != data:
        raise ZipError("found bytes beside its files, or files described otherwise than ours are")
    return found


def written(files: Mapping[str, bytes]) -> bytes:
    """Return the ZIP of some files in their order."""
    with ZipWriter() as made:
        for name, content in files.items():
            made.add(name, content)
        return made.close()


def _check(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Return if reading the entries gives no more than is there. Raises ZipError."""
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename
        if not _NAME.fullmatch(name):
            raise ZipError(f"found the name {name[:200]!r}, expected one of plain letters that leads nowhere else")
        if name.casefold() in seen:
            raise ZipError(f"found {name} twice, expected each file once")
        seen.add(name.casefold())
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size or entry.flag_bits:
            raise ZipError(f"found {name} packed or encrypted, expected every file as it is")
        if entry.external_attr != _ATTRIBUTES:
            raise ZipError(f"found {name} as something else than an ordinary file, such as a link")
    if sum(entry.file_size for entry in entries) > size:
        raise ZipError("found files that lie within one another")
