"""Which policy tier a project is under."""

from governance.models import Project
from governance.selectors import documents as docs
from training import documents as kinds
from training.bodies import UseCaseBody


def tier(project: Project, ledger_size: int | None = None) -> str | None:
    """Return the strictest risk tier among the project's use cases, or None while it has none.

    `ledger_size`: as it was when the ledger had so many entries (default: now). Every newest version counts, signed or
    not: a draft of a stricter use case is governed by the stricter policy.
    """
    order = ("high", "standard", "low")
    found = {docs.model_body(d, UseCaseBody).risk_tier for d in docs.heads(project, kinds.USE_CASE, ledger_size)}
    return next((tier for tier in order if tier in found), None)
