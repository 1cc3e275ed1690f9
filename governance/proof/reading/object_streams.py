"""The text of a PDF's objects as it stands in the file, for those that are kept in object streams (ISO 32000-1, 7.5.7).

Made into objects by a parser, the structure elements of a long table take a hundred megabytes. Which object stands
where is read by the parser all the same; here nothing is looked for.
"""

from array import array
from itertools import pairwise
from typing import Any

MOST = 16
"""streams that are kept at hand"""
COMPRESSED = 2
"""the kind of an entry in the table of references that says so (ISO 32000-1, 7.5.8.3)"""
GAPS = 1000
"""numbers that may be left out in any file"""


class Places:
    """Where the objects of an open file (pikepdf's) stand: by their numbers the object streams, and the places there.

    While it is made it takes some 350 bytes an object, for as long as the parser's own table is there; then ten.

    Raises ValueError: the numbers of the objects leave out most, so that a table of all would be endless.
    """

    def __init__(self, pdf: Any) -> None:
        table = pdf.get_xref_table()
        self.size = size = 1 + max((number for number, _ in table), default=0)
        """one more than the highest number of an object"""
        if size > 2 * len(table) + GAPS:
            raise ValueError(f"found an object of the number {size - 1} among {len(table)}")
        self.streams, self.places = array("I", bytes(4 * size)), array("I", bytes(4 * size))
        for (number, generation), entry in table.items():
            if entry.type == COMPRESSED and generation == 0:
                self.streams[number] = entry.obj_stream_number
                self.places[number] = entry.obj_stream_index


class ObjectStreams:
    """Reads the object streams of one open file (pikepdf's), in which objects stand where `places` has them."""

    def __init__(self, pdf: Any, places: Places) -> None:
        self._pdf, self._where = pdf, places
        self._read: dict[int, list[tuple[int, bytes]]] = {}

    def text(self, number: int) -> bytes:
        """Return the text of an object of generation 0; nothing where it is in no object stream.

        Raises:
            ValueError: the stream does not hold the object at the place where the file's table says.
        """
        where = self._where
        stream = where.streams[number] if 0 < number < where.size else 0
        if not stream:
            return b""
        held, place = self._stream(stream), where.places[number]
        if place >= len(held) or held[place][0] != number:
            raise ValueError(f"found no object {number} at place {place} of its object stream")
        return held[place][1]

    def _stream(self, number: int) -> list[tuple[int, bytes]]:
        if number not in self._read:
            if len(self._read) >= MOST:
                self._read.clear()
            self._read[number] = _objects(self._pdf.get_object(number, 0))
        return self._read[number]


def _objects(stream: Any) -> list[tuple[int, bytes]]:
    """Return the numbers and texts of the objects in a stream, in their order."""
    content: bytes = stream.read_bytes()
    first = int(stream.First)
    index = [int(part) for part in content[:first].split()]
    numbers, places = index[::2], [first + place for place in index[1::2]]
    ends = [*places[1:], len(content)]
    ordered = all(one < other for one, other in pairwise([first - 1, *places, len(content)]))
    if not len(numbers) == len(places) == int(stream.N) == len(set(numbers)) or not ordered:
        raise ValueError("found an object stream whose objects are not given one after the other, once each")
    return [(number, content[at:end]) for number, at, end in zip(numbers, places, ends, strict=True)]
