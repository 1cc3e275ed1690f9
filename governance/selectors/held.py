"""A document of the database as pure rules ask for it: its body, what it is called, and what it names."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from governance.models import Document
from governance.selectors import documents as docs


@dataclass(frozen=True)
class Row:
    """A document of the database as sections ask for it; see `proof.sections.held.Paper`."""

    document: Document
    body: dict[str, Any]

    @classmethod
    def of(cls, document: Document) -> "Row":
        """Return a document with its body as it is displayed."""
        return cls(document, docs.display_body(document))

    @property
    def digest(self) -> str:
        """Its digest."""
        return self.document.digest

    @property
    def title(self) -> str:
        """What it is called."""
        return self.document.title

    @property
    def number(self) -> int:
        """Which version of its series it is."""
        return self.document.number

    @property
    def first(self) -> bool:
        """Whether there is no version before it."""
        return docs.envelope(self.document).previous is None

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles in which it names others."""
        return frozenset(link.role for link in docs.references(self.document))

    def linked(self, role: str) -> "Row | None":
        """Return the document that it names in a role; raises as `documents.linked` does."""
        found = docs.linked_one(self.document, role)
        return Row.of(found) if found is not None else None

    def all_linked(self, role: str) -> "list[Row]":
        """Return the documents that it names in a role, in its order; raises as `documents.linked` does."""
        return [Row.of(one) for one in docs.linked(self.document, role)]

    def named_by(self, role: str) -> "list[Row]":
        """Return none: what names it depends on when it is asked, and no section tells of that."""
        return []
