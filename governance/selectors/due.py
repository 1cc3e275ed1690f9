"""What falls due: ends of sign-offs, requests, delegations, certificates and periods; reviews, tasks, retrospectives.

Everything is computed from the facts when it is asked. Rows only narrow down which documents are looked at closer:
those whose agreement can end within the time asked about, by the validities that their policies give. What is then said
of them is `inforce`'s word. The number of queries does not depend on how much there is.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet

from governance import access
from governance.bodies import RETROSPECTIVE as RETROSPECTIVE_KIND
from governance.bodies import WAIVER
from governance.models import (
    Condition,
    Document,
    Project,
    RequestSubject,
    Review,
    SignoffRequest,
    User,
)
from governance.policy import GENESIS, PolicyBody, SigningRule
from governance.proof.answers.inforce import InForce, Standing
from governance.selectors import audit_findings, conditions, delegations, due_keeping, waivers
from governance.selectors import documents as docs
from governance.selectors import signoff as select
from governance.selectors.due_terms import (
    DELEGATION,
    FINDING,
    FURTHER,
    REQUEST,
    RETROSPECTIVE,
    REVIEW,
    SHELF,
    SIGNOFF,
    TASK,
    WORDS,
    Due,
    Mine,
    Scope,
)

__all__ = [
    "FINDING",
    "REQUEST",
    "REVIEW",
    "SHELF",
    "SIGNOFF",
    "TASK",
    "WORDS",
    "Due",
    "Scope",
    "due",
    "for_person",
    "longest_review",
]


def due(scope: Scope, *, now: datetime, since: datetime, until: datetime) -> list[Due]:
    """Return what falls due up to `until` and what fell due from `since` on and is still open, earliest first."""
    reviews = list(_reviews(scope, since, until))
    tasks = list(_tasks(scope, since, until))
    digests = {row.document_id for row in reviews}
    requests = {told.row.signature.request_id for told in tasks}
    policies = select.policies()
    digests |= set(_ending(scope, _rules(policies), since, until))
    digests |= set(RequestSubject.objects.filter(request__in=requests).values_list("document_id", flat=True))
    known = _known(digests, now)
    mine = Mine(scope.user)
    found = [
        *_agreements(known, mine, now, since, until),
        *_review_items(reviews, known, mine, now),
        *_task_items(tasks, known, mine, now),
        *_request_items(known, mine, now, since, until),
        *_delegation_items(scope, mine, now, until),
        *_retrospectives(scope, known.of(WAIVER), mine, now, since, until),
        *_finding_items(scope, mine, now, since, until),
        *due_keeping.certificate_items(scope, mine, now, since, until),
        *due_keeping.retention_items(scope, mine, now, since, until),
        *(one for ask, kind in FURTHER for one in ask(scope, known.of(kind), mine, now, since, until)),
    ]
    return sorted(found, key=lambda one: (one.at, one.what, one.key))


OVERDUE_FOR = timedelta(days=365)  # what fell due longer ago and was left is no news any more


def for_person(
    user: User,
    *,
    now: datetime,
    days: int = 90,
    project: str = "",
    what: str = "",
    mine: bool = False,
    sort: str = "at",
) -> list[Due]:
    """Return what falls due for a person in the next `days`, and what is overdue, filtered and sorted.

    `project` is a short name or "shelf"; `what` one of WORDS; `sort` is "at", "project" or "what".
    """
    found = due(Scope(user), now=now, since=now - OVERDUE_FOR, until=now + timedelta(days=days))
    kept = [
        one
        for one in found
        if (not project or project == (one.project.slug if one.project else SHELF))
        and (not what or one.what == what)
        and (not mine or one.mine)
    ]
    if sort == "project":
        kept.sort(key=lambda one: (one.project.name if one.project else "", one.at))
    elif sort == "what":
        kept.sort(key=lambda one: (one.words, one.at))
    return kept


@dataclass(frozen=True)
class _Known:
    """The documents looked at closer, by digest, each with its standing, and the requests that matter.

    `rows` are all versions of them, and all documents of the kinds that are asked about whole.
    """

    rows: list[Document]
    documents: dict[str, Document]
    standing: dict[str, InForce]
    replaced: frozenset[str]
    requests: dict[str, SignoffRequest]

    def of(self, kind: str) -> list[Document]:
        """Return all documents of a kind that is asked about whole, the newest first."""
        return sorted((row for row in self.rows if row.kind == kind), key=lambda row: -row.seq)

    def subjects(self, request: SignoffRequest) -> list[Document]:
        """Return the documents in view whose standing comes from a request."""
        return [d for d in self.documents.values() if self.standing[d.digest].request == str(request.pk)]


def _known(digests: Collection[str], now: datetime) -> _Known:
    """Look closer at documents; the standing of others comes along, read by the same queries."""
    series = Document.objects.filter(pk__in=digests).values("series")
    whole = Q(kind__in={WAIVER, RETROSPECTIVE_KIND, *(kind for _, kind in FURTHER)})
    found = Document.objects.filter(Q(series__in=series) | whole)
    rows = list(found.select_related("project", "series", "created_by"))
    wanted = {row.series_id for row in rows if row.digest in digests}
    family = [row for row in rows if row.series_id in wanted]
    standing = select.in_force_many(rows, time=now)
    replaced = set()
    agreed: dict[Any, int] = defaultdict(int)
    for document in family:
        if standing[document.digest].since is not None:
            agreed[document.series_id] = max(agreed[document.series_id], document.number)
    for document in family:
        if document.number < agreed[document.series_id]:
            replaced.add(document.digest)
    asked = {standing[document.digest].request for document in family} - {""}
    requests = SignoffRequest.objects.filter(pk__in=asked).select_related("project", "policy", "requested_by")
    return _Known(
        rows,
        {d.digest: d for d in family if d.digest in digests},
        standing,
        frozenset(replaced),
        {str(row.pk): row for row in requests},
    )


def _ending(
    scope: Scope, rules: list[SigningRule], since: datetime, until: datetime
) -> "QuerySet[RequestSubject, str]":
    """Return the digests of documents whose agreement or request can end between two times."""
    validities = {rule.validity_days for rule in rules}
    limits = {rule.request_days for rule in rules if rule.request_days is not None}
    window = Q(pk__in=[])
    for days in sorted(validities):
        span = timedelta(days=days)
        window |= Q(request__at__lte=until - span, last__gte=since - span)
    for days in sorted(limits):
        span = timedelta(days=days)
        window |= Q(request__at__lte=until - span, request__at__gte=since - span)
    rows = RequestSubject.objects.filter(
        request__in=scope.requests(), request__rejection=None, request__withdrawal=None
    ).annotate(last=Max("request__signatures__at"))
    return rows.filter(window).values_list("document_id", flat=True)


def longest_review() -> timedelta:
    """Return how long before the end of a sign-off a policy at most asks for a review."""
    return timedelta(days=max((rule.review_days or 0 for rule in _rules(select.policies())), default=0))


def _rules(policies: Iterable[Document]) -> list[SigningRule]:
    """Return every signing rule that any policy has."""
    return [GENESIS, *(rule for one in policies for rule in docs.model_body(one, PolicyBody).rules.values())]


def _agreements(known: _Known, mine: Mine, now: datetime, since: datetime, until: datetime) -> Iterable[Due]:
    for document in known.documents.values():
        found = known.standing[document.digest]
        if document.digest in known.replaced or found.until is None or document.kind == WAIVER:
            continue  # a waiver is to end
        lapsed = found.standing is Standing.LAPSED
        at = found.lapses if lapsed and found.lapses is not None else found.until
        if found.standing not in (Standing.IN_FORCE, Standing.EXPIRED, Standing.LAPSED) or not since <= at <= until:
            continue
        request = known.requests.get(found.request)
        people = [document.created_by_id, request and request.requested_by_id, *(s.signer for s in found.signatures)]
        note = f"lapsed: {found.why}" if lapsed else "valid until then"
        yield Due(
            SIGNOFF,
            at,
            str(document),
            "expired; not signed anew" if found.standing is Standing.EXPIRED else note,
            "whoever asks for signatures anew",
            "document",
            document.digest,
            document.project,
            at <= now,
            mine.person(*people),
            document,
        )


def _reviews(scope: Scope, since: datetime, until: datetime) -> "QuerySet[Review]":
    rows = Review.objects.filter(document__in=scope.documents(), closed=None, due__gte=since, due__lte=until)
    return rows.select_related("document__project", "by")


def _review_items(rows: Sequence[Review], known: _Known, mine: Mine, now: datetime) -> Iterable[Due]:
    for row in rows:
        document = known.documents[row.document_id]
        found = known.standing[document.digest]
        wanted = Standing.LAPSED if row.due <= now else Standing.IN_FORCE
        if document.digest in known.replaced or found.standing is not wanted:
            continue
        request = known.requests.get(found.request)
        rule = _rule(request, document)
        asked = rule.rule.asked if rule else frozenset()
        yield Due(
            REVIEW,
            row.due,
            str(document),
            f"trigger: {row.trigger.replace('_', ' ')}",
            access.words(asked),
            "document",
            document.digest,
            document.project,
            row.due <= now,
            mine.holds(asked, document.project) or mine.person(document.created_by_id, row.by_id),
            row,
        )


def _tasks(scope: Scope, since: datetime, until: datetime) -> list[conditions.Told]:
    rows = Condition.objects.filter(
        kind="task", met=None, due__gte=since, due__lte=until, signature__request__in=scope.requests()
    )
    return conditions.of(rows)


def _task_items(tasks: Sequence[conditions.Told], known: _Known, mine: Mine, now: datetime) -> Iterable[Due]:
    for told in tasks:
        request, at = told.row.signature.request, told.row.due
        if at is None:
            continue
        here = known.subjects(request)
        wanted = {Standing.LAPSED} if at <= now else {Standing.IN_FORCE, Standing.PENDING}
        if not any(known.standing[d.digest].standing in wanted for d in here):
            continue
        yield Due(
            TASK,
            at,
            told.stated.text,
            f"a condition of {told.row.signature.signer} for {', '.join(str(d) for d in here)}",
            str(told.owner or ""),
            "request",
            str(request.pk),
            request.project,
            at <= now,
            mine.person(told.owner and told.owner.pk, told.row.signature.signer_id),
            told,
        )


def _request_items(known: _Known, mine: Mine, now: datetime, since: datetime, until: datetime) -> Iterable[Due]:
    for request in known.requests.values():
        here = [
            d
            for d in known.subjects(request)
            if known.standing[d.digest].standing in (Standing.PENDING, Standing.RAN_OUT)
        ]
        closes = [at for d in here if (at := known.standing[d.digest].closes) is not None]
        if not closes or not since <= min(closes) <= until or all(d.digest in known.replaced for d in here):
            continue
        missing = {role for d in here for role, _ in known.standing[d.digest].missing}
        roles = {one for names in missing for one in names.split("|")}
        over = min(closes) <= now
        yield Due(
            REQUEST,
            min(closes),
            ", ".join(str(d) for d in here),
            "ran out unsigned" if over else "waits for signatures",
            access.words(roles) if not over else "whoever asks for signatures anew",
            "request",
            str(request.pk),
            request.project,
            over,
            mine.person(request.requested_by_id) or (not over and mine.holds(roles, request.project)),
            request,
        )


def _delegation_items(scope: Scope, mine: Mine, now: datetime, until: datetime) -> Iterable[Due]:
    rows = scope.delegations().filter(ends_at__gt=now, ends_at__lte=until)
    given = delegations.confirmed(str(pk) for pk in rows.values_list("pk", flat=True))
    over = delegations.ends(given.values())
    projects = Project.objects.in_bulk({row.project_id for row in given.values() if row.project_id})
    for key, row in given.items():
        if key in over:
            continue
        yield Due(
            DELEGATION,
            row.ends_at,
            f"{row.to} for {row.by}, as {access.label(row.role)}",
            "signing for somebody else ends",
            f"{row.by}",
            "delegations",
            key,
            projects.get(row.project_id) if row.project_id else None,
            False,
            mine.person(row.by_id, row.to_id),
            row,
        )


def _retrospectives(
    scope: Scope, rows: list[Document], mine: Mine, now: datetime, since: datetime, until: datetime
) -> Iterable[Due]:
    owed = [one for one in waivers.due(time=now, among=rows) if since <= one.due <= until]
    seen = scope.documents().filter(pk__in=[one.waiver.digest for one in owed])
    visible = {document.digest: document for document in seen.select_related("project")}
    for one in owed:
        document = visible.get(one.waiver.digest)
        if document is None:
            continue
        written = f"its retrospective is {one.standing.standing.value}" if one.standing else "no retrospective yet"
        yield Due(
            RETROSPECTIVE,
            one.due,
            str(document),
            written,
            "whoever asked for the waiver",
            "document",
            document.digest,
            document.project,
            one.overdue,
            mine.person(document.created_by_id),
            document,
        )


def _finding_items(scope: Scope, mine: Mine, now: datetime, since: datetime, until: datetime) -> Iterable[Due]:
    for one in audit_findings.due(scope.audit_findings(), since, until):
        answered = one.told.state == "answered"
        yield Due(
            FINDING,
            one.told.due,
            one.record.label,
            f"{one.severity}, {'answered; an auditor closes it' if answered else 'waits for an answer'}",
            access.label(access.AUDITOR) if answered else str(one.owner or ""),
            "finding",
            str(one.row.pk),
            one.row.project,
            one.told.overdue(now),
            mine.person(one.told.owner, one.told.raised_by),
            one,
        )


def _rule(request: SignoffRequest | None, document: Document) -> SigningRule | None:
    try:
        return select.signing_rule(request, document.kind) if request is not None else None
    except KeyError:
        return None
