"""Stored files that may be gone: what became of them, in one set of words.

Bytes that are there and are the named ones are used, whatever was told of them; only then is it asked why they are not.
"""

from collections.abc import Iterable

from governance import store
from governance.selectors import disposals

DISPOSED = "were disposed of under a signed disposal"
GONE = "are gone, and no disposal tells of it"
ALTERED = "were altered: they have another digest"


def lost(digests: Iterable[str]) -> dict[str, str]:
    """Return what became of those files that cannot be read, by digest: each is hashed anew, one after the other."""
    found = {}
    for digest in dict.fromkeys(digests):
        try:
            store.check(digest)
        except (store.BytesMissing, store.BytesCorrupt) as problem:
            found[digest] = why(digest, problem)
    return found


def read(digest: str) -> tuple[bytes | None, str]:
    """Return the bytes of a file, hashed anew, and "": or None and what became of them."""
    try:
        return store.read(digest), ""
    except (store.BytesMissing, store.BytesCorrupt) as problem:
        return None, why(digest, problem)


def why(digest: str, problem: Exception) -> str:
    """Return what became of a file that the store answered with `problem` for."""
    if isinstance(problem, store.BytesCorrupt):
        return ALTERED
    return DISPOSED if disposals.files([digest]) else GONE


def disposed(digests: Iterable[str]) -> bool:
    """Return whether a signed disposal took one of those files. Nothing is hashed: pages ask it before a link."""
    return bool(disposals.files([digest for digest in dict.fromkeys(digests) if not store.has(digest)]))
