"""Packing by the zlib that comes with pikepdf, which is pinned: the machine's own may pack differently.

The same bytes are packed to the same bytes on every machine, as reports must be.
"""

from collections.abc import Sequence
from io import BytesIO

import pikepdf


def packed(contents: Sequence[bytes]) -> list[bytes]:
    """Return each content as a stream of the filter FlateDecode holds it (ISO 32000-1, 7.4.4)."""
    out = BytesIO()
    with pikepdf.new() as scratch:
        scratch.Root.Packed = pikepdf.Array([scratch.make_stream(content) for content in contents])
        scratch.save(out, compress_streams=True, static_id=True)
    with pikepdf.open(out) as scratch:
        return [stream.read_raw_bytes() for stream in scratch.Root.Packed]
