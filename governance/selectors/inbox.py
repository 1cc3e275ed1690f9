"""What waits for somebody, read from rows alone so that every page can count it: the service that signs decides."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from governance import access, request_memory
from governance.errors import Finding
from governance.models import (
    Delegation,
    Document,
    Project,
    RequestSubject,
    RoleGrant,
    Signature,
    SignoffRequest,
    User,
)
from governance.proof.answers.inforce import Signed
from governance.proof.answers.quorum import Rule, missing_roles
from governance.proof.words.vocabulary import ANY
from governance.selectors import delegations, signoff
from governance.selectors.ceremonies import excluded_from, rule_for
from governance.selectors.people import is_member, projects_of, roles_everywhere, roles_held


@dataclass(frozen=True)
class Waiting:
    """A request whose signatures are not complete; `missing` counts what its documents still lack, by role."""

    request: SignoffRequest
    digests: tuple[str, ...]
    titles: tuple[str, ...]
    missing: dict[str, int]
    signed_by: frozenset[int]

    @property
    def roles(self) -> frozenset[str]:
        """The roles in which a signature would help."""
        return frozenset(role for names in self.missing for role in names.split(ANY))


@dataclass(frozen=True)
class Turn:
    """A request that somebody can sign now, the documents it asks about and as what they could sign.

    `roles` are all those roles; `behalf` are the delegations behind those that are somebody else's.
    """

    request: SignoffRequest
    documents: list[Document]
    roles: list[str]
    missing: dict[str, int]
    behalf: tuple[Delegation, ...] = ()


def visible_requests(user: User) -> "QuerySet[SignoffRequest]":
    """Return the requests somebody may see: those of their projects and, for members, of the shelf."""
    scope = Q(project__in=projects_of(user))
    if is_member(user):
        scope |= Q(project=None)
    return SignoffRequest.objects.filter(scope)


def act_of_withdrawing(request: SignoffRequest) -> str:
    """Return the action by which a request is withdrawn: another one once whoever opened it has left."""
    return "signoff.withdraw" if request.requested_by.is_active else "signoff.withdraw_left"


def may_withdraw(user: User, request: SignoffRequest) -> bool:
    """Return whether somebody may withdraw a request while it waits: their own, or by their role that of a leaver."""
    act = act_of_withdrawing(request)
    return (request.requested_by_id == user.pk or act != "signoff.withdraw") and access.can(user, act, request.project)


def waiting(requests: "QuerySet[SignoffRequest]") -> list[Waiting]:
    """Return those of the requests that still lack signatures, oldest first. Three queries, however many there are."""
    open_ones = requests.filter(rejection=None, withdrawal=None)
    rows = list(open_ones.select_related("project", "requested_by").order_by("seq"))
    if not rows:
        return []
    ids = open_ones.order_by().values("pk")
    subjects: dict[Any, list[tuple[str, str, str]]] = defaultdict(list)
    revoked: dict[str, int] = {}
    told = RequestSubject.objects.filter(request__in=ids).annotate(ended=Max("document__revocations__seq"))
    for request_id, digest, kind, title, number, ended in told.values_list(
        "request_id", "document_id", "document__kind", "document__title", "document__number", "ended"
    ):
        subjects[request_id].append((digest, kind, f"{title} v{number}"))
        revoked[digest] = -1 if ended is None else ended
    signed: dict[Any, list[tuple[int, Signed]]] = defaultdict(list)
    for request_id, signer, role, seq, at in Signature.objects.filter(request__in=ids).values_list(
        "request_id", "signer_id", "role", "seq", "at"
    ):
        signed[request_id].append((signer, Signed(str(signer), role, seq, at)))
    now, policies = timezone.now(), {policy.digest: policy for policy in signoff.policies()}
    rules: dict[tuple[str | None, str], Rule | None] = {}
    found = []
    for row in rows:
        if row.policy_id:
            row.policy = policies[row.policy_id]
        missing: dict[str, int] = {}
        for digest, kind, _ in subjects[row.pk]:
            if revoked[digest] > row.seq:
                continue
            if (row.policy_id, kind) not in rules:
                rules[row.policy_id, kind] = _rule(row, kind)
            rule = rules[row.policy_id, kind]
            if rule is None or (rule.request_days is not None and row.at + timedelta(days=rule.request_days) <= now):
                continue
            facts = [fact for _, fact in signed[row.pk] if fact.role in rule.asked]
            for role, count in missing_roles(rule, facts):
                missing[role] = max(missing.get(role, 0), count)
        if missing:
            signers = frozenset(signer for signer, _ in signed[row.pk])
            digests, _, titles = zip(*subjects[row.pk], strict=True)
            found.append(Waiting(row, digests, titles, missing, signers))
    return found


def turns(user: User, candidates: Sequence[Waiting] | None = None) -> list[Turn]:
    """Return the requests that somebody can sign now, oldest first: among `candidates`, or all, read once a page."""
    if candidates is not None:
        return _turns(user, candidates)
    mine = visible_requests(user).exclude(requested_by=user).exclude(signatures__signer=user)
    return list(request_memory.remembered(("turns", user.pk), lambda: _turns(user, waiting(mine))))


def _turns(user: User, candidates: Sequence[Waiting]) -> list[Turn]:
    roles, given = roles_everywhere(user), _delegated(user)
    able = []
    for one in candidates:
        if user.pk in one.signed_by or one.request.requested_by_id == user.pk:
            continue
        here = (None, one.request.project_id)
        held = [Capacity(role) for role in sorted(one.roles & (roles[None] | roles[one.request.project_id]))]
        held += [
            Capacity(row.role, row)
            for row in given
            if row.role in one.roles and row.project_id in here and row.by_id not in one.signed_by
        ]
        if held:
            able.append((one, held))
    related = Document.objects.select_related("project", "series")
    documents = related.in_bulk([digest for one, _ in able for digest in one.digests])
    found = []
    for one, held in able:
        chosen = [documents[digest] for digest in one.digests]
        left = [capacity for capacity in held if not _kept_out(user, one.request, chosen, capacity)]
        if left:
            names = sorted({capacity.role for capacity in left})
            behalf = tuple(capacity.delegation for capacity in left if capacity.delegation)
            found.append(Turn(one.request, chosen, names, one.missing, behalf))
    return found


@dataclass(frozen=True)
class Capacity:
    """As what somebody can sign: in a role of their own or, under a delegation, in somebody else's."""

    role: str
    delegation: Delegation | None = None

    @property
    def key(self) -> str:
        """How addresses and forms name it."""
        return str(self.delegation.pk) if self.delegation else self.role


def capacities(
    user: User, request: SignoffRequest, documents: Sequence[Document]
) -> tuple[list[Capacity], Finding | None]:
    """Return as what somebody could sign an open request, or, when as nothing, what stands against it."""
    asked = {role for d in documents for role in roles_asked(request, d.kind)}
    if Signature.objects.filter(request=request, signer=user).exists():
        return [], Finding(
            "signature", "you signed this already", "one signature a person", "Nothing needs doing.", "you"
        )
    held = [Capacity(role) for role in sorted(asked & roles_held(user, request.project) & access.SIGNERS)]
    given = [Capacity(row.role, row) for row in delegations.held(user, request.project, timezone.now())]
    held += [one for one in given if one.role in asked]
    if not held:
        words = access.words(asked)
        return [], Finding(
            "access", "none of your roles here is asked", words, "Leave it to those who hold one of these roles.", words
        )
    free = [one for one in held if not _kept_out(user, request, documents, one)]
    if not free:
        return [], Finding(
            "separation of duties",
            "you wrote it, or asked for the signatures",
            "a signature by somebody who did neither",
            "Ask a colleague in the same role to sign.",
            access.words({one.role for one in held}),
        )
    return free, None


def _kept_out(user: User, request: SignoffRequest, documents: Sequence[Document], capacity: Capacity) -> bool:
    people = [user, *([capacity.delegation.by] if capacity.delegation else [])]
    return any(_excluded(person, request, documents, capacity.role) for person in people)


def _excluded(user: User, request: SignoffRequest, documents: Sequence[Document], role: str) -> bool:
    return any(
        user.actor in excluded_from(d, request.requested_by.actor, rule)
        for d in documents
        if (rule := _rule(request, d.kind)) is not None and role in rule.asked
    )


def roles_asked(request: SignoffRequest, kind: str) -> frozenset[str]:
    """Return the roles a request asks to sign documents of a kind; none when its policy does not know the kind."""
    rule = _rule(request, kind)
    return rule.asked if rule is not None else frozenset()


def _rule(request: SignoffRequest, kind: str) -> Rule | None:
    try:
        return rule_for(request, kind)
    except KeyError:
        return None


def _delegated(user: User) -> list[Delegation]:
    """Return, from rows alone, the delegations that somebody holds now."""
    now = timezone.now()
    rows = Delegation.objects.filter(to=user, starts_at__lte=now, ends_at__gt=now, end=None)
    return list(rows.select_related("by"))


def people_of(project: Project | None) -> list[RoleGrant]:
    """Return the roles held in a project now, organisation-wide ones too (None: those alone), by name."""
    scope = Q(project=project) | Q(project=None)
    live = RoleGrant.objects.filter(scope, revocation=None, user__is_active=True)
    return list(live.select_related("user").order_by("user__printed_name", "role"))
