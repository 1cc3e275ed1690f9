"""What reports say of evaluations, their results, and judgements by people's grades."""

from typing import Any

from evals.reports.side_by_side import side_by_side
from evals.selectors import judgements
from governance.models import Document
from governance.proof.sections.blocks import Block, facts
from governance.proof.sections.results import VERDICTS, about, circumstances, confusion, figures, verdicts
from governance.reports.printed import notices, section
from governance.selectors import documents as docs

__all__ = [
    "VERDICTS",
    "about",
    "circumstances",
    "confusion",
    "evaluation_result",
    "evaluation_spec",
    "figures",
    "judgement",
    "result_notices",
    "verdicts",
]

evaluation_spec = section("evaluation spec")
evaluation_result = section("result", **{"side by side": lambda document, body: side_by_side(document)})
result_notices = notices("result")


def _rounds(document: Document, _body: dict[str, Any]) -> list[Block]:
    """Which of several judgements it is, and which rounds came to nothing."""
    result = docs.linked_one(document, "result")
    made, rounds = (judgements.all_of(result), judgements.rounds(result)) if result is not None else ([], [])
    place = str(made.index(document) + 1) if document in made else "none of those"
    ended = [str(one.row.pk) for one in rounds if one.abandoned is not None]
    return [
        facts(
            (
                "Judgement",
                f"{place} of {len(made)} that the ledger tells of; each after the first is one more verdict",
            ),
            ("Rounds closed", len(judgements.grades(result)) if result is not None else 0),
            ("Rounds abandoned", ", ".join(ended) or "none"),
            ("Rounds open", ", ".join(str(one.row.pk) for one in rounds if not one.over) or "none"),
        )
    ]


judgement = section("judgement", rounds=_rounds)
