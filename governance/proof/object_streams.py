"""The text of a PDF's objects as it stands in the file, for those that are kept in object streams (ISO 32000-1, 7.5.7).

Made into objects by a parser, the structure elements of a long table take a hundred megabytes. Which object stands
where is read by the parser all the same; here nothing is looked for.
"""

from itertools import pairwise
from typing import Any

MOST = 16
"""streams that are kept at hand"""


class ObjectStreams:
    """Reads the object streams of one open file (pikepdf's)."""

    def __init__(self, pdf: Any) -> None:
        self._pdf = pdf
        self._table = pdf.get_xref_table()
        self._read: dict[int, list[tuple[int, bytes]]] = {}

    def text(self, number: int) -> bytes:
        """Return the text of an object of generation 0; nothing where it is in no object stream.

        Raises:
            ValueError: the stream does not hold the object at the place where the file's table says.
        """
        entry = self._table.get((number, 0))
        if entry is None or entry.type != 2:
            return b""
        held = self._stream(entry.obj_stream_number)
        place: int = entry.obj_stream_index
        if not 0 <= place < len(held) or held[place][0] != number:
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
