"""What reports say of what was observed about the lives of base models."""

from collections.abc import Mapping
from typing import Any

from governance.proof.sections.blocks import Block, Column, facts, files, table
from governance.proof.sections.held import Paper
from governance.proof.sections.tuning import PHASES

SHOWN = 40
"""observations that are printed; the document, which is attached to every report that tells of it, holds all"""


def observations(held: Paper) -> list[Block]:
    """Who said what, when they were asked, and the bytes that were read."""
    body = held.body
    source, found = body["source"], body["observations"]
    rows = [
        (
            f"{one['model']}, {one['channel']}",
            PHASES[one["phase"]],
            _date(one),
            f"“{one['words']}”",
            one["announced_on"] or "not said",
        )
        for one in found[:SHOWN]
    ]
    columns = (
        Column("Model", 26), Column("What", 18), Column("Date", 14), Column("In the source’s words", 28),
        Column("Announced", 14),
    )  # fmt: skip
    told = "What is new, moved or gone" + (
        f": the first {SHOWN} of {len(found):,}; the document attached holds all." if len(found) > SHOWN else "."
    )
    snapshot = [source["snapshot"]] if source["snapshot"] else []
    return [
        facts(
            ("Source", source["name"]),
            ("Address", source["url"] or None),
            ("Rank", f"{source['rank']} of 5, where 1 weighs most"),
            ("Read as", source["format"]),
            ("Retrieved", source["retrieved_at"]),
            ("Everything it says", source["complete"]),
            ("Said again", len(body["still"])),
        ),
        table(told, columns, rows, "Nothing: the source says what it said before."),
        *([files("What was read.", snapshot)] if snapshot else []),
    ]


def _date(observed: Mapping[str, Any]) -> str | None:
    if observed["date"] is None:
        return None
    return str(observed["date"]) + ("" if observed["precision"] == "exact" else f" ({observed['precision']})")
