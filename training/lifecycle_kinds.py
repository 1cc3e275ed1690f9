"""The kinds of documents about the lives of base models: what was observed of them."""

from typing import Any

from governance.access import ENGINEER, OWNER
from governance.proof.manifest import FileEntry
from governance.registry import Kind, Period, register_kind, register_period
from training import lifecycle_bodies as bodies
from training import lifecycle_reports as reports

OBSERVATIONS = "training.observations"
STALE = "lifecycle_stale"


def _snapshot(body: dict[str, Any]) -> list[FileEntry]:
    found = body["source"]["snapshot"]
    return [FileEntry.model_validate(found)] if found is not None else []


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
            authors=frozenset({OWNER, ENGINEER}),
            files=_snapshot,
            sections=reports.observations,
        )
    )
