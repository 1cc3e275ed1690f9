"""The file as a whole: pikepdf's objects and those written as text, in object streams under one table of references.

PDF 1.7 in its compressed form (ISO 32000-1, 7.5.7 and 7.5.8), in one section: nothing in it is replaced later on but by
the seal, which is added to it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

import pikepdf

from governance.reports.packing import packed

HEAD = b"%PDF-1.7\n%\xbf\xf7\xa2\xfe\n"
EACH = 200
"""objects in one object stream; its place in the table of references is one byte"""
TOGETHER = 32
"""object streams that are packed at once"""
_WIDTH = 6
"""bytes of an entry in the table: its kind, an offset or an object stream, the place in there"""


@dataclass(frozen=True, slots=True)
class _Table:
    """The table of references while it grows: entries by object number."""

    entries: list[bytes]

    def at(self, number: int, offset: int) -> None:
        """An object that stands in the file itself."""
        self.entries[number] = b"\x01" + offset.to_bytes(4) + b"\0"

    def within(self, number: int, stream: int, place: int) -> None:
        """An object in an object stream."""
        self.entries[number] = b"\x02" + stream.to_bytes(4) + bytes([place])


def assemble(pdf: pikepdf.Pdf, first: int, further: Sequence[str]) -> bytes:
    """Return the bytes of a file with the objects of `pdf` below the number `first`, and `further` ones from there on.

    Raises ValueError: the numbers of its objects have gaps, as those of no file have that pikepdf saved.
    """
    objects = [each for each in pdf.objects if each.objgen[0] < first]
    if [each.objgen for each in objects] != [(number, 0) for number in range(1, first)]:
        raise ValueError("found objects whose numbers have gaps, expected those of a file as it was saved")
    plain = [each for each in objects if not isinstance(each, pikepdf.Stream)]
    count = len(objects) + len(further)
    streams = -(-(len(plain) + len(further)) // EACH)
    size = 1 + count + streams + 1
    table = _Table([bytes(_WIDTH)] * size)
    table.entries[0] = b"\0" + bytes(4) + b"\xff"
    out = BytesIO()
    out.write(HEAD)
    for each in objects:
        if isinstance(each, pikepdf.Stream):
            table.at(each.objgen[0], out.tell())
            _write(out, each.objgen[0], each.stream_dict.unparse(resolved=True), each.read_raw_bytes())
    numbered = _numbered(plain, further, first)
    number = count + 1
    while batch := [group for group in (_take(numbered) for _ in range(TOGETHER)) if group]:
        heads, contents = zip(*(_object_stream(group) for group in batch), strict=True)
        for group, head, content in zip(batch, heads, packed(contents), strict=True):
            for place, (each_, _) in enumerate(group):
                table.within(each_, number, place)
            table.at(number, out.tell())
            _write(out, number, head + b"/Filter/FlateDecode/Length %d>>" % len(content), content)
            number += 1
    return _finished(out, table, pdf.trailer)


def _numbered(plain: Sequence[pikepdf.Object], further: Sequence[str], first: int) -> Iterator[tuple[int, bytes]]:
    for each in plain:
        yield each.objgen[0], each.unparse(resolved=True)
    for number, text in enumerate(further, start=first):
        yield number, text.encode("latin-1")


def _take(numbered: Iterator[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    return [each for _, each in zip(range(EACH), numbered, strict=False)]


def _object_stream(group: Sequence[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    """Return the beginning of the dictionary of an object stream, and its content."""
    at, places = 0, []
    for number, content in group:
        places.append(b"%d %d" % (number, at))
        at += len(content) + 1
    index = b" ".join(places) + b"\n"
    head = b"<</Type/ObjStm/N %d/First %d" % (len(group), len(index))
    return head, index + b"\n".join([content for _, content in group])


def _write(out: BytesIO, number: int, dictionary: bytes, content: bytes) -> None:
    out.write(b"%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (number, dictionary, content))


def _finished(out: BytesIO, table: _Table, trailer: pikepdf.Object) -> bytes:
    """Return the file with its table of references, which is its last object, and the identifier that follows."""
    start, size = out.tell(), len(table.entries)
    table.at(size - 1, start)
    rows = b"".join(table.entries)
    [content] = packed([_predicted(rows)])
    identifier = hashlib.sha256(out.getbuffer()).hexdigest()[:32].encode()
    dictionary = (
        b"<</Type/XRef/Size %d/W[1 4 1]/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]/Filter/FlateDecode"
        b"/DecodeParms<</Predictor 12/Columns %d>>/Length %d>>"
    ) % (
        size, trailer.Root.objgen[0], trailer.Info.objgen[0], identifier, identifier, _WIDTH, len(content),
    )  # fmt: skip
    _write(out, size - 1, dictionary, content)
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def _predicted(rows: bytes) -> bytes:
    """Return rows as differences from the row above (PNG filter "up", ISO 32000-1, 7.4.4.4): they pack far better."""
    count = len(rows) // _WIDTH
    made = bytearray(b"\x02" * (count * (_WIDTH + 1)))
    for column in range(_WIDTH):
        values = rows[column::_WIDTH]
        differences = [(one - above) & 0xFF for one, above in zip(values, b"\0" + values, strict=False)]
        made[column + 1 :: _WIDTH + 1] = bytes(differences)
    return bytes(made)
