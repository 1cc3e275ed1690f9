"""What all formats share: names of documents, runs and people, the way down from a document, and lines of JSON."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from governance.proof import canonical
from governance.registry import KINDS, Described

if TYPE_CHECKING:
    from governance.reports.gathered import Gathered, Paper

URN = "urn:countersign"
"""Names that lead nowhere and mean the same everywhere: a document's ends in its digest."""


def document_name(digest: str) -> str:
    """Return the name of a document."""
    return f"{URN}:document:{digest}"


def hexadecimal(digest: str) -> str:
    """Return a digest as other formats write SHA-256: 64 hexadecimal digits."""
    return digest.removeprefix("sha256:")


def installation(found: "Gathered") -> str:
    """Return the name of this installation: the fingerprint of its first keyring's root key."""
    return f"{URN}:installation:{found.fingerprint}"


def below(found: "Gathered", start: "Paper") -> list["Paper"]:
    """Return a document and what it rests on, nearest first, in one order on any day.

    An earlier release that it names is left out with all that rests there: that is another model's story.
    """
    reached, frontier = {start.digest: start}, [start]
    while frontier:
        named = sorted({link.digest for paper in frontier for link in paper.envelope.references} - set(reached))
        papers = [found.papers[digest] for digest in named if digest in found.papers]
        frontier = [paper for paper in papers if not KINDS[paper.row.kind].releases]
        reached |= {paper.digest: paper for paper in frontier}
    return list(reached.values())


def described(paper: "Paper") -> Described | None:
    """Return what a document is to programs, or None: nothing that any format has a word for."""
    tell = KINDS[paper.row.kind].described
    return tell(paper.body) if tell is not None else None


def linked(found: "Gathered", paper: "Paper", role: str | None = None) -> list["Paper"]:
    """Return the documents that one names, of one role or of all, by digest."""
    links = sorted({link.digest for link in paper.envelope.references if role in (None, link.role)})
    return [found.papers[digest] for digest in links if digest in found.papers]


def lines(values: Iterable[Any]) -> bytes:
    """Return JSON Lines (https://jsonlines.org), each value in canonical JSON: the same values give the same bytes."""
    return b"".join(canonical.dumps(value) + b"\n" for value in values)
