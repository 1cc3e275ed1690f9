"""Which documents this session has looked at: stated in a signature as what the signer opened."""

from collections.abc import Iterable

from django.contrib.sessions.backends.base import SessionBase

_KEY = "opened"
_MOST = 500


def note(session: SessionBase, digest: str) -> None:
    """Remember that the page of a document was shown."""
    seen: list[str] = session.get(_KEY, [])
    if digest not in seen:
        session[_KEY] = [*seen, digest][-_MOST:]


def seen(session: SessionBase) -> list[str]:
    """Return the digests of the documents shown in this session."""
    return list(session.get(_KEY, []))


def among(session: SessionBase, digests: Iterable[str]) -> list[str]:
    """Return those of the digests that were shown."""
    shown = set(session.get(_KEY, []))
    return [digest for digest in digests if digest in shown]
