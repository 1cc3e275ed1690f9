"""What reports say of deployment events and incident marks."""

from governance.proof.sections.blocks import Block, Notice, facts
from governance.proof.sections.held import Paper


def event(held: Paper) -> list[Block]:
    """What happened, when it was so, and why."""
    body = held.body
    return [
        facts(
            ("What", body["what"]),
            ("At", body["at"]),
            ("Reason", body["reason"]),
            ("It runs, as stated", body["stated"] or "see what it refers to"),
            ("It ran before, as stated", body["stated_before"] or "see what it refers to"),
        )
    ]


def mark(held: Paper) -> list[Block]:
    """What happened, when it was noticed, and whether the mark stands."""
    body = held.body
    return [facts(("Noticed", body["seen_at"]), ("Reason", body["reason"]), ("Stands", body["stands"]))]


def mark_notices(held: Paper) -> list[Notice]:
    """Warn of a mark that stands."""
    body = held.body
    if not body["stands"]:
        return []
    return [Notice("Unsafe because of an incident", f"“{held.title}”: {body['reason']}")]
