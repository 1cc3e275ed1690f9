"""The kinds of documents about the lives of base models: what was observed of them."""

from typing import Any

from governance.access import ENGINEER, OWNER
from governance.proof.formats.manifest import FileEntry
from governance.registry import Kind, Period, register_kind, register_period
from training.bodies import observations as bodies
from training.reports import observations as reports

OBSERVATIONS = "training.observations"
STALE = "lifecycle_stale"


def _snapshot(body: dict[str, Any]) -> list[FileEntry]:
    found = body["source"]["snapshot"]
    return [FileEntry.model_validate(found)] if found is not None else []


def _told(body: dict[str, Any]) -> dict[str, Any]:
    """Return what two readings of a source are compared by: each says what is new, so their words are not."""
    source = body["source"]
    return {
        "rank": source["rank"],
        "format": source["format"],
        "address": source["url"],
        "everything_it_says": source["complete"],
        "retrieved_at": source["retrieved_at"],
        "what_was_read": source["snapshot"]["sha256"] if source["snapshot"] else None,
        "new_moved_or_gone": len(body["observations"]),
    }


def register() -> None:
    """Register the kinds, and the period after which a source is stale."""
    register_period(Period(STALE, "a source of lifecycle dates is stale after", 30, most=365))
    register_kind(
        Kind(
            OBSERVATIONS,
            "lifecycle observations",
            bodies.ObservationsBody,
            shelf=True,
            signed=False,
            routine=True,
            authors=frozenset({OWNER, ENGINEER}),
            files=_snapshot,
            told=_told,
            printed="observations",
            sections=reports.observations,
        )
    )
