"""What is in force: `governance.proof.answers.inforce` asked of the facts that `selectors.ceremonies` gathers."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.utils import timezone

from governance import policy
from governance.models import Document, Project
from governance.proof.answers import inforce
from governance.proof.answers.inforce import InForce, Standing
from governance.registry import KINDS, tiers_of
from governance.request_memory import remembered, remembered_each
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors.ceremonies import RECENT, Facts, excluded_from, gather, left_out, rule_for, signing_rule

__all__ = [
    "excluded_from", "in_force", "in_force_many", "policies", "policy_in_force", "policy_of", "rule_for",
    "signing_rule", "too_few",
]  # fmt: skip


def in_force(document: Document, ledger_size: int | None = None, time: datetime | None = None) -> InForce:
    """Return a document's standing at a ledger size and time (default: now)."""
    return in_force_many([document], ledger_size, time)[document.digest]


def in_force_many(
    wanted: Iterable[Document], ledger_size: int | None = None, time: datetime | None = None
) -> dict[str, InForce]:
    """Return the standing of several documents, by digest, in a constant number of queries."""
    asked = {document.digest: document for document in wanted}
    size = remembered("ledger size", ledger.size) if ledger_size is None else ledger_size
    at = remembered("now", timezone.now) if time is None else time
    key = ("standing", size, at)
    return remembered_each(key, asked, lambda digests: _read([asked[digest] for digest in digests], size, at))


def too_few(kind: str, standing: InForce) -> str:
    """Return that fewer people signed than documents of a kind need whatever a policy says; empty when enough did.

    No policy that asks for fewer is frozen now, but one may have been signed before the kind asked for so many.
    """
    least = KINDS[kind].least_signatures
    return f"fewer than {least} people signed it" if len({one.signer for one in standing.signatures}) < least else ""


def _read(asked: list[Document], size: int, at: datetime) -> dict[str, InForce]:
    family = _family([d for d in asked if KINDS[d.kind].signed])
    recent = RECENT if len(asked) == 1 else None  # of one document, the newest requests mostly tell enough
    facts = gather(family, size, recent)
    standing = _judged(family, facts, size, at)
    unsure = {digest: facts[digest] for digest, found in standing.items() if found.standing not in _DECIDED}
    if recent is not None and unsure and left_out(unsure, size):
        standing = _judged(family, gather(family, size), size, at)
    free = InForce(Standing.UNGOVERNED)
    return {d.digest: standing.get(d.digest, free) for d in asked}


# What the newest requests alone can tell: older ones cannot take it back.
_DECIDED = (Standing.IN_FORCE, Standing.SUPERSEDED)


def _family(wanted: list[Document]) -> list[Document]:
    """Return the documents and all later versions of them: only those can supersede them."""
    key = ("later versions of", frozenset(document.digest for document in wanted))
    return remembered(key, lambda: _later(wanted))


def _later(wanted: list[Document]) -> list[Document]:
    oldest: dict[uuid.UUID, int] = {}
    for document in wanted:
        oldest[document.series_id] = min(document.number, oldest.get(document.series_id, document.number))
    rows = Document.objects.filter(series__in=list(oldest), number__gte=min(oldest.values(), default=0))
    return [row for row in rows.select_related("project") if row.number >= oldest[row.series_id]]


def _judged(family: list[Document], facts: dict[str, Facts], size: int, at: datetime) -> dict[str, InForce]:
    standing: dict[str, InForce] = {}
    agreed: dict[uuid.UUID, int] = {}  # the newest version of a series that was ever agreed
    for document in sorted(family, key=lambda d: -d.number):
        known = facts[document.digest]
        found = inforce.in_force(
            known.ceremonies,
            ledger_size=size,
            time=at,
            revoked_seqs=known.revoked,
            superseded=agreed.get(document.series_id, 0) > document.number,
            reviews=known.reviews,
        )
        standing[document.digest] = found
        if found.agreed:
            agreed.setdefault(document.series_id, document.number)
    return standing


def policies() -> list[Document]:
    """Return every policy that could be in force, the newest first. One query, once in a request."""

    def read() -> list[Document]:
        rows = Document.objects.filter(kind=policy.KIND, project=None).select_related("project", "series")
        return list(rows.order_by("-seq"))

    return list(remembered("policies", read))


def policy_of(
    known: Iterable[Document], standing: Mapping[str, InForce], projects: Sequence[Project | None], size: int | None
) -> dict[Project | None, Document | None]:
    """Return for each project which of the `policies` known governs new requests and gates; None: there is none yet.

    `standing` is theirs, by digest, at the ledger size asked about (None: now).
    """
    standing_ones = [one for one in known if standing[one.digest].ok]
    by_tier: dict[str, Document] = {}
    for one in standing_ones:
        by_tier.setdefault(docs.model_body(one, policy.PolicyBody).tier, one)
    return {project: by_tier.get(tier) for project, tier in tiers_of(projects, size).items()}


def policy_in_force(
    project: Project | None, ledger_size: int | None = None, time: datetime | None = None
) -> Document | None:
    """Return the policy that governs new requests and gates of a project (default: now), or None before the first."""
    known = policies()
    return policy_of(known, in_force_many(known, ledger_size, time), [project], ledger_size)[project]
