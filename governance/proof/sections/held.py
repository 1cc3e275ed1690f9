"""A document, and those around it, as its section in a report asks for them: of rows, or of a report's evidence."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self

from governance.proof.charts.held import Held

if TYPE_CHECKING:  # who only reads rows need not load all that checks evidence
    from governance.proof.checks.facts import Signed
    from governance.proof.formats.envelope import Envelope
    from governance.proof.formats.leaf import Leaf
    from governance.proof.formats.permit import Permit


class Paper(Held, Protocol):
    """A document whose bytes are at hand, with what it is called."""

    @property
    def digest(self) -> str:
        """Its digest."""

    @property
    def title(self) -> str:
        """What it is called by its own bytes."""

    @property
    def number(self) -> int:
        """Which version of its series it is, from 1."""

    @property
    def first(self) -> bool:
        """Whether it is the first version of its series."""

    @property
    def roles(self) -> frozenset[str]:
        """The roles in which it names other documents."""

    def all_linked(self, role: str) -> Sequence[Self]:
        """Return the documents that it names in a role, in the order of its references."""


class Acts(Protocol):
    """What entries, signatures and permits tell, beside the documents: gathered by a server, or from evidence."""

    @property
    def documents(self) -> "Mapping[str, Envelope]":
        """The documents, by digest."""

    @property
    def printed(self) -> Sequence[str]:
        """Those that are printed one by one, in order."""

    @property
    def signed(self) -> "Sequence[Signed]":
        """The sign-offs, in ledger order."""

    @property
    def ordered(self) -> "Sequence[Leaf]":
        """The entries, in ledger order."""

    @property
    def frozen(self) -> "Mapping[str, Leaf]":
        """The entry that records the freezing of each document, by digest."""

    @property
    def permits(self) -> "Sequence[tuple[str, Permit]]":
        """The permits, each with the digest of its envelope."""

    def private(self, leaf: "Leaf", /) -> Mapping[str, Any]:
        """Return what an entry committed to; empty where there is nothing or it was erased."""

    def who(self, actor: str, /) -> str:
        """Return the name a person was enrolled under, or the actor as the ledger has it."""

    def title(self, digest: str, /) -> str | None:
        """Return what a document is called; None where this version does not know how."""

    def label(self, digest: str, /) -> str | None:
        """Return what its kind is called."""

    def of_kind(self, kind: str, /) -> Sequence[str]:
        """Return the printed documents of a kind, the oldest first."""


class Told(Paper, Protocol):
    """The subject of a dossier, or a document around it, with what entries and signatures tell."""

    @property
    def acts(self) -> Acts:
        """What entries, signatures and permits tell."""

    @property
    def status(self) -> str | None:
        """How it stands, in words; None where the report does not say."""

    @property
    def ok(self) -> bool | None:
        """Whether new acts may rest on it; None where that does not follow."""

    def after(self, kind: str) -> "Sequence[tuple[str | None, Leaf]]":
        """Return the entries of later documents of a kind that name the subject, in ledger order, each with its title.

        None where its title is not there.
        """

    def at(self, digest: str) -> "Told":
        """Return another document that is there."""
