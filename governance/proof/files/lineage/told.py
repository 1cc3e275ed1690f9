"""A document and all it rests on, with what the ledger tells of it: what every format is made from, and nothing else.

Made from what a server gathered, or from the verified evidence of a report. Whatever those hold besides does not enter.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from governance.proof.formats.described import Described
from governance.proof.formats.envelope import Envelope
from governance.proof.formats.leaf import (
    DOCUMENT_FROZEN,
    DOCUMENT_REVOKED,
    JOB_ADMITTED,
    JOB_ARMED,
    PERMIT_ISSUED,
    Leaf,
)
from governance.proof.formats.permit import Permit
from governance.proof.formats.statement import SignoffStatement
from governance.proof.words.vocabulary import Words, kinds

IN_FORCE = "in force"
"""the standing of a document whose sign-off stands"""


class Untold(ValueError):
    """What the formats need is not there."""


@dataclass(frozen=True)
class Node:
    """A document of the lineage: its bytes, the entry of its freezing, and the server's word on its standing."""

    digest: str
    envelope: Envelope
    leaf: Leaf
    standing: str

    @property
    def kind(self) -> str:
        """The kind's name."""
        return self.envelope.kind

    @property
    def words(self) -> Words | None:
        """What pages say of its kind; None where this version does not know it."""
        return kinds().get(self.kind)

    @property
    def title(self) -> str:
        """The title as the document's own bytes give it."""
        return (self.words.title(self.envelope.body) or f"untitled {self.words.label}") if self.words else self.kind

    @cached_property
    def described(self) -> Described | None:
        """What it is to programs, or None: nothing that any format has a word for."""
        tell = self.words.described if self.words else None
        return tell(self.envelope.body) if tell else None

    def named(self, role: str | None = None) -> list[str]:
        """Return the digests of the documents that it names, in one role or in all."""
        return sorted({link.digest for link in self.envelope.references if role in (None, link.role)})


@dataclass(frozen=True)
class Signoff:
    """A signature: the signed form (by passkey, or a DSSE envelope), what it signs, and the entry that records it."""

    envelope: str
    statement: SignoffStatement
    leaf: Leaf


@dataclass(frozen=True)
class Permitted:
    """A permit, the digest of its envelope, and the ledger entries of its attempt in order."""

    permit: Permit
    digest: str
    story: tuple[Leaf, ...]


@dataclass(frozen=True)
class Run:
    """A job whose specification is in the lineage: its permits, and the entries about the job, in ledger order."""

    permits: tuple[Permitted, ...]
    story: tuple[Leaf, ...]


@dataclass(frozen=True)
class Known:
    """What a lineage is read from: more may be there than belongs to it.

    `root` is hexadecimal, `time` RFC 3339, `fingerprint` that of the first keyring's root key, `standings` are by
    digest, `permits` come with the digests of their envelopes, `names` are those people were enrolled under.
    """

    subject: str
    size: int
    time: str
    root: str
    fingerprint: str
    documents: Mapping[str, Envelope]
    leaves: Mapping[int, Leaf]
    standings: Mapping[str, str]
    signoffs: Iterable[Signoff]
    permits: Iterable[tuple[str, Permit]]
    names: Mapping[str, str]


@dataclass(frozen=True)
class Lineage:
    """The subject and what it rests on: documents nearest first, sign-offs and runs in ledger order."""

    subject: Node
    size: int
    time: str
    root: str
    fingerprint: str
    nodes: Mapping[str, Node]
    signoffs: tuple[Signoff, ...]
    runs: tuple[Run, ...]
    names: Mapping[str, str]

    def linked(self, node: Node, role: str | None = None) -> list[Node]:
        """Return the documents that one names, of one role or of all, by digest."""
        return [self.nodes[digest] for digest in node.named(role)]


def read(known: Known) -> Lineage:
    """Return the lineage that these facts tell of.

    Raises:
        Untold: a document of it, the entry of its freezing, or its standing is not there.
    """
    leaves = [known.leaves[seq] for seq in sorted(known.leaves)]
    nodes = _nodes(known, leaves)
    runs = tuple(_runs(known, leaves, nodes))
    return Lineage(
        subject=nodes[known.subject],
        size=known.size,
        time=known.time,
        root=known.root,
        fingerprint=known.fingerprint,
        nodes=nodes,
        signoffs=tuple(_signoffs(known, leaves, nodes, runs)),
        runs=runs,
        names=known.names,
    )


def _nodes(known: Known, leaves: Iterable[Leaf]) -> dict[str, Node]:
    """Return the documents, the subject first, then by distance, the newest first."""
    frozen = {leaf.subjects[0]: leaf for leaf in leaves if leaf.event == DOCUMENT_FROZEN and len(leaf.subjects) == 1}
    depths, frontier, depth = {known.subject: 0}, {known.subject}, 0
    while frontier:
        for digest in frontier:
            for what, there in (
                ("", known.documents),
                ("entry of the ", frozen),
                ("standing of the ", known.standings),
            ):
                if digest not in there:
                    raise Untold(f"the {what}document {digest} is not there")
        depth += 1
        reached = {link.digest for digest in frontier for link in known.documents[digest].references}
        frontier = reached - set(depths)
        depths |= dict.fromkeys(frontier, depth)
    ordered = sorted(depths, key=lambda digest: (depths[digest], -frozen[digest].seq))
    return {d: Node(d, known.documents[d], frozen[d], known.standings[d]) for d in ordered}


def _signoffs(
    known: Known, leaves: Iterable[Leaf], nodes: Mapping[str, Node], runs: Iterable[Run]
) -> Iterator[Signoff]:
    """Yield the sign-offs on documents of the lineage, and those that its permits relied on.

    Left out are sign-offs that were revoked and given anew since, unless a permit relied on them.
    """
    decisions = {seq for run in runs for one in run.permits for seq in one.permit.decisions}
    revoked: dict[str, int] = {}
    for leaf in leaves:
        if leaf.event == DOCUMENT_REVOKED:
            revoked |= dict.fromkeys(leaf.subjects, leaf.seq)
    for one in sorted(known.signoffs, key=lambda one: one.leaf.seq):
        about = [nodes[subject.digest] for subject in one.statement.subjects if subject.digest in nodes]
        stands = [n for n in about if revoked.get(n.digest, -1) <= one.leaf.seq or n.standing != IN_FORCE]
        if stands or one.leaf.seq in decisions:
            yield one


def _runs(known: Known, leaves: Iterable[Leaf], nodes: Mapping[str, Node]) -> Iterator[Run]:
    stories: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        for subject in leaf.subjects:
            if subject.startswith("job:"):
                stories.setdefault(subject.removeprefix("job:"), []).append(leaf)
    permits = dict(known.permits)
    for job, story in stories.items():
        begun = next((leaf for leaf in story if leaf.event in (JOB_ADMITTED, JOB_ARMED)), None)
        if begun is None or begun.data.get("spec") not in nodes:
            continue
        issued = [str(leaf.data.get("permit")) for leaf in story if leaf.event == PERMIT_ISSUED]
        if missing := [digest for digest in issued if digest not in permits or permits[digest].job != job]:
            raise Untold(f"the permit {missing[0]} is not there")
        yield Run(tuple(_permitted(permits[digest], digest, story) for digest in issued), tuple(story))


def _permitted(permit: Permit, digest: str, story: Iterable[Leaf]) -> Permitted:
    return Permitted(permit, digest, tuple(leaf for leaf in story if leaf.data.get("attempt") == permit.attempt))
