"""What reports say of deployment events and incident marks."""

from typing import Any

from governance.models import Document
from governance.reports.parts import Block, Notice, facts


def event(_document: Document, body: dict[str, Any]) -> list[Block]:
    """What happened, when it was so, and why."""
    return [
        facts(
            ("What", body["what"]),
            ("At", body["at"]),
            ("Reason", body["reason"]),
            ("It runs, as stated", body["stated"] or "see what it refers to"),
            ("It ran before, as stated", body["stated_before"] or "see what it refers to"),
        )
    ]


def mark(_document: Document, body: dict[str, Any]) -> list[Block]:
    """What happened, when it was noticed, and whether the mark stands."""
    return [facts(("Noticed", body["seen_at"]), ("Reason", body["reason"]), ("Stands", body["stands"]))]


def mark_notices(document: Document, body: dict[str, Any]) -> list[Notice]:
    """Warn of a mark that stands."""
    if not body["stands"]:
        return []
    return [Notice("Unsafe because of an incident", f"“{document.title}”: {body['reason']}")]
