"""What all formats share: names of documents and of the installation, the way down, and lines of JSON."""

from collections.abc import Iterable
from typing import Any

from governance.proof.files.lineage.told import Lineage, Node
from governance.proof.formats import canonical

URN = "urn:countersign"
"""Names that lead nowhere and mean the same everywhere: a document's ends in its digest."""


def document_name(digest: str) -> str:
    """Return the name of a document."""
    return f"{URN}:document:{digest}"


def hexadecimal(digest: str) -> str:
    """Return a digest as other formats write SHA-256: 64 hexadecimal digits."""
    return digest.removeprefix("sha256:")


def installation(told: Lineage) -> str:
    """Return the name of this installation: the fingerprint of its first keyring's root key."""
    return f"{URN}:installation:{told.fingerprint}"


def below(told: Lineage, start: Node) -> list[Node]:
    """Return a document and what it rests on, nearest first, in one order on any day.

    An earlier release that it names is left out with all that rests there: that is another model's story.
    """
    reached, frontier = {start.digest: start}, [start]
    while frontier:
        named = sorted({digest for node in frontier for digest in node.named()} - set(reached))
        nodes = [told.nodes[digest] for digest in named]
        frontier = [node for node in nodes if not (node.words and node.words.releases)]
        reached |= {node.digest: node for node in frontier}
    return list(reached.values())


def lines(values: Iterable[Any]) -> bytes:
    """Return JSON Lines (https://jsonlines.org), each value in canonical JSON: the same values give the same bytes."""
    return b"".join(canonical.dumps(value) + b"\n" for value in values)
