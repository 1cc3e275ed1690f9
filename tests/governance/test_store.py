"""The byte store: what its name says or nothing, whatever the disk does."""

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance import store
from governance.errors import Invalid

pytestmark = pytest.mark.usefixtures("state")


def everything() -> list[Path]:
    return [path for path in store.root().rglob("*") if path.is_file()]


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.binary(max_size=200), max_size=5))
def test_what_is_put_is_read_under_its_digest(chunks) -> None:
    data = b"".join(chunks)
    entry = store.put(chunks, expect=digest(data), limit=len(data))
    assert (entry.sha256, entry.size, entry.md5) == (digest(data), len(data), hashlib.md5(data).hexdigest())
    assert store.read(entry.sha256) == data
    assert store.check(entry.sha256) == len(data)
    assert store.path_of(entry.sha256).stat().st_mode & 0o777 == 0o440


def test_other_bytes_than_expected_are_not_kept() -> None:
    with pytest.raises(Invalid, match="expected sha256:"):
        store.put([b"one"], expect=digest(b"two"))
    assert everything() == []


def test_more_than_the_limit_is_not_kept_nor_read_to_its_end() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1000

    with pytest.raises(Invalid, match="more than 5000 bytes"):
        store.put(endless(), limit=5000)
    assert everything() == []


def test_an_upload_that_breaks_off_leaves_nothing() -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        store.put(broken())
    assert everything() == []


class FullDisk:
    """A file on a disk with room for `room` bytes more."""

    def __init__(self, file, room: int) -> None:
        self.file, self.room = file, room

    def __enter__(self):
        self.file.__enter__()
        return self

    def __exit__(self, *what) -> None:
        self.file.__exit__(*what)

    def __getattr__(self, name: str):
        return getattr(self.file, name)

    def write(self, data: bytes) -> int:
        if len(data) > self.room:
            self.file.write(data[: self.room])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.room -= len(data)
        written: int = self.file.write(data)
        return written


@pytest.mark.parametrize("room", [0, 5, 10])
def test_a_full_disk_leaves_no_partial_file(room, monkeypatch) -> None:
    opened = os.fdopen
    monkeypatch.setattr(os, "fdopen", lambda handle, mode: FullDisk(opened(handle, mode), room))
    with pytest.raises(OSError, match="No space left"):
        store.put([b"12345", b"67890", b"!"])
    monkeypatch.undo()
    assert everything() == []


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_fails_at_the_last_moment_leaves_nothing(call, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os if call == "fsync" else Path, call, fail)
    with pytest.raises(OSError, match="No space left"):
        store.put([b"data"])
    monkeypatch.undo()
    assert everything() == []


def test_altered_bytes_are_never_returned() -> None:
    entry = store.put([b"what was approved"])
    path = store.path_of(entry.sha256)
    path.chmod(0o600)
    path.write_bytes(b"what was Approved")
    for reader in (store.read, store.check, lambda d: list(store.stream(d))):
        with pytest.raises(store.BytesCorrupt, match=entry.sha256):
            reader(entry.sha256)
    assert store.has(entry.sha256)
    store.put([b"what was approved"])  # putting the right bytes again mends it
    assert store.read(entry.sha256) == b"what was approved"


def test_what_was_never_put_is_missing() -> None:
    with pytest.raises(store.BytesMissing):
        store.read(digest(b"never"))
    assert not store.has(digest(b"never"))


@pytest.mark.parametrize(
    "name",
    ["", "sha256:", "sha256:" + "0" * 63, "sha256:" + "G" * 64, "0" * 64, "sha256:../" + "0" * 61, "md5:" + "0" * 64,
     "sha256:" + "A" * 64, "sha256:sha256:" + "0" * 57],
)  # fmt: skip
def test_a_name_that_is_no_digest_reaches_no_path(name) -> None:
    with pytest.raises(ValueError, match="expected sha256"):
        store.path_of(name)


def test_a_file_of_this_machine(tmp_path) -> None:
    source = tmp_path / "file"
    source.write_bytes(b"a" * (2 * store.CHUNK + 7))
    entry = store.put_file(source)
    assert entry.size == 2 * store.CHUNK + 7
    with pytest.raises(Invalid):
        store.put_file(source, expect=digest(b""))
