"""The file as a whole: pikepdf's objects and those written as text, in object streams under one table of references.

PDF 1.7 in its compressed form (ISO 32000-1, 7.5.7 and 7.5.8), in one section: nothing in it is replaced later on but by
the seal, which is added to it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import islice

import pikepdf

from governance.reports.packing import packed

HEAD = b"%PDF-1.7\n%\xbf\xf7\xa2\xfe\n"
EACH = 200
"""objects in one object stream; its place in the table of references is one byte"""
TOGETHER = 32
"""object streams that are packed at once"""
_WIDTH = 6
"""bytes of an entry in the table: its kind, an offset or an object stream, the place in there"""


class _Table:
    """The table of references while it grows: entries by object number."""

    def __init__(self) -> None:
        self._rows = bytearray(b"\0" + bytes(4) + b"\xff")

    def at(self, number: int, offset: int) -> None:
        """Note an object that stands in the file itself."""
        self._set(number, b"\x01" + offset.to_bytes(4) + b"\0")

    def within(self, number: int, stream: int, place: int) -> None:
        """Note an object in an object stream."""
        self._set(number, b"\x02" + stream.to_bytes(4) + bytes([place]))

    def rows(self) -> bytes:
        """Return all entries. Raises ValueError: an object of a number is not there."""
        rows = bytes(self._rows)
        if not all(rows[_WIDTH::_WIDTH]):
            raise ValueError("found numbers without an object, expected an object for each")
        return rows

    def _set(self, number: int, entry: bytes) -> None:
        start = number * _WIDTH
        self._rows.extend(bytes(max(0, start + _WIDTH - len(self._rows))))
        self._rows[start : start + _WIDTH] = entry


def assemble(pdf: pikepdf.Pdf, tree: int, further: Iterable[tuple[int, str]], numbers: Iterator[int]) -> bytes:
    """Return the bytes of a file with the objects of `pdf` below the number `tree`, and `further` ones.

    The objects' numbers, also those of streams that hold them, are from `numbers`, which go on without a gap. Raises
    ValueError: there are numbers without an object, as in no file that pikepdf saved.
    """
    out, table = BytesIO(), _Table()
    out.write(HEAD)
    for each in pdf.objects:
        number = each.objgen[0]
        if isinstance(each, pikepdf.Stream) and number < tree:
            table.at(number, out.tell())
            _write(out, number, each.stream_dict.unparse(resolved=True), each.read_raw_bytes())
    numbered = _numbered(pdf, tree, further)
    while batch := [group for group in (list(islice(numbered, EACH)) for _ in range(TOGETHER)) if group]:
        heads, contents = zip(*(_object_stream(group) for group in batch), strict=True)
        for group, head, content in zip(batch, heads, packed(contents), strict=True):
            stream = next(numbers)
            for place, (number, _) in enumerate(group):
                table.within(number, stream, place)
            table.at(stream, out.tell())
            _write(out, stream, head + b"/Filter/FlateDecode/Length %d>>" % len(content), content)
    return _finished(out, table, next(numbers), pdf.trailer)


def _numbered(pdf: pikepdf.Pdf, tree: int, further: Iterable[tuple[int, str]]) -> Iterator[tuple[int, bytes]]:
    for each in pdf.objects:
        if not isinstance(each, pikepdf.Stream) and each.objgen[0] < tree:
            yield each.objgen[0], each.unparse(resolved=True)
    for number, text in further:
        yield number, text.encode("latin-1")


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


def _finished(out: BytesIO, table: _Table, number: int, trailer: pikepdf.Object) -> bytes:
    """Return the file with its table of references, which is its last object, and the identifier that follows."""
    start = out.tell()
    table.at(number, start)
    rows = table.rows()
    [content] = packed([_predicted(rows)])
    with out.getbuffer() as view:
        identifier = hashlib.sha256(view).hexdigest()[:32].encode()
    dictionary = (
        b"<</Type/XRef/Size %d/W[1 4 1]/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]/Filter/FlateDecode"
        b"/DecodeParms<</Predictor 12/Columns %d>>/Length %d>>"
    ) % (
        number + 1, trailer.Root.objgen[0], trailer.Info.objgen[0], identifier, identifier, _WIDTH, len(content),
    )  # fmt: skip
    _write(out, number, dictionary, content)
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
