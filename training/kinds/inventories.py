"""Inventories as documents: kept as they came, unsigned."""

from typing import Any, Final

from governance.access import AUDITOR, COMPLIANCE_OFFICER, ENGINEER, OWNER, WRITE, register_action
from governance.models import Document
from governance.proof.manifest import FileEntry
from governance.registry import Kind, register_kind
from governance.reports.parts import Block, facts, files
from training.bodies.inventories import INVENTORY, SOURCES, InventoryBody

ACTION: Final = "inventory.bring"


def _sections(_document: Document, body: dict[str, Any]) -> list[Block]:
    return [
        facts(
            ("From", f"{body['system']}: {SOURCES[body['source']]}"),
            ("Covers", f"{body['covers_from']} to {body['covers_until']}, both included"),
            ("Environments", body["environments"] or "all"),
            ("Rows", body["rows"]),
            *((f"Column {ours}", theirs) for ours, theirs in body["columns"].items()),
        ),
        files("The list as it came.", [body["file"]]),
    ]


def register() -> None:
    """Register the kind, and who may bring inventories."""
    register_action(ACTION, "bring an inventory", {AUDITOR, OWNER, COMPLIANCE_OFFICER, ENGINEER}, WRITE)
    register_kind(
        Kind(
            INVENTORY,
            "inventory",
            InventoryBody,
            shelf=True,
            signed=False,
            routine=True,
            confined=True,
            authors=frozenset(),
            files=lambda body: [FileEntry.model_validate(body["file"])],
            sections=_sections,
        )
    )
