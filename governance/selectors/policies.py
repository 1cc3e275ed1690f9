"""What the policy in force says about gates: how much each check weighs, and how often a job may be tried."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from governance import policy
from governance.inforce import InForce
from governance.models import Document, Project
from governance.registry import tiers_of
from governance.selectors import documents as docs
from governance.selectors import signoff


def candidates() -> list[Document]:
    """Return every policy that could be in force, the newest first."""
    series = {head.series_id for head in docs.heads(None, policy.KIND)}
    rows = Document.objects.filter(kind=policy.KIND, series__in=series)
    return list(rows.select_related("project", "series").order_by("-seq"))


def chosen(
    policies: Iterable[Document], standing: Mapping[str, InForce], projects: Sequence[Project | None], size: int | None
) -> dict[Project | None, Document | None]:
    """Return for each project which of `candidates` governs it, as `signoff.policy_in_force` says it for one.

    `standing` is theirs, by digest, at the ledger size asked about (None: now).
    """
    standing_ones = [one for one in policies if standing[one.digest].ok]
    by_tier: dict[str, Document] = {}
    for one in standing_ones:
        by_tier.setdefault(docs.model_body(one, policy.PolicyBody).tier, one)
    return {project: by_tier.get(tier) for project, tier in tiers_of(projects, size).items()}


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
