"""What rests on a document: everything later that refers to it, directly or through others."""

from dataclasses import dataclass

from governance.models import Document, Reference
from governance.proof.formats.leaf import Leaf
from governance.registry import KINDS
from governance.reports.faults import Unreportable
from governance.selectors import documents as docs
from governance.selectors import ledger


@dataclass(frozen=True)
class Dependant:
    """A document that rests on the subject: `roles` say as what it names which document."""

    row: Document
    title: str
    depth: int
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Dependants:
    """Those that may be named, nearest first, with the leaves of their freezing; `elsewhere` counts the others.

    A report on a document of the shelf can be read in every project, and projects do not see each other: what rests
    on it in projects is counted, never named.
    """

    named: tuple[Dependant, ...]
    leaves: tuple[Leaf, ...]
    elsewhere: int


NO_DEPENDANTS = Dependants((), (), 0)


def dependants(subject: Document, size: int) -> Dependants:
    """Return what rests on the subject at a ledger size. The references are read from the documents' own bytes.

    One query per level of depth. Raises Unreportable when the index names a reference that the bytes do not.
    """
    found: dict[str, Dependant] = {}
    reached, frontier, depth = {subject.digest}, [subject.digest], 0
    while frontier:
        depth += 1
        links = Reference.objects.filter(target__in=frontier, source__seq__lt=size).select_related("source")
        rows = {link.source_id: link.source for link in links if link.source_id not in reached}
        below = set(frontier)
        for digest, row in rows.items():
            envelope, kind = docs.envelope(row), KINDS[row.kind]
            roles = tuple((link.role, link.digest) for link in envelope.references if link.digest in below)
            if not roles:
                raise Unreportable(f"the index says that {digest} refers to {min(below)}, its bytes do not; rebuild it")
            found[digest] = Dependant(row, str(kind.title(docs.display_body(row))) or kind.label, depth, roles)
        reached |= set(rows)
        frontier = list(rows)
    visible = [d for d in found.values() if d.row.project_id == subject.project_id or d.row.project_id is None]
    ordered = sorted(visible, key=lambda d: (d.depth, d.row.seq))
    leaves = ledger.leaves_at(d.row.seq for d in ordered)
    for each in ordered:
        leaf = leaves.get(each.row.seq)
        if leaf is None or leaf.subjects != [each.row.digest]:
            raise Unreportable(f"ledger entry {each.row.seq} does not record document {each.row.digest}")
    return Dependants(tuple(ordered), tuple(leaves[d.row.seq] for d in ordered), len(found) - len(ordered))
