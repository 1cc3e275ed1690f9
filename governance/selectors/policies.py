"""What the policy in force says about gates: how much each check weighs, and how often a job may be tried."""

from datetime import datetime

from governance import policy
from governance.models import Project
from governance.selectors import documents as docs
from governance.selectors import signoff


def governing(
    project: Project | None, ledger_size: int | None = None, time: datetime | None = None
) -> policy.PolicyBody | None:
    """Return what the policy of a project said at a ledger size and time (default: now); None before the first."""
    found = signoff.policy_in_force(project, ledger_size, time)
    return docs.model_body(found, policy.PolicyBody) if found else None


def weights(project: Project | None, ledger_size: int | None = None, time: datetime | None = None) -> dict[str, str]:
    """Return the weights the policy gives the checks; those it does not name keep their own."""
    found = governing(project, ledger_size, time)
    return found.weights() if found else {}


def max_attempts(project: Project | None) -> int:
    """Return how many attempts of an unchanged job the policy in force allows."""
    found = governing(project)
    return found.max_attempts if found else 1
