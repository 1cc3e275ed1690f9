"""The report's typefaces, glyph by glyph: does an embedded font draw the characters that the file says it draws?

`typefaces.bin` holds, for every character of every face that reports are set in, a digest of its glyph: outline,
hinting, advance width and bearing. An embedded subset must draw each of its characters by exactly that glyph. So text
that is copied, searched or read aloud is the text that is seen. That a face draws an A like an A is not checked here.

`typefaces_cjk.bin` is the same of the one face for Chinese, Japanese and Korean. It is four times as long, and read
only where such a character occurs.

Source: OpenType 1.9, chapters glyf, loca, hmtx, cmap (formats 4 and 6); ISO 32000-1, 9.6.6.4 (symbolic TrueType fonts).
"""

import hashlib
import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from governance.proof.words.style import CJK

TABLE = "typefaces.bin"
CJK_TABLE = "typefaces_cjk.bin"
EAST_ASIAN = range(0x3001, 0xFFF0)
"""the code points of the second face: no spaces, and no parts of syllables, which it could not join"""
DIGEST = 16  # bytes of SHA-256 that are kept: forging a glyph means finding a second preimage
PROGRAMS = ("cvt ", "fpgm", "prep")  # what besides a glyph's own bytes decides how it is drawn
EMBEDDED = frozenset({"OS/2", "cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name", "post", *PROGRAMS})
FONT_KEYS = frozenset(
    {"/BaseFont", "/FirstChar", "/FontDescriptor", "/LastChar", "/Name", "/Subtype", "/ToUnicode", "/Type", "/Widths"}
)
MOST = 1024 * 1024  # bytes of an embedded font
_RECORD = struct.Struct(f">IH{DIGEST}s")
_BFCHAR = re.compile(rb"<([0-9A-F]{2})> <([0-9A-F]{4})>\n")
_DEEPEST = 4  # components of components


class FontError(ValueError):
    """An embedded font is not a subset of a face that reports are set in."""


@dataclass(frozen=True)
class Face:
    """A face as it is shipped: how it is scaled and hinted, and by code point the advance and digest of the glyph.

    Advances are in thousandths of the size. A face holds the code points that can be printed where it is asked for.
    """

    name: str
    frame: str
    glyphs: Mapping[int, tuple[int, bytes]]

    def setting(self, code: int) -> "Face | None":
        """Return the face that sets a character where this is asked for: this or the second; None: neither has it."""
        if code in self.glyphs:
            return self
        return second() if code in EAST_ASIAN and code in second().glyphs else None

    def __contains__(self, code: object) -> bool:
        return isinstance(code, int) and self.setting(code) is not None


@dataclass(frozen=True)
class Subset:
    """An embedded font: for each of the 256 codes its character (NUL: none), and its advance at a size of one point."""

    face: str
    characters: Mapping[int, str]
    advances: Sequence[float]


@cache
def faces() -> Mapping[str, Face]:
    """Return the faces that text is asked for in, by name."""
    return _read(TABLE)


@cache
def second() -> Face:
    """Return the face of the characters of Chinese, Japanese and Korean, which those lack."""
    return _read(CJK_TABLE)[CJK]


def _read(name: str) -> Mapping[str, Face]:
    data = files(__package__).joinpath(name).read_bytes()
    size = int.from_bytes(data[:4], "big")
    found, at = {}, 4 + size
    for said in json.loads(data[4:at]):
        end = at + said["count"] * _RECORD.size
        glyphs = {code: (advance, digest) for code, advance, digest in _RECORD.iter_unpack(data[at:end])}
        found[said["name"]] = Face(said["name"], said["frame"], glyphs)
        at = end
    return found


def table(fonts: Mapping[str, bytes]) -> bytes:
    """Return the bytes of `typefaces.bin` for font files by the names of their faces; of the second, of its own file.

    A name must not lose a character: of the second face only those are taken that it draws something for.
    """
    heads, records = [], []
    for name, data in fonts.items():
        font = _TrueType(data)
        codes = font.characters()
        if name == CJK:
            codes = {code: glyph for code, glyph in codes.items() if code in EAST_ASIAN and font.outlined(glyph)}
        heads.append({"name": name, "frame": font.frame(), "count": len(codes)})
        records += [_RECORD.pack(code, font.thousandths(glyph), font.digest(glyph)) for code, glyph in codes.items()]
    head = json.dumps(heads, sort_keys=True).encode()
    return len(head).to_bytes(4, "big") + head + b"".join(records)


def read_font(font: Any) -> Subset:
    """Return what an embedded font (pikepdf's dictionary of it) draws for each code.

    Raises:
        FontError: it is not, glyph for glyph, a subset of a face that reports are set in.
    """
    if set(font.keys()) != FONT_KEYS or str(font.Subtype) != "/TrueType" or int(font.FirstChar) != 0:
        raise FontError(f"found a font with {sorted(font.keys())}, expected an embedded TrueType subset")
    name = str(font.BaseFont).partition("+")[2]
    face = second() if name == CJK else faces().get(name)
    if face is None:
        raise FontError(f"found the typeface {str(font.BaseFont)!r}, which no report is set in")
    described = font.FontDescriptor
    if {"/FontFile", "/FontFile3", "/CharSet"} & set(described.keys()) or not int(described.Flags) & 4:
        raise FontError(f"found an embedded font of {name} that is not symbolic TrueType")
    characters = _characters(font.ToUnicode.read_bytes(), int(font.LastChar) + 1)
    data = described.FontFile2.read_bytes()
    if len(data) > MOST:
        raise FontError(f"found an embedded font of {len(data)} bytes, expected at most {MOST}")
    try:
        embedded = _TrueType(data)
        _same_frame(embedded, face)
        mapped = embedded.codes()
        widths = [float(width) for width in font.Widths]
        for code, character in enumerate(characters):
            if ord(character or "\0") in face.glyphs:
                _same_glyph(embedded, face, mapped[code], character, widths[code])
            else:
                characters[code] = ""
    except (struct.error, IndexError, KeyError) as error:
        raise FontError(f"the embedded font of {name} is malformed ({type(error).__name__}: {error})") from error
    known = {code: characters[code] if code < len(characters) else "" for code in range(256)}
    advances = [width / 1000 for width in widths] + [0.0] * (256 - len(widths))
    return Subset(name, {code: character or "\0" for code, character in known.items()}, advances)


def _same_frame(embedded: "_TrueType", face: Face) -> None:
    if strange := set(embedded.tables) - EMBEDDED:
        raise FontError(f"the embedded font of {face.name} holds the tables {sorted(strange)}, expected none of them")
    if embedded.frame() != face.frame:
        raise FontError(f"the embedded font of {face.name} is scaled or hinted otherwise than the face")


def _same_glyph(embedded: "_TrueType", face: Face, glyph: int, character: str, width: float) -> None:
    known = face.glyphs[ord(character)]
    if embedded.digest(glyph) != known[1] or abs(width - known[0]) > 1:
        raise FontError(f"the embedded font of {face.name} draws {character!r} by another glyph than the face")


def _characters(cmap: bytes, count: int) -> list[str]:
    """Return the character that each code stands for, by a ToUnicode map of single codes alone."""
    found = [""] * count
    for code, character in _BFCHAR.findall(cmap):
        found[int(code, 16)] = chr(int(character, 16)) if character != b"0000" else ""
    listed = sum(int(number) for number in re.findall(rb"(\d+) beginbfchar", cmap))
    if b"beginbfrange" in cmap or b"usecmap" in cmap or listed != count or len(_BFCHAR.findall(cmap)) != count:
        raise FontError("found a font whose map to Unicode is not one character for each code")
    return found


class _TrueType:
    """The tables of a TrueType font that decide what is drawn for a code or a character."""

    def __init__(self, data: bytes) -> None:
        if data[:4] != b"\x00\x01\x00\x00":
            raise FontError("found an embedded font that is no TrueType font")
        self.tables: dict[str, bytes] = {}
        for place in range(struct.unpack_from(">H", data, 4)[0]):
            tag, _, offset, length = struct.unpack_from(">4sLLL", data, 12 + 16 * place)
            self.tables[tag.decode("latin-1")] = data[offset : offset + length]
        self.count = struct.unpack_from(">H", self.tables["maxp"], 4)[0]
        long = struct.unpack_from(">h", self.tables["head"], 50)[0]
        form = f">{self.count + 1}{'L' if long else 'H'}"
        self.places = [place if long else place * 2 for place in struct.unpack_from(form, self.tables["loca"])]
        self.measured = struct.unpack_from(">H", self.tables["hhea"], 34)[0]
        self._digests: dict[int, bytes] = {}

    def frame(self) -> str:
        """Return a digest of what holds for all glyphs: flags, units per em, and the programs for hinting."""
        digest = hashlib.sha256(self.tables["head"][16:20])
        for tag in PROGRAMS:
            digest.update(hashlib.sha256(self.tables.get(tag, b"")).digest())
        return digest.hexdigest()

    def advance(self, glyph: int) -> int:
        """Return the glyph's advance width in font units."""
        place = min(glyph, self.measured - 1)
        return int(struct.unpack_from(">H", self.tables["hmtx"], 4 * place)[0])

    def thousandths(self, glyph: int) -> int:
        """Return the glyph's advance width in thousandths of the size."""
        units = int(struct.unpack_from(">H", self.tables["head"], 18)[0])
        return round(self.advance(glyph) * 1000 / units)

    def outlined(self, glyph: int) -> bool:
        """Return whether anything is drawn."""
        return bool(self.places[glyph + 1] > self.places[glyph])

    def codes(self) -> list[int]:
        """Return the glyph for each code from 0, by the one map that a subset holds.

        Raises:
            FontError: there are several maps, or one of another form.
        """
        cmap = self.tables["cmap"]
        said = struct.unpack_from(">HHHHLHHHHH", cmap)
        if said[:6] != (0, 1, 1, 0, 12, 6) or said[8] != 0:
            raise FontError("found an embedded font with another map of its codes than subsets have")
        return list(struct.unpack_from(f">{said[9]}H", cmap, 22))

    def characters(self) -> dict[int, int]:
        """Return the glyph of each code point, by the maps of the whole face (formats 4 and 12)."""
        cmap, found = self.tables["cmap"], dict[int, int]()
        for place in range(struct.unpack_from(">H", cmap, 2)[0]):
            platform, encoding, offset = struct.unpack_from(">HHL", cmap, 4 + 8 * place)
            if (platform, encoding) in ((3, 1), (0, 3)) and struct.unpack_from(">H", cmap, offset)[0] == 4:
                found.update(_format_4(cmap[offset:]))
        return dict(sorted(found.items()))

    def digest(self, glyph: int) -> bytes:
        """Return a digest of everything that decides how a glyph is drawn, through all its components."""
        if glyph not in self._digests:
            self._digests[glyph] = self._digest(glyph, 0)
        return self._digests[glyph]

    def _digest(self, glyph: int, depth: int) -> bytes:
        if not 0 <= glyph < self.count or depth > _DEEPEST:
            raise FontError(f"found a font that leads to glyph {glyph} of {self.count}")
        data = self.tables["glyf"][self.places[glyph] : self.places[glyph + 1]]
        digest = hashlib.sha256(struct.pack(">Hh", self.advance(glyph), self._bearing(glyph)))
        if data and struct.unpack_from(">h", data)[0] < 0:
            at, flags = 10, 0x20
            digest.update(data[:10])
            while flags & 0x20:  # MORE_COMPONENTS
                flags, component = struct.unpack_from(">HH", data, at)
                size = (4 if flags & 0x1 else 2) + (
                    2 if flags & 0x8 else 4 if flags & 0x40 else 8 if flags & 0x80 else 0
                )
                digest.update(data[at : at + 2] + data[at + 4 : at + 4 + size] + self._digest(component, depth + 1))
                at += 4 + size
            data = data[at:]
        # Subsets pad glyphs with zeros.
        digest.update(data.rstrip(b"\0"))
        return digest.digest()[:DIGEST]

    def _bearing(self, glyph: int) -> int:
        if glyph < self.measured:
            return int(struct.unpack_from(">h", self.tables["hmtx"], 4 * glyph + 2)[0])
        return int(struct.unpack_from(">h", self.tables["hmtx"], 2 * (self.measured + glyph))[0])


def _format_4(data: bytes) -> dict[int, int]:
    segments = struct.unpack_from(">H", data, 6)[0] // 2
    form = f">{segments}H"
    ends = struct.unpack_from(form, data, 14)
    starts = struct.unpack_from(form, data, 16 + 2 * segments)
    deltas = struct.unpack_from(form, data, 16 + 4 * segments)
    base = 16 + 6 * segments
    offsets = struct.unpack_from(form, data, base)
    found = {}
    for place, (start, end, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        for code in range(start, end + 1):
            glyph = code + delta
            if offset:
                glyph = struct.unpack_from(">H", data, base + 2 * place + offset + 2 * (code - start))[0]
                glyph = glyph + delta if glyph else 0
            if code != 0xFFFF and glyph & 0xFFFF:
                found[code] = glyph & 0xFFFF
    return found
