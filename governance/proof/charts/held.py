"""A document, and those around it, as charts ask for them: of the server's rows, or of a report's evidence."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self


class Held(Protocol):
    """A document whose bytes are at hand."""

    @property
    def body(self) -> Mapping[str, Any]:
        """What it says."""

    def linked(self, role: str) -> Self | None:
        """Return the document that it names in a role; None where it names none."""

    def named_by(self, role: str) -> Sequence[Self]:
        """Return the documents that name it in a role, in ledger order."""
