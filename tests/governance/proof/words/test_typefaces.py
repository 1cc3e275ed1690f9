"""Embedded fonts: each character is drawn by its own glyph, or the pages are refused."""

import pickle
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import Any

import pikepdf
import pytest

from governance.proof.words import typefaces
from governance.proof.words.style import CJK, FACES, SERIF_BOLD
from governance.proof.words.typefaces import FontError, read_font
from governance.reports import fonts
from governance.reports.build import build_pdf
from tests.governance.reports import sample

TABLES = fonts.FOLDER.parents[2] / "governance" / "proof" / "words"
TITLE = "山田太郎 김철수 すべて" + "".join(map(chr, range(0x4E00, 0x4F00)))
CODES = {SERIF_BOLD: ord("A"), CJK: 1}
"""by face a code that stands for a character, as the next does for another"""


@pytest.fixture(scope="module")
def built() -> bytes:
    return build_pdf(replace(sample.report(events=1), title=TITLE), sample.EVIDENCE)


@pytest.fixture(params=list(CODES))
def font(built: bytes, request: pytest.FixtureRequest) -> Iterator[Any]:
    """An embedded font of a face that text is asked for in, and one for Chinese, Japanese and Korean."""
    with pikepdf.open(BytesIO(built)) as pdf:
        found = pdf.pages[0].Resources.Font.values()
        yield next(one for one in found if str(one.BaseFont) == f"/AAAAAA+{request.param}")


def test_the_table_holds_the_faces_that_reports_are_set_in() -> None:
    """`python -c` with `typefaces.table` writes it anew when a face is replaced."""
    wanted = typefaces.table({face: (fonts.FOLDER / f"{face}.ttf").read_bytes() for face in FACES})
    assert (TABLES / typefaces.TABLE).read_bytes() == wanted
    assert {face: len(found.glyphs) > 900 for face, found in typefaces.faces().items()} == dict.fromkeys(FACES, True)


def test_the_second_table_holds_what_the_second_face_draws_and_the_others_lack() -> None:
    data = (fonts.FOLDER / f"{CJK}.ttf").read_bytes()
    assert (TABLES / typefaces.CJK_TABLE).read_bytes() == typefaces.table({CJK: data})
    codes = typefaces.second().glyphs.keys()
    assert len(codes) > 33_000
    scripts = (range(0x4E00, 0x9FA6), range(0xAC00, 0xD7A4), range(0x3041, 0x3094), range(0x30A1, 0x30F7))
    assert all(codes >= set(script) for script in scripts), "all common ideographs, syllables and kana"
    assert not any(codes & face.glyphs.keys() for face in typefaces.faces().values()), "one face for each character"
    assert not codes & {0x3000, 0x3164, 0xFFA0}, "nothing that leaves no ink, so that no name loses a character"
    assert all(set(range(32, 127)) <= face.glyphs.keys() for face in typefaces.faces().values())


def test_an_ordinary_report_needs_neither_the_second_face_nor_its_table() -> None:
    """Read alone it takes 15 ms and 8 MB, its file 50 ms and 19 MB: those who print Latin, Greek, Cyrillic pay none."""
    told = replace(sample.report(events=1), title="Ольга, Μαρία, Nguyễn – “Łódź” 😀 שלום")
    script = (
        "import pickle, sys; from governance.proof.words import typefaces; from governance.reports import fonts\n"
        "from governance.reports.build import build_pdf; from governance.proof.reading.text import read_pages\n"
        "read_pages(build_pdf(*pickle.load(sys.stdin.buffer)))\n"
        "print(typefaces.second.cache_info().misses, fonts._second.cache_info().misses)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], input=pickle.dumps((told, sample.EVIDENCE)), capture_output=True, check=True
    )
    assert ran.stdout.split() == [b"0", b"0"]


def test_every_embedded_font_is_a_subset_of_its_face(built: bytes) -> None:
    with pikepdf.open(BytesIO(built)) as pdf:
        found = [read_font(font) for font in pdf.pages[0].Resources.Font.values()]
    assert {font.face for font in found} == {*FACES, CJK}
    assert all(font.characters[65] == "A" for font in found if font.face != CJK)
    drawn = {character for font in found if font.face == CJK for character in font.characters.values()}
    assert drawn == {"\0", *TITLE.replace(" ", "")}, "by as many subsets as they need, and no Latin"


def _another_meaning(font: Any, code: int) -> None:
    lines = font.ToUnicode.read_bytes().splitlines(keepends=True)
    [at] = [n for n, line in enumerate(lines) if line.startswith(b"<%02X> <" % code)]
    lines[at] = lines[at][:5] + lines[at + 1][5:]
    font.ToUnicode.write(b"".join(lines))


def _another_glyph(font: Any, code: int) -> None:
    """The code of A leads to the glyph of B: the text says A, the page shows B."""
    stream = font.FontDescriptor.FontFile2
    data = bytearray(stream.read_bytes())
    cmap = _table(data, b"cmap")
    at = cmap + 22 + 2 * code
    data[at : at + 2] = data[at + 2 : at + 4]
    stream.write(bytes(data))


def _another_outline(font: Any, code: int) -> None:
    stream = font.FontDescriptor.FontFile2
    data = bytearray(stream.read_bytes())
    at = _table(data, b"glyf") + 2000
    data[at] ^= 1
    stream.write(bytes(data))


def _another_bearing(font: Any, code: int) -> None:
    stream = font.FontDescriptor.FontFile2
    data = bytearray(stream.read_bytes())
    at = _table(data, b"hmtx") + 4 * 2 + 2
    struct.pack_into(">h", data, at, -900)
    stream.write(bytes(data))


def _another_width(font: Any, code: int) -> None:
    font.Widths[code] = 5


def _other_codes(font: Any, code: int) -> None:
    font.Encoding = pikepdf.Dictionary(Differences=pikepdf.Array([65, pikepdf.Name.B]))


def _another_face(font: Any, code: int) -> None:
    font.BaseFont = pikepdf.Name("/AAAAAA+Wingdings")


def _hinting(font: Any, code: int) -> None:
    stream = font.FontDescriptor.FontFile2
    data = bytearray(stream.read_bytes())
    data[_table(data, b"prep")] ^= 1
    stream.write(bytes(data))


@pytest.mark.parametrize(
    "forge",
    [_another_meaning, _another_glyph, _another_outline, _another_bearing, _another_width, _other_codes, _another_face,
     _hinting],
)  # fmt: skip
def test_a_font_that_draws_others_than_it_says_is_refused(font: Any, forge: Any) -> None:
    read_font(font)
    forge(font, CODES[str(font.BaseFont).partition("+")[2]])
    with pytest.raises(FontError):
        read_font(font)


def test_a_part_of_a_character_cannot_be_exchanged(built: bytes) -> None:
    """Most are put together from parts: each is looked at, and how it is placed."""
    with pikepdf.open(BytesIO(built)) as pdf:
        fonts_ = pdf.pages[0].Resources.Font.values()
        font = next(one for one in fonts_ if str(one.BaseFont) == f"/AAAAAA+{CJK}")
        whole = font.FontDescriptor.FontFile2.read_bytes()
        read = typefaces._TrueType(whole)
        made = next(g for g in read.codes() if read.tables["glyf"][read.places[g] :][:2] == b"\xff\xff")
        at = _table(bytearray(whole), b"glyf") + read.places[made]
        part = struct.unpack_from(">H", whole, at + 12)[0]
        for place in (at + 13, at + 14, _table(bytearray(whole), b"glyf") + read.places[part] + 12):
            data = bytearray(whole)
            data[place] ^= 1
            font.FontDescriptor.FontFile2.write(bytes(data))
            with pytest.raises(FontError):
                read_font(font)


def _table(data: bytearray, tag: bytes) -> int:
    for place in range(struct.unpack_from(">H", data, 4)[0]):
        found, _, offset, _ = struct.unpack_from(">4sLLL", data, 12 + 16 * place)
        if found == tag:
            return int(offset)
    raise AssertionError(f"the font has no table {tag!r}")
