"""What a supporting file really is: recognised by its content, never by what its name or its sender says. Pure.

Nothing here is ever shown or run by this service; the checks keep out what would surprise whoever opens the file
later: macros, encryption (nobody could say what was attached), archives that unpack to a thousand times their size,
and files that are something else than their name says.
"""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from xml.etree import ElementTree as ET

MOST_PARTS = 5_000
MOST_UNPACKED = 200 * 1024 * 1024
MOST_RATIO = 200
MOST_CONTENT_TYPES = 1024 * 1024
LONGEST_NAME = 200
CHUNK = 1024 * 1024

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # [MS-CFB] 2.2: old Office files, and encrypted new ones
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"  # W3C PNG, 5.2 and 11.2.5
_JPEG, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"  # ITU-T T.81, B.1.1.3
_CONTENT_TYPES = "[Content_Types].xml"  # ECMA-376-2, 10.1.2.2
_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_MAIN = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": "pptx",
}
# PDF 32000-1, 12.6.4.16 and 12.6.4.5, 7.6: actions that run something, and encryption.
_PDF_NAMES = {
    b"/JavaScript": "scripts",
    b"/JS": "scripts",
    b"/Launch": "actions that start programs",
    b"/Encrypt": "encryption",
}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]")


class NotAllowed(ValueError):
    """The file is not of a kind that may be attached; the text says what was found and what was expected."""


@dataclass(frozen=True)
class FileType:
    """A type of file that may be attached, the media type it is served as, and how its name must end."""

    name: str
    label: str
    media_type: str
    endings: tuple[str, ...]


TYPES: Mapping[str, FileType] = {
    found.name: found
    for found in (
        FileType("pdf", "PDF", "application/pdf", (".pdf",)),
        FileType("docx", "Word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", (".docx",)),
        FileType("xlsx", "Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (".xlsx",)),
        FileType(
            "pptx",
            "PowerPoint",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            (".pptx",),
        ),
        FileType("txt", "text", "text/plain; charset=utf-8", (".txt", ".md")),
        FileType("csv", "table", "text/csv; charset=utf-8", (".csv",)),
        FileType("png", "picture", "image/png", (".png",)),
        FileType("jpg", "picture", "image/jpeg", (".jpg", ".jpeg")),
    )
}
ENDINGS = {ending: found for found in TYPES.values() for ending in found.endings}


def clean_name(name: str) -> str:
    """Return a file's name as it may be kept: without folders, of printable characters, not too long.

    Raises:
        NotAllowed: nothing is left, or it holds characters that would make it look like another name.
    """
    bare = PurePosixPath(name.replace("\\", "/")).name.strip()
    if not bare or bare in (".", ".."):
        raise NotAllowed("found a file without a name, expected one such as minutes.pdf")
    if len(bare) > LONGEST_NAME or _UNPRINTABLE.search(bare):
        raise NotAllowed(f"found a name of {len(bare)} characters, expected at most {LONGEST_NAME} printable ones")
    return bare


def recognise(path: Path, name: str) -> FileType:
    """Return the type of the file at `path`, if what it holds may be attached under `name`.

    Raises:
        NotAllowed: an unknown type, one that its name contradicts, a macro, encryption, or an archive out of bounds.
    """
    ending = PurePosixPath(name).suffix.lower()
    if ending not in ENDINGS:
        raise NotAllowed(
            f"found a name ending in {ending or 'nothing'!r}, expected one of {', '.join(sorted(ENDINGS))}"
        )
    with path.open("rb") as file:
        found = _content(file)
    expected = ENDINGS[ending].name
    if found == "text" and expected in ("txt", "csv"):
        return TYPES[expected]
    if found != expected:
        raise NotAllowed(f"found {_words(found)} in a file called {name!r}, expected {_words(expected)}")
    return TYPES[found]


def _content(file: BinaryIO) -> str:
    head = file.read(16)
    if not head:
        raise NotAllowed("found an empty file, expected one with content")
    file.seek(-min(1024, file.seek(0, 2)), 2)
    tail = file.read()
    file.seek(0)
    if head.startswith(_OLE):
        raise NotAllowed("found an encrypted or old Office file, expected docx, xlsx or pptx without a password")
    if head.startswith(b"PK"):
        return _office(file)
    if head.startswith(b"%PDF-"):
        return _pdf(file, tail)
    if head.startswith(_PNG) and tail.endswith(_PNG_END):
        return "png"
    if head.startswith(_JPEG) and tail.rstrip(b"\x00").endswith(_JPEG_END):
        return "jpg"
    return _text(file)


def _pdf(file: BinaryIO, tail: bytes) -> str:
    if b"%%EOF" not in tail:
        raise NotAllowed("found a PDF that is cut off, expected a whole one")
    before = b""
    while chunk := file.read(CHUNK):
        window = before + chunk
        for name, what in _PDF_NAMES.items():
            if re.search(re.escape(name) + rb"(?![A-Za-z0-9])", window):
                raise NotAllowed(f"found a PDF with {what}, expected one without; print it to a new PDF")
        before = chunk[-16:]
    return "pdf"


def _text(file: BinaryIO) -> str:
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        while chunk := file.read(CHUNK):
            if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", decoder.decode(chunk)):
                raise NotAllowed("found neither a known type nor text: it holds control characters")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise NotAllowed("found neither a known type nor text in UTF-8") from None
    return "text"


def _office(file: BinaryIO) -> str:
    """Return the type of an Office Open XML package (ECMA-376-2), every part of which was unpacked once."""
    try:
        with zipfile.ZipFile(file) as package:
            return _package(package)
    except NotAllowed:
        raise
    # The file is hostile until it is known, and parsers fail on hostile files in ways of their own.
    except Exception as problem:  # noqa: BLE001
        raise NotAllowed(f"found a damaged Office file ({type(problem).__name__}), expected a whole one") from None


def _package(package: zipfile.ZipFile) -> str:
    parts = package.infolist()
    names = [part.filename for part in parts]
    if len(parts) > MOST_PARTS or len(set(map(str.casefold, names))) != len(names):
        raise NotAllowed(f"found an archive of {len(parts)} parts or with a part twice, expected an Office file")
    if any(part.flag_bits & 0x1 for part in parts):
        raise NotAllowed("found an encrypted archive, expected an Office file without a password")
    if _CONTENT_TYPES not in names:
        raise NotAllowed("found an archive that is no Office file, expected docx, xlsx or pptx")
    _unpack(package, parts)
    declared = package.read(_CONTENT_TYPES).decode("utf-8-sig")
    if "<!" in declared.replace("<!--", "") or len(declared) > MOST_CONTENT_TYPES:
        raise NotAllowed("found an Office file with a document type declaration, expected none (ECMA-376-2)")
    types = [
        str(each.get("ContentType", ""))
        for each in ET.fromstring(declared).iter()  # noqa: S314  (no declarations, so no entities)
        if each.tag.startswith(_TYPES)
    ]
    if any("macroenabled" in each.lower() or "vbaproject" in each.lower() for each in types) or any(
        "vbaproject" in name.lower() for name in names
    ):
        raise NotAllowed("found an Office file with macros, expected one without; save it as docx, xlsx or pptx")
    mains = {_MAIN[each] for each in types if each in _MAIN}
    if len(mains) != 1:
        raise NotAllowed("found an archive that is not exactly one Word, Excel or PowerPoint file")
    return mains.pop()


def _unpack(package: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> None:
    """Unpack every part, keeping nothing: the sizes that an archive states may be false."""
    total, packed = 0, max(1, sum(part.compress_size for part in parts))
    for part in parts:
        path = PurePosixPath(part.filename)
        if path.is_absolute() or ".." in path.parts:
            raise NotAllowed("found an archive with a part outside itself, expected an Office file")
        with package.open(part) as opened:
            while chunk := opened.read(CHUNK):
                total += len(chunk)
                if total > MOST_UNPACKED or total > MOST_RATIO * packed + CHUNK:
                    raise NotAllowed(
                        f"found an archive that unpacks to over {MOST_UNPACKED} bytes or {MOST_RATIO} times its size"
                    )


def _words(name: str) -> str:
    return "text" if name in ("text", "txt", "csv") else f"a {TYPES[name].label} file"
