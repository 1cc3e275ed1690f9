"""A document that is made up, with those that it names, as sections of reports ask for them."""

from dataclasses import dataclass, field
from typing import Any

from tests.support import papers


@dataclass(frozen=True)
class Held:
    """See `governance.proof.sections.held.Paper`."""

    body: dict[str, Any]
    links: dict[str, "Held"] = field(default_factory=dict)
    title: str = "A title"
    number: int = 1
    digest: str = papers.digest("a document")

    @property
    def first(self) -> bool:
        return self.number == 1

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(self.links)

    def linked(self, role: str) -> "Held | None":
        return self.links.get(role)

    def all_linked(self, role: str) -> "list[Held]":
        return [self.links[role]] if role in self.links else []

    def named_by(self, _role: str) -> "list[Held]":
        return []
