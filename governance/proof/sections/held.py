"""A document, and those around it, as its section in a report asks for them: of rows, or of a report's evidence."""

from collections.abc import Sequence
from typing import Protocol, Self

from governance.proof.charts.held import Held
from governance.proof.checks.facts import Facts


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


class Told(Paper, Protocol):
    """The subject of a dossier, as whoever verifies it has it: with all that the evidence tells."""

    @property
    def facts(self) -> Facts:
        """The facts of the evidence."""

    def at(self, digest: str) -> "Told":
        """Return another document of the evidence."""
