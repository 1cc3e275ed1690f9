"""Inventories as documents: kept as they came, unsigned."""

from typing import Final

from governance.access import AUDITOR, COMPLIANCE_OFFICER, ENGINEER, OWNER, WRITE, register_action
from governance.proof.formats.manifest import FileEntry
from governance.registry import Kind, register_kind
from governance.reports import printed
from training.bodies.inventories import INVENTORY, InventoryBody

ACTION: Final = "inventory.bring"


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
            printed="inventory",
            sections=printed.section("inventory"),
        )
    )
