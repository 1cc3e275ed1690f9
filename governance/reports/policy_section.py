"""What reports say of a policy: who signs what, how, for how long, and how much each gate check weighs."""

from typing import Any

from governance import policy_words
from governance.models import Document
from governance.reports.parts import Block, Column, facts, table


def policy(_document: Document, body: dict[str, Any]) -> list[Block]:
    """The signing rules, kind by kind, the checks whose weight the policy sets, and how long things are kept."""
    told = policy_words.rules(body)
    signing = (Column("Document", 18), Column("Who signs", 36), Column("How", 30), Column("Valid for", 16))
    waiting = (Column("Document", 22), Column("Excluded besides", 34), Column("Waiting", 44))
    return [
        facts(("Tier", body["tier"]), ("Attempts of an unchanged job", body["max_attempts"])),
        table(
            "Who signs. Contributors, requester and launcher are excluded whatever the table says.",
            signing,
            [(rule.label, rule.who, ", ".join(rule.how), rule.valid) for rule in told],
        ),
        table(
            "Who else may not sign, and what happens while signatures are missing.",
            waiting,
            [
                (rule.label, rule.excluded or "nobody", ", ".join(rule.waits) or "no limit")
                for rule in told
                if rule.excluded or rule.waits
            ],
            "Nobody else, and requests wait without limit.",
        ),
        table(
            "Gate checks whose weight the policy sets; all others keep their own.",
            (Column("Check", 40), Column("Weight", 20), Column("Asked of a", 40)),
            policy_words.checks(body),
            "None: every check keeps its own weight.",
        ),
        table(
            "How long files and private parts are kept at least.",
            (Column("Document", 40), Column("Kept at least", 60)),
            policy_words.kept(body),
            "The policy states no periods.",
        ),
        table(
            "Other periods that the policy sets; all others keep their own.",
            (Column("What", 60), Column("Period", 40)),
            policy_words.periods(body),
            "None.",
        ),
    ]
