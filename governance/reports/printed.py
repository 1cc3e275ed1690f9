"""Sections as the server prints them: by the rule that whoever verifies expects, and with its own word in the slots."""

from collections.abc import Callable, Sequence
from typing import Any

from governance.models import Document
from governance.proof.sections.blocks import Block, Notice
from governance.proof.sections.derived import NOTICES, SECTIONS
from governance.proof.sections.slots import Part, Slot
from governance.selectors.held import Row

Fill = Callable[[Document, dict[str, Any]], Sequence[Block]]
Tell = Callable[[Document, dict[str, Any]], list[Block]]


def filled(parts: Sequence[Part], document: Document, body: dict[str, Any], **slots: Fill) -> list[Block]:
    """Return the parts of a section with what stands in their slots, each filled by the function of its name."""
    made: list[Block] = []
    for part in parts:
        made += slots[part.name](document, body) if isinstance(part, Slot) else [part]
    return made


def section(name: str, **slots: Fill) -> Tell:
    """Return what typesets bodies of a kind, by the name of its section; `slots` fill what documents do not tell."""

    def tell(document: Document, body: dict[str, Any]) -> list[Block]:
        return filled(list(SECTIONS[name][0](Row(document, body))), document, body, **slots)

    return tell


def notices(name: str) -> Callable[[Document, dict[str, Any]], list[Notice]]:
    """Return what warns of the bodies of a kind, by the name of its section."""
    return lambda document, body: list(NOTICES[name](Row(document, body)))
