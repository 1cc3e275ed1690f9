"""Supporting files are what they hold, not what they are called; what would surprise a reader stays out."""

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import file_types
from governance.file_types import NotAllowed, clean_name, recognise

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPG = b"\xff\xd8\xff\xe0" + bytes(20) + b"\xff\xd9"


def declared(*types: str) -> str:
    overrides = "".join(f'<Override PartName="/p{i}.xml" ContentType="{kind}"/>' for i, kind in enumerate(types))
    return f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{overrides}</Types>'


def office(*types: str, parts: dict[str, bytes] | None = None, content_types: str | None = None) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", declared(*types) if content_types is None else content_types)
        for name, content in (parts or {"word/document.xml": b"<w/>"}).items():
            package.writestr(name, content)
    return made.getvalue()


@pytest.fixture
def found(tmp_path: Path):
    def recognised(content: bytes, name: str) -> str:
        path = tmp_path / "file"
        path.write_bytes(content)
        return recognise(path, name).name

    return recognised


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (PDF, "minutes.PDF", "pdf"),
        (office(WORD), "minutes.docx", "docx"),
        (office(SHEET), "figures.xlsx", "xlsx"),
        (office(SLIDES), "talk.pptx", "pptx"),
        (PNG, "chart.png", "png"),
        (JPG, "scan.jpeg", "jpg"),
        ("Žluťoučký kůň\n".encode(), "note.txt", "txt"),
        (b"\xef\xbb\xbfa;b\n1;2\n", "table.csv", "csv"),
    ],
)
def test_what_may_be_attached(found, content: bytes, name: str, expected: str) -> None:
    assert found(content, name) == expected


def bomb() -> bytes:
    return office(WORD, parts={"word/document.xml": bytes(30 * 1024 * 1024)})


def encrypted() -> bytes:
    data = bytearray(office(WORD))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # APPNOTE 4.4.4: bit 0 of the flags
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(signature, at + 1)
    return bytes(data)


def twice() -> bytes:
    made = io.BytesIO(office(WORD))
    with zipfile.ZipFile(made, "a") as package, pytest.warns(UserWarning, match="Duplicate name"):
        package.writestr("word/document.xml", b"another")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (b"", "empty.txt", "an empty file"),
        (PDF, "minutes.exe", "expected one of .csv"),
        (PDF, "minutes", "expected one of .csv"),
        (PDF, "minutes.docx", "a PDF file in a file called 'minutes.docx', expected a Word file"),
        (b"MZ\x10\x00" + bytes(60), "program.txt", "control characters"),
        (b"MZ\x10\x00" + bytes(60), "program.pdf", "control characters"),
        (b"\xff\xfea\x00", "note.txt", "UTF-8"),
        (b"<script>alert(1)</script>", "page.png", "text in a file called"),
        (PDF.replace(b"%%EOF", b""), "minutes.pdf", "cut off"),
        (PDF.replace(b"/Root", b"/Encrypt 2 0 R/Root"), "minutes.pdf", "encryption"),
        (PDF.replace(b"/Type", b"/OpenAction<</S/JavaScript/JS(x)>>/Type"), "minutes.pdf", "scripts"),
        (PDF.replace(b"/Type", b"/A<</S/Launch>>/Type"), "minutes.pdf", "start programs"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "minutes.docx", "encrypted or old Office"),
        (PNG[:-4], "chart.png", "neither a known type nor text"),
        (office("application/vnd.ms-word.document.macroEnabled.main+xml"), "minutes.docx", "macros"),
        (office(WORD, "application/vnd.ms-office.vbaProject"), "minutes.docx", "macros"),
        (office(WORD, parts={"word/vbaProject.bin": b"x"}), "minutes.docx", "macros"),
        (office(WORD, SHEET), "minutes.docx", "exactly one"),
        (office(), "minutes.docx", "exactly one"),
        (office(WORD, parts={"../outside.xml": b"x"}), "minutes.docx", "outside itself"),
        (office(content_types='<!DOCTYPE t [<!ENTITY a "b">]>' + declared(WORD)), "minutes.docx", "document type"),
        (office(content_types="<Types"), "minutes.docx", "damaged"),
        (office(WORD)[:-30], "minutes.docx", "damaged"),
        (b"PK\x03\x04" + bytes(200), "minutes.docx", "damaged"),
        (bomb(), "minutes.docx", "unpacks to"),
        (encrypted(), "minutes.docx", "encrypted archive"),
        (office(SHEET), "minutes.docx", "a Excel file in a file called"),
    ],
)
def test_what_may_not(found, content: bytes, name: str, problem: str) -> None:
    with pytest.raises(NotAllowed, match=problem):
        found(content, name)


def test_a_part_twice(found) -> None:
    with pytest.raises(NotAllowed, match="a part twice"):
        found(twice(), "minutes.docx")


def test_a_plain_archive_is_no_office_file(found) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        package.writestr("file.txt", b"x")
    with pytest.raises(NotAllowed, match="no Office file"):
        found(made.getvalue(), "minutes.docx")


def test_active_content_is_found_across_chunks(found, monkeypatch) -> None:
    monkeypatch.setattr(file_types, "CHUNK", 64)
    for offset in range(40, 80):
        content = b"%PDF-1.7\n" + b"x" * offset + b"/JavaScript " + b"y" * 100 + b"%%EOF"
        with pytest.raises(NotAllowed, match="scripts"):
            found(content, "minutes.pdf")


@given(st.binary(max_size=400), st.sampled_from(sorted(file_types.ENDINGS)))
def test_any_bytes_are_recognised_or_refused(tmp_path_factory, content: bytes, ending: str) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    for head in (b"", b"PK\x03\x04", b"%PDF-", b"\xff\xd8\xff"):
        path.write_bytes(head + content)
        with suppress(NotAllowed):  # and nothing else
            found = recognise(path, f"name{ending}")
            assert ending in found.endings


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [("minutes.pdf", "minutes.pdf"), ("C:\\docs\\minutes.pdf", "minutes.pdf"), ("/etc/../minutes.pdf", "minutes.pdf")],
)
def test_names_lose_their_folders(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


@pytest.mark.parametrize("name", ["", "..", "/", "x\u202efdp.exe", "a\nb.pdf", "x" * 201, "\x00.pdf"])
def test_names_that_would_mislead_are_refused(name: str) -> None:
    with pytest.raises(NotAllowed):
        clean_name(name)
