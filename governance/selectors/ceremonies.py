"""The facts that `proof.answers.inforce` decides on, gathered from rows that the ledger and the signatures confirm.

A row alone gives nothing here: a document, request or signature counts only if its leaf says the same, and a signature
only if its envelope verifies under a key of the keyring. What ends something (rejection, withdrawal, revocation, an
opened review) counts when a row or a leaf says so: forging one turns a yes into a no, deleting one does not turn it
back. What mends something (a condition met, a review closed) counts when a leaf says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from governance import events, policy
from governance.models import (
    Delegation,
    Document,
    Rejection,
    RequestSubject,
    Revocation,
    RoleGrant,
    Signature,
    SignoffRequest,
    Withdrawal,
)
from governance.models import Review as ReviewRow
from governance.proof.answers.inforce import Ceremony, Condition, Review, Signed
from governance.proof.answers.quorum import Rule
from governance.proof.formats.fields import moment
from governance.proof.formats.leaf import Leaf
from governance.proof.formats.statement import SignoffPredicate
from governance.registry import EXCLUSIONS, KINDS
from governance.request_memory import remembered
from governance.selectors import delegations, ledger
from governance.selectors import documents as docs
from governance.selectors.people import held_at, roles_in
from governance.selectors.statements import Judged, Opener

TOLD = (
    events.DOCUMENT_REVOKED,
    events.REQUEST_REJECTED,
    events.REQUEST_WITHDRAWN,
    events.REVIEW_OPENED,
    events.REVIEW_CLOSED,
    events.CONDITION_MET,
)
"""The events about a document that change what its signatures are worth."""


RECENT = 2
"""How many requests that may still stand are looked at before the whole history is."""


@dataclass
class Facts:
    """What is known of one document's sign-off."""

    ceremonies: list[Ceremony] = field(default_factory=list)
    revoked: list[int] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)


def rule_for(request: SignoffRequest, kind: str) -> Rule:
    """Return the rule a request snapshotted for a kind. KeyError when its policy has none."""
    return signing_rule(request, kind).rule


def signing_rule(request: SignoffRequest, kind: str) -> policy.SigningRule:
    """Return what the policy that a request snapshotted says of a kind. KeyError when it says nothing."""
    if request.policy is None:
        if kind != policy.KIND:
            raise KeyError(kind)
        return policy.GENESIS
    body: policy.PolicyBody = docs.frozen_body(request.policy, policy.PolicyBody)
    return body.rules[kind]


def excluded_from(
    document: Document, requested_by: str, rule: Rule, also: Mapping[str, Set[str]] | None = None
) -> frozenset[str]:
    """Return the ledger ids of those who may not sign the document.

    Contributors, requester and whom the kind names (`also`: as `also_excluded` told of it) never may; the policy's rule
    adds groups by name. A group that nobody knows any more raises KeyError: better no signature than one by somebody
    who was to be kept out.
    """
    named = also_excluded([document]) if also is None else also
    people = {*docs.contributors(document), requested_by, *named.get(document.digest, ())}
    for name in rule.exclude:
        people |= EXCLUSIONS[name].people(document)
    return frozenset(people)


def also_excluded(documents: Iterable[Document]) -> dict[str, Set[str]]:
    """Return whom the kinds of documents keep from signing them, by digest; each kind is asked once."""
    by_kind: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        by_kind[document.kind].append(document)
    found: dict[str, Set[str]] = {}
    for kind, alike in by_kind.items():
        found |= KINDS[kind].also_excluded(alike)
    return found


def gather(family: Sequence[Document], size: int, recent: int | None = None) -> dict[str, Facts]:
    """Return the facts of each document by digest, in a constant number of queries.

    Keys are judged by the keyring that was in force when the ledger had `size` entries, passkeys by what the ledger
    told of them then: what is declared later may reach back.

    With `recent`, only the newest so many requests that nobody rejected or withdrew are read, and what happened since:
    enough to know that a document is in force, however long its history. A no needs the rest where `left_out` says that
    there is any.
    """
    by_digest = {d.digest: d for d in family}
    if recent is None:
        subjects = list(_asked().filter(_telling(by_digest, size), document__in=by_digest))
    else:
        standing = _asked().filter(_standing(size), document__in=by_digest).order_by("-request__seq")
        subjects = list(standing[: recent * len(by_digest)])
    since = min((s.request.seq for s in subjects), default=0)
    requests = {s.request_id: s.request for s in subjects}
    signatures = list(Signature.objects.filter(request__in=list(requests)).select_related("signer"))
    leaves = ledger.leaves_at({row.seq for rows in (family, requests.values(), signatures) for row in rows})
    opener = Opener(at_size=size)
    opener.know(signatures)
    judged = {signature.pk: opener.judge(signature, leaves.get(signature.seq)) for signature in signatures}
    given = delegations.confirmed(
        found.statement.predicate.on_behalf_of.delegation
        for found in judged.values()
        if found.statement is not None and found.statement.predicate.on_behalf_of is not None
    )
    people = {s.signer for s in signatures} | {one.by for one in given.values()}
    world = _World(
        leaves=leaves,
        told=list(ledger.leaves_about(by_digest, TOLD, since).values()),  # with or without their rows
        judged=judged,
        delegations=given,
        ended=delegations.ends(given.values()),
        grants=roles_in(people, {document.project for document in family}),
        excluded=also_excluded(by_digest[digest] for digest in {subject.document_id for subject in subjects}),
    )
    made: dict[str, list[Signature]] = defaultdict(list)
    for signature in signatures:
        made[str(signature.request_id)].append(signature)

    facts: dict[str, Facts] = {digest: Facts() for digest in by_digest}
    for subject in subjects:
        document, request = by_digest[subject.document_id], subject.request
        ceremony = _ceremony(document, request, made[str(request.id)], world)
        facts[document.digest].ceremonies.append(ceremony)
    for digest, seq in _revocations(frozenset(by_digest)):
        facts[digest].revoked.append(seq)
    for leaf in world.told:
        if leaf.event == events.DOCUMENT_REVOKED:
            for digest in leaf.subjects:
                if digest in facts:
                    facts[digest].revoked.append(leaf.seq)
    for digest, reviews in _reviews(family, world.told).items():
        facts[digest].reviews = reviews
    return facts


def _standing(size: int) -> Q:
    """Return which requests nobody had ended when the ledger had `size` entries."""
    return ~(Q(request__rejection__seq__lt=size) | Q(request__withdrawal__seq__lt=size))


def _telling(digests: Iterable[str], size: int) -> Q:
    """Return which requests can tell anything of a document's standing.

    One that was ended unsigned cannot, but for the newest: where none stands, that gives the standing its name.
    """
    signed = Exists(Signature.objects.filter(request=OuterRef("request")))
    asked = RequestSubject.objects.filter(document__in=digests, request__seq__lt=size).order_by().values("document")
    newest = asked.annotate(last=Max("request__seq")).values("last")
    return _standing(size) | signed | Q(request__seq__in=newest)


def left_out(facts: Mapping[str, Facts], size: int) -> bool:
    """Return whether more requests can tell of these documents than these facts do. One query."""
    known = sum(len(each.ceremonies) for each in facts.values())
    return RequestSubject.objects.filter(_telling(facts, size), document__in=facts).count() > known


@dataclass
class _World:
    """What was read once for all documents."""

    leaves: dict[int, Leaf]
    told: list[Leaf]
    judged: dict[Any, Judged]
    delegations: dict[str, Delegation]
    ended: dict[str, int]
    grants: dict[Any, dict[int, list[RoleGrant]]]
    excluded: Mapping[str, Set[str]]


@cache
def _asked() -> "QuerySet[RequestSubject]":
    """Return the requests with what is asked of them here; of people only what names them on the ledger."""
    related = ("request__policy", "request__requested_by", "request__rejection", "request__withdrawal")
    policy = [f"request__policy__{name}" for name in ("kind", "version", "series", "number", "project", "content")]
    ended = ("request__rejection__seq", "request__withdrawal__seq")
    own = ("request", "document", "request__at", "request__seq", "request__requested_by__ledger_id")
    return RequestSubject.objects.select_related(*related).only(*own, *policy, *ended)


def _end(told: Iterable[Leaf], event: str, request: SignoffRequest, row: Rejection | Withdrawal | None) -> int | None:
    """Return the first entry that ended a request so, told by a leaf or by a row."""
    seqs = [leaf.seq for leaf in told if leaf.event == event and leaf.data.get("request") == str(request.id)]
    return min([*seqs, *([row.seq] if row else [])], default=None)


def _ceremony(document: Document, request: SignoffRequest, signatures: Sequence[Signature], world: _World) -> Ceremony:
    leaf = world.leaves.get(request.seq)
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
    frozen = world.leaves.get(document.seq)
    if frozen is None or frozen.event != events.DOCUMENT_FROZEN or frozen.subjects != [document.digest]:
        fault = "the document was never frozen on the ledger"
    try:
        rule = rule_for(request, document.kind)
    except KeyError:
        rule, fault = Rule({}, 1), "the policy of the request has no rule for this kind"
    try:
        excluded = excluded_from(document, request.requested_by.actor, rule, world.excluded)
    except KeyError as group:
        excluded, fault = frozenset(), f"the policy excludes a group that nobody knows any more ({group})"
    rejection, withdrawal = getattr(request, "rejection", None), getattr(request, "withdrawal", None)
    return Ceremony(
        request=str(request.id),
        seq=request.seq,
        rule=rule,
        excluded=excluded,
        signatures=tuple(signed for s in signatures if (signed := _signed(document, s, world)) is not None),
        rejected_seq=_end(world.told, events.REQUEST_REJECTED, request, rejection),
        withdrawn_seq=_end(world.told, events.REQUEST_WITHDRAWN, request, withdrawal),
        fault=fault,
        at=moment(leaf.time) if leaf is not None else request.at,
    )


def _signed(document: Document, signature: Signature, world: _World) -> Signed | None:
    """Return the signature as a fact about this document; None when it was given for other subjects only."""
    fact = Signed(signature.signer.actor, signature.role, signature.seq, signature.at)
    judged = world.judged[signature.pk]
    if judged.statement is None:
        return replace(fact, fault=judged.fault)
    if document.digest not in {subject.digest for subject in judged.statement.subjects}:
        return None
    said, leaf = judged.statement.predicate, world.leaves.get(signature.seq)
    if judged.fault or leaf is None:
        return replace(fact, fault=judged.fault, compromised=judged.compromised)
    # The row's own time could have been altered since.
    fact = replace(fact, method=said.method.kind, at=moment(leaf.time))
    if fault := _role_fault(document, signature, said, fact, world):
        return replace(fact, fault=fault)
    return replace(
        fact,
        principal=said.on_behalf_of.signer if said.on_behalf_of else "",
        conditions=tuple(_condition(one, signature, world.told) for one in said.conditions),
    )


def _role_fault(document: Document, signature: Signature, said: SignoffPredicate, fact: Signed, world: _World) -> str:
    """Return why the signer could not sign in that role then; empty when they held it or somebody delegated it."""
    holder, whose = signature.signer_id, "the signer"
    if said.on_behalf_of is not None:
        given = world.delegations.get(said.on_behalf_of.delegation)
        if given is None or given.seq >= fact.seq or world.ended.get(str(given.pk), fact.seq) < fact.seq:
            return "the delegation is not on the ledger, or had ended"
        if not delegations.allows(
            given,
            delegate=fact.signer,
            principal=said.on_behalf_of.signer,
            role=fact.role,
            project=document.project_id,
            at=fact.at,
        ):
            return "the delegation does not cover this signature"
        holder, whose = given.by_id, "the person signed for"
    held = world.grants.get(document.project_id, {}).get(holder, ())
    if any(g.role == fact.role and held_at(g, fact.seq) for g in held):
        return ""
    return f"{whose} did not hold the role {fact.role} then"


def _condition(one: Any, signature: Signature, told: Iterable[Leaf]) -> Condition:
    met = min(
        (
            (leaf.seq, moment(leaf.time))
            for leaf in told
            if leaf.event == events.CONDITION_MET
            and (leaf.data.get("condition"), leaf.data.get("signature")) == (one.id, str(signature.pk))
        ),
        default=(None, None),
    )
    due = moment(one.due) if one.due else None
    return Condition(one.id, one.kind, one.text, one.owner or "", due, *met)


def _revocations(digests: frozenset[str]) -> list[tuple[str, int]]:
    def read() -> list[tuple[str, int]]:
        return list(Revocation.objects.filter(document__in=digests).values_list("document_id", "seq"))

    return remembered(("revocations", digests), read)


def _review_rows(digests: frozenset[str]) -> list[ReviewRow]:
    return remembered(("reviews", digests), lambda: list(ReviewRow.objects.filter(document__in=digests)))


def _reviews(family: Sequence[Document], told: Iterable[Leaf]) -> dict[str, list[Review]]:
    found: dict[str, dict[str, Review]] = {d.digest: {} for d in family}
    for row in _review_rows(frozenset(found)):
        found[row.document_id][str(row.pk)] = Review(str(row.pk), row.seq, row.due, row.trigger)
    for leaf in sorted(told, key=lambda leaf: leaf.seq):
        mine = [digest for digest in leaf.subjects if digest in found]
        if leaf.event == events.REVIEW_OPENED:
            review = Review(str(leaf.data["review"]), leaf.seq, moment(leaf.data["due"]), str(leaf.data["trigger"]))
            for digest in mine:  # the leaf's word stands above the row's
                found[digest][review.id] = review
        elif leaf.event == events.REVIEW_CLOSED:
            for digest in mine:
                known = found[digest].get(str(leaf.data["review"]))
                if known is not None and known.closed_seq is None:
                    found[digest][known.id] = replace(known, closed_seq=leaf.seq, closed_at=moment(leaf.time))
    return {digest: sorted(reviews.values(), key=lambda r: r.seq) for digest, reviews in found.items()}
