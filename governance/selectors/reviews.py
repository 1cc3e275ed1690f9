"""Reviews: which are open, what they say, who can close them, and what a changed policy suggests to review."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from governance import access
from governance.models import Document, Project, RequestSubject, Review, SignoffRequest, User
from governance.policy import PolicyBody, SigningRule
from governance.proof.answers.inforce import InForce, Standing
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors import signoff as select
from governance.selectors.people import is_member, projects_of, roles_everywhere


@dataclass(frozen=True)
class Told:
    """A review, why it was opened (where that was not erased), and whether the person who asks could close it."""

    row: Review
    why: str
    roles: frozenset[str]
    may_close: bool

    @property
    def open(self) -> bool:
        """True while it can be closed."""
        return getattr(self.row, "closed", None) is None


@dataclass(frozen=True)
class Suggested:
    """A document agreed under a policy whose rule for it is not the one in force now."""

    document: Document
    standing: InForce
    then: SigningRule
    now: SigningRule
    changes: tuple[str, ...]


def visible(user: User) -> "QuerySet[Review]":
    """Return the reviews of documents somebody may see, the next due first."""
    rows = Review.objects.filter(document__in=docs.visible(user))
    related = ("document__project", "document__series", "document__created_by", "by", "closed__by")
    return rows.select_related(*related).order_by("due", "seq")


def running(rows: "QuerySet[Review]", at: datetime) -> "QuerySet[Review]":
    """Return those that can still be closed."""
    return rows.filter(closed=None, due__gt=at)


def told(user: User, rows: Iterable[Review]) -> list[Told]:
    """Return what there is to say of reviews, in a constant number of queries."""
    listed = list(rows)
    return _told(user, listed, select.in_force_many({row.document_id: row.document for row in listed}.values()))


def suggested(user: User) -> list[Suggested]:
    """Return what was agreed under another rule than the one its policy now in force has, for those who can reopen it.

    Only documents whose rule differs: a new policy that asks the same of a kind changes nothing for it.
    """
    return overview(user, [])[1]


def overview(user: User, rows: Iterable[Review]) -> tuple[list[Told], list[Suggested]]:
    """Return what there is to say of reviews, and what is suggested for review; what both rest on is read once."""
    listed, known = list(rows), select.policies()
    standing = select.in_force_many({d.digest: d for d in [*known, *(row.document for row in listed)]}.values())
    return _told(user, listed, standing), _suggested(user, known, standing)


def _told(user: User, listed: Sequence[Review], standing: Mapping[str, InForce]) -> list[Told]:
    asked = {standing[row.document_id].request for row in listed} - {""}
    requests = {
        str(row.pk): row
        for row in SignoffRequest.objects.filter(pk__in=asked).select_related("policy", "requested_by", "project")
    }
    words, held = ledger.openings(row.seq for row in listed), roles_everywhere(user)
    found = []
    for row in listed:
        document = row.document
        rule = _rule(requests.get(standing[document.digest].request), document)
        roles = rule.rule.asked if rule else frozenset()
        mine = held.get(None, frozenset()) | held.get(document.project_id, frozenset())
        request = requests.get(standing[document.digest].request)
        barred = (
            rule is None
            or request is None
            or user.actor in select.excluded_from(document, request.requested_by.actor, rule.rule)
        )
        found.append(Told(row, str(words.get(row.seq, {}).get("reason", "")), roles, bool(roles & mine) and not barred))
    return found


def _suggested(user: User, known: Sequence[Document], standing: Mapping[str, InForce]) -> list[Suggested]:
    may = access.ACTIONS["signoff.review"].roles
    held = roles_everywhere(user)
    projects: list[Project | None] = [*projects_of(user), *([None] if is_member(user) else [])]
    places = [p for p in projects if may & (held.get(None, frozenset()) | held.get(p and p.pk, frozenset()))]
    governed: dict[Document, list[Project | None]] = defaultdict(list)
    for place, policy in select.policy_of(known, standing, places, None).items():
        if policy is not None:
            governed[policy].append(place)
    under: dict[str, Document] = {}
    for policy, here in governed.items():
        scope = Q(document__project__in=[place for place in here if place is not None])
        if None in here:
            scope |= Q(document__project=None)
        rows = RequestSubject.objects.filter(scope, request__rejection=None, request__withdrawal=None)
        under |= dict.fromkeys(rows.exclude(request__policy=policy).values_list("document_id", flat=True), policy)
    return sorted(_differing(under), key=lambda one: (str(one.document.project or ""), str(one.document)))


def _differing(under: Mapping[str, Document]) -> list[Suggested]:
    """Return what was agreed under another rule than the one of the policy it is under now (by digest)."""
    rules = {one.digest: docs.model_body(one, PolicyBody).rules for one in under.values()}
    documents = list(Document.objects.filter(pk__in=under).select_related("project", "series", "created_by"))
    standing = select.in_force_many(documents)
    agreed = [d for d in documents if standing[d.digest].standing is Standing.IN_FORCE]
    requests = SignoffRequest.objects.select_related("policy").in_bulk([standing[d.digest].request for d in agreed])
    by_key: dict[str, Any] = {str(key): row for key, row in requests.items()}
    opened = Review.objects.filter(document__in=agreed, trigger="policy_change")
    reviewed = dict(opened.order_by("seq").values_list("document_id", "seq"))  # the newest of each
    found = []
    for document in agreed:
        policy = under[document.digest]
        then, now = (
            _rule(by_key.get(standing[document.digest].request), document),
            rules[policy.digest].get(document.kind),
        )
        if then is None or now is None or then == now or reviewed.get(document.digest, -1) > policy.seq:
            continue
        changes = tuple(name for name in SigningRule.model_fields if getattr(then, name) != getattr(now, name))
        found.append(Suggested(document, standing[document.digest], then, now, changes))
    return found


def _rule(request: SignoffRequest | None, document: Document) -> SigningRule | None:
    try:
        return select.signing_rule(request, document.kind) if request is not None else None
    except KeyError:
        return None
