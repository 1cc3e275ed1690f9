"""What reports say of a policy: who signs what, for how long, and how much each gate check weighs."""

from typing import Any

from governance import access
from governance.models import Document
from governance.reports.parts import Block, Column, facts, table


def policy(_document: Document, body: dict[str, Any]) -> list[Block]:
    """The signing rules, kind by kind, and the checks whose weight the policy sets."""
    rules = [
        (
            kind.partition(".")[2].replace("_", " "),
            " and ".join(f"{count} × {access.ROLES.get(role, role)}" for role, count in sorted(rule["roles"].items())),
            f"{rule['validity_days']:,} days",
            rule["method"],
        )
        for kind, rule in sorted(body["rules"].items())
    ]
    columns = (Column("Document", 26), Column("Signatures", 44), Column("Valid for", 14), Column("At least by", 16))
    weights = sorted((name.replace("_", " "), weight) for name, weight in body["checks"].items())
    return [
        facts(("Tier", body["tier"]), ("Attempts of an unchanged job", body["max_attempts"])),
        table("Who signs. Contributors, requester and launcher are excluded whatever the table says.", columns, rules),
        table(
            "Gate checks whose weight the policy sets; all others keep their own.",
            (Column("Check", 60), Column("Weight", 40)),
            weights,
            "None: every check keeps its own weight.",
        ),
    ]
