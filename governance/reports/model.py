"""What a report says, as plain data: filled from documents and ledger elsewhere, typeset in `layout`.

Every text is plain text, never markup. `None` where a value may be missing prints as "unknown": a report says what
it does not know. Times are aware datetimes; they print in UTC with the offset.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from governance.proof.answers.inforce import Standing as Legal
from governance.proof.sections.blocks import (
    Block,
    Fact,
    FactsTable,
    Notice,
)
from governance.proof.words.printed import count, moment
from governance.proof.words.watermark import DRAFT


class Standing(StrEnum):
    """How a document stands as of the checkpoint; each has its own mark in the drawing, distinct without colour."""

    SIGNED = "signed"
    """every signature its policy asks for is in force"""
    UNSIGNED = "unsigned"
    """its policy asks for signatures that are not all in force"""
    WITHDRAWN = "no longer in force"
    """it was signed; the sign-off was revoked, has expired or was overtaken"""
    RECORDED = "recorded"
    """made by a permitted process or kept as a fact: no signature is asked for"""


MARKS = {
    Legal.IN_FORCE: Standing.SIGNED,
    Legal.UNGOVERNED: Standing.RECORDED,
    Legal.REVOKED: Standing.WITHDRAWN,
    Legal.EXPIRED: Standing.WITHDRAWN,
    Legal.LAPSED: Standing.WITHDRAWN,
    Legal.COMPROMISED: Standing.WITHDRAWN,
    Legal.RAN_OUT: Standing.UNSIGNED,
    Legal.SUPERSEDED: Standing.WITHDRAWN,
    Legal.NOT_REQUESTED: Standing.UNSIGNED,
    Legal.PENDING: Standing.UNSIGNED,
    Legal.REJECTED: Standing.UNSIGNED,
    Legal.WITHDRAWN: Standing.UNSIGNED,
}
"""the mark of each legal standing"""


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One electronic signature as 21 CFR 11.50 wants it on the print-out: name, time, meaning."""

    printed_name: str
    role: str
    meaning: str
    at: datetime
    method: str
    """the method in words, e.g. "server-attested (password)" """
    reason: str
    standing: str = "in force"


@dataclass(frozen=True, slots=True)
class Node:
    """One document of the lineage. `depth` is its distance from the subject (0), in references."""

    digest: str
    kind: str
    title: str
    number: int
    author: str | None
    created_at: datetime | None
    signatures: tuple[SignatureLine, ...]
    status: str
    """in words, e.g. "in force since 12 June 2026: 2 of 2 signatures" """
    depth: int
    standing: Standing
    facts: tuple[Fact, ...] = ()
    entry: int | None = None
    """the ledger entry of its freezing"""


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` refers to `target` as its `role`; both are digests."""

    source: str
    target: str
    role: str


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of the report, in the order given."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What a kind of report says of its own; the rest follows from what was gathered.

    `about` is what it is about, in words ("Ledger of the project"), `lead` what page one says first, `first` the
    sections before the lineage. `own_exceptions` stand before the general ones. `told` are the digests of documents
    whose own section would only say again what `first` says. A `plain` report tells nothing else:
    no lineage, no documents one by one, no ledger sections but the keys. `in_full` is the document whose lineage
    report prints what a brief report leaves out; "": the subject.
    """

    title: str
    about: str
    proves: tuple[str, ...]
    does_not_prove: tuple[str, ...]
    lead: tuple[Fact, ...]
    first: tuple[Section, ...]
    own_exceptions: tuple[Notice, ...] = ()
    told: frozenset[str] = frozenset()
    drawn: bool = True
    plain: bool = False
    in_full: str = ""


class Furniture(Protocol):
    """What stands around the text of every page. `foot`: two lines, each a label and a code; `sealed`: room is kept."""

    @property
    def title(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def project(self) -> str: ...
    @property
    def mark(self) -> str: ...
    @property
    def foot(self) -> tuple[tuple[str, str], tuple[str, str]]: ...
    @property
    def sealed(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft as it would read in a report: no record, and every page says so.

    `lacking` is what it needs before it can be frozen, `known` what its signers would be told first.
    """

    title: str
    about: str
    project: str
    revision: int
    saved_at: datetime
    facts: tuple[Fact, ...]
    lacking: tuple[Notice, ...]
    known: tuple[Notice, ...]
    sections: tuple[Section, ...]
    kind: str = "Draft preview"
    mark: str = DRAFT
    sealed: bool = False

    @property
    def foot(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """What stands below every page."""
        said = f"Revision {self.revision} of a draft, saved {moment(self.saved_at)}"
        return (said, ""), ("This is no record: nobody has signed it, and it is not sealed.", "")


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything a report prints. The subject's digest is the report's digest in the footer."""

    title: str
    kind: str
    """what sort of report, e.g. "Lineage report" """
    subject: str
    """what is reported on: the digest of a document, which is one of `nodes`; or "project:" and its id, or
    "organisation" """
    subject_kind: str
    project: str
    ledger_size: int
    checkpoint_root: str
    """as in the checkpoint note: 64 hex digits or base64"""
    generated_at: datetime
    """the time of the last ledger entry covered, not the clock"""
    proves: tuple[str, ...]
    does_not_prove: tuple[str, ...]
    exceptions: tuple[Notice, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    sections: tuple[Section, ...]
    demo: bool = False
    """sealed by a demonstration authority: said on page one"""
    lead: tuple[Fact, ...] = ()
    """what page one says in place of the subject's standing, e.g. of a report on one signature"""
    plain: bool = False
    """it tells of no documents one by one, so that their exceptions are not looked for"""
    first: tuple[Section, ...] = ()
    """what is told before the lineage: the subject's own section, where its kind has a report of its own"""
    drawn: bool = True
    """whether the lineage is listed and drawn before the documents"""
    in_brief: str = ""
    """what is said before the documents where each has a line alone; "": each has an entry of its own"""
    mark: str = ""
    """printed up the margin of every page where the subject is not signed off; see `proof.watermark`"""
    by_digest: Mapping[str, int] = field(init=False, repr=False, compare=False)
    """digest → the number (from 1) under which the report prints the node"""

    @property
    def foot(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """What stands below every page."""
        return ("Subject", self.subject), (
            f"Checkpoint at {count(self.ledger_size)} entries, root",
            self.checkpoint_root,
        )

    @property
    def sealed(self) -> bool:
        """A report is, in the box on page one."""
        return True

    def __post_init__(self) -> None:
        numbers = {node.digest: index for index, node in enumerate(self.nodes, start=1)}
        if len(numbers) != len(self.nodes):
            raise ValueError("two nodes with one digest: found a repeated digest, expected each document once")
        if self.subject.startswith("sha256:") and self.subject not in numbers:
            raise ValueError(f"the subject is not a node: expected {self.subject} among the {len(numbers)} nodes")
        for edge in self.edges:
            if edge.source not in numbers or edge.target not in numbers:
                raise ValueError(f"an edge leads out of the report: {edge.source} → {edge.target}; add that node")
        tables = [
            block
            for section in (*self.first, *self.sections)
            for block in section.blocks
            if isinstance(block, FactsTable)
        ]
        for fact in (*(f for node in self.nodes for f in node.facts), *(f for table in tables for f in table.rows)):
            if fact.link is not None and fact.link not in numbers:
                raise ValueError(
                    f"{fact.label!r} links out of the report: {fact.link}; leave the link out or add the node"
                )
        object.__setattr__(self, "by_digest", numbers)
