"""Embedded fonts: each character is drawn by its own glyph, or the pages are refused."""

import struct
from io import BytesIO
from typing import Any

import pikepdf
import pytest

from governance.proof.words import typefaces
from governance.proof.words.style import FACES
from governance.proof.words.typefaces import FontError, read_font
from governance.reports import fonts
from governance.reports.build import build_pdf
from tests.governance.reports import sample


@pytest.fixture(scope="module")
def built() -> bytes:
    return build_pdf(sample.report(events=1), sample.EVIDENCE)


def test_the_table_holds_the_faces_that_reports_are_set_in() -> None:
    """`python -c` with `typefaces.table` writes it anew when a face is replaced."""
    wanted = typefaces.table({face: (fonts.FOLDER / f"{face}.ttf").read_bytes() for face in FACES})
    assert (fonts.FOLDER.parents[2] / "governance" / "proof" / "words" / typefaces.TABLE).read_bytes() == wanted
    assert {face: len(found.glyphs) > 900 for face, found in typefaces.faces().items()} == dict.fromkeys(FACES, True)


def test_every_embedded_font_is_a_subset_of_its_face(built: bytes) -> None:
    with pikepdf.open(BytesIO(built)) as pdf:
        found = [read_font(font) for font in pdf.pages[0].Resources.Font.values()]
    assert {font.face for font in found} == set(FACES)
    assert all(font.characters[65] == "A" for font in found)


def _another_meaning(font: Any) -> None:
    said = font.ToUnicode.read_bytes().replace(b"<41> <0041>", b"<41> <0042>")
    font.ToUnicode.write(said)


def _another_glyph(font: Any) -> None:
    """The code of A leads to the glyph of B: the text says A, the page shows B."""
    stream = font.FontDescriptor.FontFile2
    data = bytearray(stream.read_bytes())
    cmap = _table(data, b"cmap")
    at = cmap + 22 + 2 * ord("A")
    data[at : at + 2] = data[at + 2 : at + 4]
    stream.write(bytes(data))


def _another_outline(font: Any) -> None:
    stream = font.FontDescriptor.FontFile2
    data = bytearray(stream.read_bytes())
    at = _table(data, b"glyf") + 2000
    data[at] ^= 1
    stream.write(bytes(data))


def _another_bearing(font: Any) -> None:
    stream = font.FontDescriptor.FontFile2
    data = bytearray(stream.read_bytes())
    at = _table(data, b"hmtx") + 4 * 40 + 2
    struct.pack_into(">h", data, at, -900)
    stream.write(bytes(data))


def _another_width(font: Any) -> None:
    font.Widths[ord("A")] = 5


def _other_codes(font: Any) -> None:
    font.Encoding = pikepdf.Dictionary(Differences=pikepdf.Array([65, pikepdf.Name.B]))


def _another_face(font: Any) -> None:
    font.BaseFont = pikepdf.Name("/AAAAAA+Wingdings")


def _hinting(font: Any) -> None:
    stream = font.FontDescriptor.FontFile2
    data = bytearray(stream.read_bytes())
    data[_table(data, b"prep")] ^= 1
    stream.write(bytes(data))


@pytest.mark.parametrize(
    "forge",
    [_another_meaning, _another_glyph, _another_outline, _another_bearing, _another_width, _other_codes, _another_face,
     _hinting],
)  # fmt: skip
def test_a_font_that_draws_others_than_it_says_is_refused(built: bytes, forge: Any) -> None:
    with pikepdf.open(BytesIO(built)) as pdf:
        font = pdf.pages[0].Resources.Font["/F1+0"]
        read_font(font)
        forge(font)
        with pytest.raises(FontError):
            read_font(font)


def _table(data: bytearray, tag: bytes) -> int:
    for place in range(struct.unpack_from(">H", data, 4)[0]):
        found, _, offset, _ = struct.unpack_from(">4sLLL", data, 12 + 16 * place)
        if found == tag:
            return int(offset)
    raise AssertionError(f"the font has no table {tag!r}")
