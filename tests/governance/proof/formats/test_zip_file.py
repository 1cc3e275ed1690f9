"""ZIPs of ours are read; whatever another program would make of the same files, or hide beside them, is refused."""

import io
import struct
import zipfile
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.proof.formats.zip_file import ZipError, ZipWriter, is_zip, read_zip, written

NAMES = st.sampled_from(["a", "B", "index.json", "reports/00000012-access-pilot-7.pdf", "records/001/files/0f"])
FILES = st.dictionaries(NAMES, st.binary(max_size=300), max_size=6)


@given(FILES)
def test_what_was_written_is_read_and_written_again_the_same(files: dict[str, bytes]) -> None:
    assert read_zip(written(files)) == files
    assert is_zip(written(files)) == bool(files)


@given(FILES.filter(bool), st.data())
def test_no_byte_can_change_unnoticed(files: dict[str, bytes], data: st.DataObject) -> None:
    """But for those of a name, which then is another."""
    made = bytearray(written(files))
    place = data.draw(st.integers(0, len(made) - 1))
    made[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ZipError):
        read_zip(bytes(made))
    with pytest.raises(ZipError):
        read_zip(data.draw(st.binary(max_size=20)) + b"x" + written(files))


def other(name: str = "a", content: bytes = b"x", *, pack: int = zipfile.ZIP_STORED, **said: Any) -> bytes:
    """Return a ZIP of one file as another program might make it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", pack) as opened:
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.external_attr, entry.create_system, entry.compress_type = 0o644 << 16, 3, pack
        for field, value in said.items():
            setattr(entry, field, value)
        opened.writestr(entry, content)
    return made.getvalue()


def within_one_another() -> bytes:
    """Several entries of the directory that lead to the same bytes: each more makes the whole unpack to more."""
    one = other(content=bytes(10_000))
    directory = one.index(b"PK\x01\x02")
    end = one.index(b"PK\x05\x06")
    names = b"".join(one[directory : end - 1] + name for name in (b"a", b"b", b"c"))
    tail = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 3, 3, len(names), directory, 0)
    return one[:directory] + names + tail


def twice() -> bytes:
    made = io.BytesIO(written({"a": b"x"}))
    with zipfile.ZipFile(made, "a") as opened, pytest.warns(UserWarning, match="Duplicate"):
        opened.writestr("a", b"y")
    return made.getvalue()


@pytest.mark.attack(
    name="hand out a ZIP that unpacks to gigabytes, outside its folder, or to other files with another program",
    caught_by="files are stored as they are, by plain names, and the whole is written again and compared",
    unless="never",
)
def test_what_another_program_would_make_of_it_is_refused() -> None:
    assert read_zip(other()) == {"a": b"x"}
    for data, words in (
        (other(content=bytes(10**7), pack=zipfile.ZIP_DEFLATED), "packed"),
        (within_one_another(), "within one another"),
        (other("../a"), "leads nowhere else"),
        (other("/etc/passwd"), "leads nowhere else"),
        (other("a/../../b"), "leads nowhere else"),
        (other("c:a"), "leads nowhere else"),
        (other("a\\b"), "leads nowhere else"),
        (other("folder/"), "leads nowhere else"),
        (other("b\u00e4r"), "leads nowhere else"),
        (other(external_attr=0o120777 << 16), "such as a link"),
        (other(comment=b"see"), "beside its files"),
        (other(extra=b"\x99\x99\x01\x00x"), "beside its files"),
        (other(date_time=(2026, 1, 1, 0, 0, 0)), "described otherwise"),
        (twice(), "twice"),
        (written({"a": b"", "A": b""}), "twice"),
        (b"PK\x03\x04" + bytes(100), "no ZIP that can be read"),
        (other() + other(), "beside its files"),
        (b"", "no ZIP"),
    ):
        with pytest.raises(ZipError, match=words):
            read_zip(data)


def test_one_that_is_given_up_is_closed_and_takes_nothing_more() -> None:
    with suppress(KeyError), ZipWriter() as made:
        made.add("first", b"1")
        raise KeyError("gone")
    with pytest.raises(ValueError, match="closed"):
        made.add("second", b"2")
