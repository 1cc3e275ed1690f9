"""What reports say of waivers and of the retrospectives on them."""

from typing import Any

from governance.models import Document
from governance.reports.parts import Block, facts


def waiver(_document: Document, body: dict[str, Any]) -> list[Block]:
    """Which checks may stay red, why, at which risk, and until when."""
    return [
        facts(
            ("Checks", ", ".join(body["checks"])),
            ("Because", body["reason"]),
            ("Risk accepted", body["risk"]),
            ("Done instead", body["measures"]),
            ("Runs out", body["expires_at"]),
            ("Retrospective due", body["retrospective_due"]),
        )
    ]


def retrospective(_document: Document, body: dict[str, Any]) -> list[Block]:
    """What came of a waiver."""
    return [
        facts(
            ("What happened", body["what_happened"]),
            ("Was it right", body["was_right"]),
            ("Because", body["why"]),
            *(("Done about it", action) for action in body["actions"]),
        )
    ]
