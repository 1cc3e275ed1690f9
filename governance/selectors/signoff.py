"""What is in force: `governance.inforce` asked of the facts that `selectors.ceremonies` gathers."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from governance import inforce, policy
from governance.inforce import InForce, Standing
from governance.models import Document, Project
from governance.registry import KINDS, tier_of
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors.ceremonies import excluded_from, gather, rule_for, signing_rule

__all__ = ["excluded_from", "in_force", "in_force_many", "policy_in_force", "rule_for", "signing_rule"]


def in_force(document: Document, ledger_size: int | None = None, time: datetime | None = None) -> InForce:
    """Return a document's standing at a ledger size and time (default: now)."""
    return in_force_many([document], ledger_size, time)[document.digest]


def in_force_many(
    wanted: Iterable[Document], ledger_size: int | None = None, time: datetime | None = None
) -> dict[str, InForce]:
    """Return the standing of several documents, by digest, in a constant number of queries."""
    asked = list(wanted)
    size = ledger.size() if ledger_size is None else ledger_size
    at = timezone.now() if time is None else time
    governed = [d for d in asked if KINDS[d.kind].signed]
    family = list(Document.objects.filter(series__in={d.series_id for d in governed}).select_related("project"))
    standing: dict[str, InForce] = {}
    facts = gather(family, size)
    for document in sorted(family, key=lambda d: -d.number):
        superseded = any(
            standing[later.digest].since is not None
            for later in family
            if later.series_id == document.series_id and later.number > document.number
        )
        known = facts[document.digest]
        standing[document.digest] = inforce.in_force(
            known.ceremonies,
            ledger_size=size,
            time=at,
            revoked_seqs=known.revoked,
            superseded=superseded,
            reviews=known.reviews,
        )
    free = InForce(Standing.UNGOVERNED)
    return {d.digest: standing.get(d.digest, free) for d in asked}


def policy_in_force(
    project: Project | None, ledger_size: int | None = None, time: datetime | None = None
) -> Document | None:
    """Return the policy that governs new requests and gates of a project (default: now), or None before the first."""
    tier = tier_of(project)
    found = docs.heads(None, policy.KIND)
    family = Document.objects.filter(kind=policy.KIND, series__in={d.series_id for d in found}).order_by("-seq")
    candidates = [d for d in family if docs.model_body(d, policy.PolicyBody).tier == tier]
    standing = in_force_many(candidates, ledger_size, time)
    return next((d for d in candidates if standing[d.digest].ok), None)
