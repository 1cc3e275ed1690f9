"""What reports say of waivers and of the retrospectives on them."""

from governance.proof.sections.blocks import Block, facts
from governance.proof.sections.held import Paper


def waiver(held: Paper) -> list[Block]:
    """Which checks may stay red, why, at which risk, and until when."""
    body = held.body
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


def retrospective(held: Paper) -> list[Block]:
    """What came of a waiver."""
    body = held.body
    return [
        facts(
            ("What happened", body["what_happened"]),
            ("Was it right", body["was_right"]),
            ("Because", body["why"]),
            *(("Done about it", action) for action in body["actions"]),
        )
    ]
