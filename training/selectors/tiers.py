"""Which policy tier a project is under."""

from collections.abc import Sequence
from typing import Any

from governance.models import Project
from governance.registry import TIERS
from governance.selectors import documents as docs
from training.bodies.use_cases import UseCaseBody
from training.kinds import tuning as kinds


def tiers(projects: Sequence[Project], ledger_size: int | None = None) -> dict[Any, str]:
    """Return the strictest risk tier among each project's use cases, by the project's key; none while it has none.

    `ledger_size`: as it was when the ledger had so many entries (default: now). Every newest version counts, signed or
    not: a draft of a stricter use case is governed by the stricter policy. One query.
    """
    found: dict[Any, str] = {}
    for document in docs.heads_in(projects, kinds.USE_CASE, ledger_size):
        tier = docs.model_body(document, UseCaseBody).risk_tier
        found[document.project_id] = min(tier, found.get(document.project_id, tier), key=TIERS.index)
    return found
