"""What is in force, gathered from rows that the ledger and the signatures themselves confirm.

A row alone gives nothing here: a document, request or signature counts only if its leaf says the same, and a signature
only if its envelope verifies under an attestation key of the keyring. What ends something (rejection, withdrawal,
revocation) counts when a row or a leaf says so: forging one turns a yes into a no, deleting one does not turn it back.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone

from governance import events, inforce, policy
from governance.inforce import Ceremony, InForce, Rule, Signed, Standing
from governance.models import (
    Document,
    LedgerSubject,
    Project,
    Rejection,
    RequestSubject,
    Revocation,
    RoleGrant,
    Signature,
    SignoffRequest,
    Withdrawal,
)
from governance.proof.dsse import open_envelope
from governance.proof.fields import moment
from governance.proof.keys import PublicKey, SignatureError
from governance.proof.leaf import Leaf
from governance.proof.statement import PAYLOAD_TYPE, SignoffStatement
from governance.registry import KINDS, tier_of
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors.keys import keyring
from governance.selectors.people import held_at, roles_at

Keys = tuple[tuple[str, PublicKey], ...]


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
    ceremonies, revocations = _facts(family)
    for document in sorted(family, key=lambda d: -d.number):
        superseded = any(
            standing[later.digest].since is not None
            for later in family
            if later.series_id == document.series_id and later.number > document.number
        )
        standing[document.digest] = inforce.in_force(
            ceremonies[document.digest],
            ledger_size=size,
            time=at,
            revoked_seqs=revocations[document.digest],
            superseded=superseded,
        )
    free = InForce(Standing.UNGOVERNED)
    return {d.digest: standing.get(d.digest, free) for d in asked}


def rule_for(request: SignoffRequest, kind: str) -> Rule:
    """Return the rule a request snapshotted for a kind. KeyError when its policy has none."""
    if request.policy is None:
        if kind != policy.KIND:
            raise KeyError(kind)
        return policy.GENESIS.rule
    body: policy.PolicyBody = docs.model_body(request.policy, policy.PolicyBody)
    return body.rules[kind].rule


def excluded_from(document: Document, requested_by: str) -> frozenset[str]:
    """Return the ledger ids of those who may not sign the document: contributors, requester, and the kind's own."""
    return frozenset(
        {*docs.envelope(document).contributors, requested_by, *KINDS[document.kind].also_excluded(document)}
    )


def policy_in_force(project: Project | None) -> Document | None:
    """Return the policy that governs new requests and gates of a project now, or None before the first one."""
    tier = tier_of(project)
    found = docs.heads(None, policy.KIND)
    family = Document.objects.filter(kind=policy.KIND, series__in={d.series_id for d in found}).order_by("-seq")
    candidates = [d for d in family if docs.model_body(d, policy.PolicyBody).tier == tier]
    standing = in_force_many(candidates)
    return next((d for d in candidates if standing[d.digest].standing is Standing.IN_FORCE), None)


def _facts(family: Sequence[Document]) -> tuple[dict[str, list[Ceremony]], dict[str, list[int]]]:
    """Return ceremonies and revoking entries by document digest."""
    by_digest = {d.digest: d for d in family}
    subjects = RequestSubject.objects.filter(document__in=family).select_related(
        "request", "request__policy", "request__requested_by", "request__rejection", "request__withdrawal"
    )
    requests = {s.request_id: s.request for s in subjects}
    signatures = list(Signature.objects.filter(request__in=list(requests)).select_related("signer"))
    ends = _ends(by_digest)
    leaves = ledger.leaves_at(_seqs(family, requests.values(), signatures))
    keys = _attestation_keys() if signatures else ()
    grants: dict[Any, dict[int, list[RoleGrant]]] = {}
    signers = {s.signer for s in signatures}
    for project in {d.project for d in family}:
        grants[project and project.pk] = roles_at(signers, project) if signers else {}
    made: dict[str, list[Signature]] = defaultdict(list)
    for signature in signatures:
        made[str(signature.request_id)].append(signature)

    ceremonies: dict[str, list[Ceremony]] = defaultdict(list)
    for subject in subjects:
        document, request = by_digest[subject.document_id], subject.request
        ceremonies[document.digest].append(
            _ceremony(document, request, made[str(request.id)], leaves, grants[document.project_id], keys, ends)
        )
    revoked: dict[str, list[int]] = defaultdict(list)
    for row in Revocation.objects.filter(document__in=family):
        revoked[row.document_id].append(row.seq)
    for leaf in ends:
        if leaf.event == events.DOCUMENT_REVOKED:
            for digest in leaf.subjects:
                revoked[digest].append(leaf.seq)
    return ceremonies, revoked


def _ends(digests: Iterable[str]) -> list[Leaf]:
    """Return the leaves that revoke, reject or withdraw: they count whether or not their rows are still there."""
    found = LedgerSubject.objects.filter(
        subject__in=list(digests),
        entry__index__event__in=(events.DOCUMENT_REVOKED, events.REQUEST_REJECTED, events.REQUEST_WITHDRAWN),
    )
    return list(ledger.leaves_at(set(found.values_list("entry_id", flat=True))).values())


def _end(ends: Iterable[Leaf], event: str, request: SignoffRequest, row: Rejection | Withdrawal | None) -> int | None:
    """Return the first entry that ended a request so, told by a leaf or by a row."""
    seqs = [leaf.seq for leaf in ends if leaf.event == event and leaf.data.get("request") == str(request.id)]
    return min([*seqs, *([row.seq] if row else [])], default=None)


def _seqs(*rows: Iterable[Document | SignoffRequest | Signature]) -> set[int]:
    return {row.seq for some in rows for row in some}


def _ceremony(
    document: Document,
    request: SignoffRequest,
    signatures: Sequence[Signature],
    leaves: dict[int, Leaf],
    grants: dict[int, list[RoleGrant]],
    keys: Keys,
    ends: Sequence[Leaf],
) -> Ceremony:
    leaf = leaves.get(request.seq)
    fault = ""
    if (
        leaf is None
        or leaf.event != events.REQUEST_OPENED
        or document.digest not in leaf.subjects
        or leaf.data.get("request") != str(request.id)
        or leaf.data.get("policy") != request.policy_id
        or leaf.actor != request.requested_by.actor
    ):
        fault = "the request is not on the ledger as its row says"
    frozen = leaves.get(document.seq)
    if frozen is None or frozen.event != events.DOCUMENT_FROZEN or frozen.subjects != [document.digest]:
        fault = "the document was never frozen on the ledger"
    try:
        rule = rule_for(request, document.kind)
    except KeyError:
        rule, fault = Rule({}, 1), "the policy of the request has no rule for this kind"
    rejection, withdrawal = getattr(request, "rejection", None), getattr(request, "withdrawal", None)
    return Ceremony(
        request=str(request.id),
        seq=request.seq,
        rule=rule,
        excluded=excluded_from(document, request.requested_by.actor),
        signatures=tuple(
            signed for s in signatures if (signed := _signed(document, s, leaves.get(s.seq), grants, keys)) is not None
        ),
        rejected_seq=_end(ends, events.REQUEST_REJECTED, request, rejection),
        withdrawn_seq=_end(ends, events.REQUEST_WITHDRAWN, request, withdrawal),
        fault=fault,
    )


def _signed(
    document: Document, signature: Signature, leaf: Leaf | None, grants: dict[int, list[RoleGrant]], keys: Keys
) -> Signed | None:
    """Return the signature as a fact about this document; None when it was given for other subjects only."""
    fact = Signed(signature.signer.actor, signature.role, signature.seq, signature.at)
    content = bytes(signature.statement)
    try:
        statement = _verified(content, keys)
    except (SignatureError, ValueError) as problem:
        return replace(fact, fault=f"the signature does not verify ({problem})")
    if document.digest not in {subject.digest for subject in statement.subjects}:
        return None
    said = statement.predicate
    if (
        leaf is None
        or leaf.event != events.DOCUMENT_SIGNED
        or leaf.data.get("statement") != statement.digest
        or document.digest not in leaf.subjects
        or leaf.actor != fact.signer
        or (said.signer, said.role, said.request) != (fact.signer, fact.role, str(signature.request_id))
        or said.time != leaf.time
    ):
        return replace(fact, fault="the signature is not on the ledger as its row says")
    if not any(g.role == fact.role and held_at(g, fact.seq) for g in grants.get(signature.signer_id, ())):
        return replace(fact, fault=f"the signer did not hold the role {fact.role} then")
    return replace(
        fact, method=said.method.kind, at=moment(leaf.time)
    )  # the row's own column could have been altered since


def _attestation_keys() -> Keys:
    """Return the keys that sign sign-offs, read once for all signatures; none when the keyring does not verify."""
    try:
        return tuple(sorted(keyring().for_purpose("attestation").items()))
    except SignatureError:
        return ()


@lru_cache(maxsize=4096)
def _verified(content: bytes, keys: Keys) -> SignoffStatement:
    signed = open_envelope(content, dict(keys), payload_type=PAYLOAD_TYPE)
    return SignoffStatement.from_bytes(signed.payload)
