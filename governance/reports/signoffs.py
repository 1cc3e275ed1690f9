"""The sign-offs a report shows: statements as they were signed, each held against its ledger entry."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from governance.models import Document, RequestSubject, Revocation, Signature, SignoffRequest
from governance.proof.answers.inforce import InForce, Standing
from governance.proof.files.lineage.told import Signoff
from governance.proof.formats.canonical import NotCanonical, sha256
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.leaf import DOCUMENT_REVOKED, DOCUMENT_SIGNED, Leaf
from governance.proof.formats.signed_statement import payload
from governance.proof.formats.statement import SignoffStatement
from governance.reports.faults import Unreportable
from governance.selectors import ledger


@dataclass(frozen=True)
class Ceremonies:
    """The requests made for some documents, and the policies they were made under, down to the first."""

    requests: Mapping[str, SignoffRequest]
    policies: Mapping[str, Document]
    asked: Collection[str]
    """digests of the documents whose requests these are: those given, and the policies"""


def ceremonies(rows: Mapping[str, Document], size: int) -> Ceremonies:
    """Return the requests for the documents and, in turn, for the policies that governed them."""
    requests: dict[str, SignoffRequest] = {}
    policies: dict[str, Document] = {}
    asked: set[str] = set()
    frontier = set(rows)
    while frontier:
        asked |= frontier
        subjects = RequestSubject.objects.filter(document__in=frontier, request__seq__lt=size)
        found = [s.request for s in subjects.select_related("request__policy__series", "request__policy__project")]
        requests |= {str(request.id): request for request in found}
        policies |= {r.policy.digest: r.policy for r in found if r.policy is not None}
        frontier = set(policies) - asked
    governing = dict(sorted(policies.items(), key=lambda item: item[1].seq))
    return Ceremonies(requests, governing, asked)


def signoffs(
    found: Ceremonies, decisions: Collection[int], size: int, standing: Mapping[str, InForce]
) -> list[Signoff]:
    """Return the sign-offs of the requests and those that permits relied on, in ledger order.

    Left out are sign-offs that were revoked and given anew since, unless a permit relied on them: the present
    agreement does not rest on them.

    Raises:
        Unreportable: a statement is not the one that its ledger entry records.
    """
    chosen = Q(request__in=list(found.requests)) | Q(seq__in=list(decisions))
    rows = list(Signature.objects.filter(chosen, seq__lt=size).order_by("seq"))
    leaves = ledger.leaves_at(row.seq for row in rows)
    revoked: dict[str, int] = {}
    for digest, seq in Revocation.objects.filter(document__in=found.asked, seq__lt=size).values_list("document", "seq"):
        revoked[digest] = max(seq, revoked.get(digest, -1))
    kept = []
    for row in rows:
        signoff = _signoff(row, leaves.get(row.seq))
        about = [s.digest for s in signoff.statement.subjects if s.digest in found.asked]
        anew = [d for d in about if revoked.get(d, -1) > row.seq and standing[d].standing is Standing.IN_FORCE]
        if row.seq in decisions or (about and len(anew) < len(about)):
            kept.append(signoff)
    return kept


def only_with_statements(
    leaves: Mapping[int, Leaf], signed: Iterable[Signoff], standing: Mapping[str, InForce]
) -> dict[int, Leaf]:
    """Return the leaves without those of sign-offs that were given anew since.

    Raises:
        Unreportable: the ledger records a sign-off whose statement is not stored.
    """
    shown = {signoff.leaf.seq for signoff in signed}
    kept = {seq: leaf for seq, leaf in leaves.items() if leaf.event != DOCUMENT_SIGNED or seq in shown}
    dropped = [leaf for seq, leaf in leaves.items() if seq not in kept]
    stored = set(
        Signature.objects.filter(seq__in=[leaf.seq for leaf in dropped]).values_list("seq", flat=True)
        if dropped
        else ()
    )
    for leaf in dropped:
        if leaf.seq not in stored or not any(d in standing for d in leaf.subjects):
            raise Unreportable(
                f"ledger entry {leaf.seq} records a signature whose statement is not stored; restore a backup"
            )
    return kept


def check_revocations(leaves: Mapping[int, Leaf], asked: Collection[str]) -> None:
    """Raise Unreportable unless every revocation on the ledger is known to the rows that standing is computed from."""
    told = {(leaf.seq, d) for leaf in leaves.values() if leaf.event == DOCUMENT_REVOKED for d in leaf.subjects}
    known = set(Revocation.objects.filter(document__in=list(asked)).values_list("seq", "document"))
    if missing := told - known:
        seq, digest = min(missing)
        raise Unreportable(f"ledger entry {seq} revokes {digest}, of which no row is left; restore a backup")


def _signoff(row: Signature, leaf: Leaf | None) -> Signoff:
    content = bytes(row.statement)
    try:
        claimed = payload(content)
        statement = SignoffStatement.from_bytes(claimed)
    except (SignatureError, NotCanonical) as problem:
        raise Unreportable(f"the signature of ledger entry {row.seq} was altered: {problem}") from problem
    if leaf is None or leaf.event != DOCUMENT_SIGNED or leaf.data.get("statement") != sha256(claimed):
        raise Unreportable(f"the signature of ledger entry {row.seq} is not the one that the ledger records")
    return Signoff(content.decode(), statement, leaf)
