"""Who has to act: whose signature a request waits for, who can close a review."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from governance import access
from governance.models import Delegation, Document, Project, RoleGrant, Signature, SignoffRequest, User
from governance.proof.answers.quorum import Rule
from governance.proof.words.vocabulary import ANY
from governance.registry import KINDS
from governance.selectors import delegations
from governance.selectors.ceremonies import excluded_from, rule_for
from governance.selectors.people import confirmed_anywhere, confirmed_grants


def holders(roles: Iterable[str], project: Project | None) -> dict[str, list[User]]:
    """Return the active people who hold each of the roles now in a project (None: in the organisation), by role."""
    wanted = frozenset(roles)
    scope = Q(project=None) | Q(project=project) if project is not None else Q(project=None)
    users = _possible(scope, wanted)
    return _by_role(confirmed_grants(users.values(), project) if users else (), users, wanted)


def holders_anywhere(roles: Iterable[str]) -> dict[str, list[User]]:
    """Return the active people who hold each of the roles now in the organisation or in any project, by role.

    A constant number of queries.
    """
    wanted = frozenset(roles)
    users = _possible(Q(), wanted)
    return _by_role(confirmed_anywhere(users.values()) if users else (), users, wanted)


def _possible(scope: Q, roles: frozenset[str]) -> dict[int, User]:
    rows = RoleGrant.objects.filter(scope, role__in=roles, revocation=None, user__is_active=True)
    return {row.user_id: row.user for row in rows.select_related("user")}


def _by_role(grants: Iterable[RoleGrant], users: Mapping[int, User], roles: frozenset[str]) -> dict[str, list[User]]:
    found: dict[str, dict[int, User]] = {role: {} for role in sorted(roles)}
    for grant in grants:
        if grant.role in roles and getattr(grant, "revocation", None) is None:
            found[grant.role][grant.user_id] = users[grant.user_id]
    return {role: list(people.values()) for role, people in found.items()}


def rules(request: SignoffRequest, documents: Sequence[Document]) -> dict[str, Rule]:
    """Return the rules a request snapshotted, by digest; a document that its policy says nothing of is left out."""
    found = {}
    for document in documents:
        try:
            found[document.digest] = rule_for(request, document.kind)
        except KeyError:
            continue
    return found


def signers(
    request: SignoffRequest, documents: Sequence[Document], at: datetime, roles: Collection[str] | None = None
) -> list[User]:
    """Return who can sign a request: holders of the roles it asks for and their delegates, none of whom is excluded.

    Whoever signed it already is left out; that it still waits is the caller's to know. `roles`: only those in which a
    signature is still missing, as `inforce` names them.
    """
    known = rules(request, documents)
    signed = set(Signature.objects.filter(request=request).values_list("signer_id", flat=True))
    try:
        barred = {d.digest: _barred(request, d, known[d.digest]) for d in documents if d.digest in known}
    except KeyError:  # the policy excludes a group that nobody knows any more: nobody can sign
        return []
    found: dict[int, User] = {}
    asked = {role for rule in known.values() for role in rule.asked}
    if roles is not None:
        asked &= {role for names in roles for role in names.split(ANY)}
    held = holders(asked, request.project)
    stand_ins = _delegates(held, request.project, at)
    for role, people in held.items():
        out = set().union(*(barred[digest] for digest, rule in known.items() if role in rule.asked))
        able = [user for user in people if user.actor not in out]
        able += [to for by, to in stand_ins.get(role, ()) if not {by.actor, to.actor} & out and by.pk not in signed]
        found |= {user.pk: user for user in able if user.pk not in signed}
    return list(found.values())


def _delegates(
    held: dict[str, list[User]], project: Project | None, at: datetime
) -> dict[str, list[tuple[User, User]]]:
    """Return (who gave it, who holds it) of the delegations that run now, by role."""
    here = [None, project.pk] if project is not None else [None]
    givers = {role: {user.pk for user in people} for role, people in held.items()}
    rows = Delegation.objects.filter(by__in=set().union(*givers.values()), starts_at__lte=at, ends_at__gt=at)
    given = delegations.confirmed(str(pk) for pk in rows.values_list("pk", flat=True))
    over = delegations.ends(given.values())
    found: dict[str, list[tuple[User, User]]] = {}
    for key, row in given.items():
        if key not in over and row.project_id in here and row.by_id in givers.get(row.role, ()) and row.to.is_active:
            found.setdefault(row.role, []).append((row.by, row.to))
    return found


def reviewers(request: SignoffRequest, document: Document) -> list[User]:
    """Return who can close a review of a document agreed by a request: who could sign it, by role and not excluded."""
    rule = rules(request, [document]).get(document.digest)
    if rule is None:
        return []
    try:
        barred = _barred(request, document, rule)
    except KeyError:
        return []
    people = {user.pk: user for held in holders(rule.asked, document.project).values() for user in held}
    return [user for user in people.values() if user.actor not in barred]


def _barred(request: SignoffRequest, document: Document, rule: Rule) -> frozenset[str]:
    return excluded_from(document, request.requested_by.actor, rule)


def words(documents: Sequence[Document]) -> str:
    """Return documents as a line of text names them."""
    return ", ".join(f"{document} ({KINDS[document.kind].label})" for document in documents)


def roles_in_words(known: Iterable[Rule]) -> str:
    """Return the roles that rules ask, as people read them."""
    return access.words({role for rule in known for role in rule.asked})
