"""The one byte store: files named by the SHA-256 of their bytes, under $COUNTERSIGN_VAR/store.

A write goes to a scratch file, is hashed while it is written, flushed to disk and only then linked under its name,
so a full disk or a killed process leaves at most a scratch file. Every read is hashed again.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from governance.errors import Invalid
from governance.proof.formats.manifest import FileEntry

CHUNK = 1024 * 1024
_PREFIX = "sha256:"


class BytesMissing(LookupError):
    """The store holds nothing under that digest."""


class BytesCorrupt(OSError):
    """The store's bytes are not what their name says."""


def root() -> Path:
    """Return the store's folder."""
    return Path(settings.COUNTERSIGN_VAR) / "store"


def path_of(sha256: str) -> Path:
    """Return where the bytes lie or would lie. ValueError unless it is "sha256:" and 64 hex digits."""
    name = sha256.removeprefix(_PREFIX)
    if not sha256.startswith(_PREFIX) or len(name) != 64 or set(name) - set("0123456789abcdef"):
        raise ValueError(f"found {sha256!r}, expected sha256: and 64 hex digits")
    return root() / name[:2] / name


def put(chunks: Iterable[bytes], *, expect: str | None = None, limit: int | None = None) -> FileEntry:
    """Store a stream and return its entry (path "bytes": the caller knows its name).

    Raises:
        Invalid: the bytes are not those of `expect`, or more than `limit`; nothing is kept.
        OSError: the disk refused; nothing is kept.
    """
    root().mkdir(parents=True, exist_ok=True)
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    handle, scratch = tempfile.mkstemp(prefix=".scratch-", dir=root())
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if limit is not None and size > limit:
                    raise Invalid("file", f"found more than {limit} bytes, expected at most that; split or shrink it")
                sha256.update(chunk)
                md5.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        digest = _PREFIX + sha256.hexdigest()
        if expect is not None and digest != expect:
            raise Invalid("file", f"found bytes of {digest}, expected {expect}; send the file again")
        target = path_of(digest)
        target.parent.mkdir(exist_ok=True)
        Path(scratch).chmod(0o440)
        Path(scratch).replace(target)
        _sync_folder(target.parent)
    finally:
        Path(scratch).unlink(missing_ok=True)
    return FileEntry(path="bytes", size=size, sha256=digest, md5=md5.hexdigest())


def put_file(path: Path, *, expect: str | None = None) -> FileEntry:
    """Store a file of this machine; see `put`."""
    with path.open("rb") as file:
        return put(_chunks(file), expect=expect)


def remove(sha256: str) -> None:
    """Remove the bytes of that name; nothing happens when they are gone already. Only a signed disposal asks for it."""
    target = path_of(sha256)
    if target.is_file():
        target.unlink()
        _sync_folder(target.parent)


def has(sha256: str) -> bool:
    """Return whether something lies under that name (its bytes are checked when read)."""
    return path_of(sha256).is_file()


def check(sha256: str) -> int:
    """Hash the stored bytes and return their size.

    Raises:
        BytesMissing, BytesCorrupt: they are not there, or not what their name says.
    """
    return sum(len(chunk) for chunk in stream(sha256))


def stream(sha256: str) -> Iterator[bytes]:
    """Yield the bytes in chunks; after the last one BytesCorrupt is raised if they were not the named ones.

    A consumer that must not act on bad bytes uses `read`, or checks the digest itself as runners do.
    """
    digest = hashlib.sha256()
    try:
        file = path_of(sha256).open("rb")
    except FileNotFoundError:
        raise BytesMissing(f"nothing is stored under {sha256}") from None
    with file:
        for chunk in _chunks(file):
            digest.update(chunk)
            yield chunk
    if _PREFIX + digest.hexdigest() != sha256:
        raise BytesCorrupt(f"the bytes stored under {sha256} hash to {_PREFIX}{digest.hexdigest()}")


def read(sha256: str) -> bytes:
    """Return all bytes, checked."""
    return b"".join(stream(sha256))


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
