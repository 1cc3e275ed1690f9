"""Who holds which role, read from grants that the ledger confirms.

A role given counts when row and leaf say so; one taken back is gone when either does. So forging a row gives nothing,
and deleting one gives nothing back.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from governance import events, request_memory
from governance.models import Project, RoleGrant, RoleRevocation, User
from governance.proof.formats.leaf import Leaf
from governance.selectors.ledger import leaves_about


def confirmed_grants(users: Iterable[User], project: Project | None) -> list[RoleGrant]:
    """Return the grants (revoked ones too) that count in a project or, for None, in the organisation.

    A row whose leaf does not say the same is left out: a grant written by SQL gives nothing. Two queries, once in a
    request.
    """
    everybody = {user.pk: user for user in users}
    key = ("confirmed grants", frozenset(everybody), project and project.pk)
    scope = Q(project=None) | Q(project=project) if project is not None else Q(project=None)

    def read() -> list[RoleGrant]:
        return _confirmed(RoleGrant.objects.filter(scope, user__in=list(everybody)), everybody)

    return list(request_memory.remembered(key, read))


def roles_in(users: Iterable[User], projects: Iterable[Project | None]) -> dict[Any, dict[int, list[RoleGrant]]]:
    """Return `roles_at` of several projects by their keys (None: the organisation): two queries, however many."""
    everybody, wanted = {user.pk: user for user in users}, {project and project.pk for project in projects}
    scope = Q(project=None) | Q(project__in=[key for key in wanted if key])
    key = ("confirmed grants in", frozenset(everybody), frozenset(wanted))
    found: dict[Any, dict[int, list[RoleGrant]]] = {project: defaultdict(list) for project in wanted}
    if not everybody:
        return found

    def read() -> list[RoleGrant]:
        return _confirmed(RoleGrant.objects.filter(scope, user__in=list(everybody)), everybody)

    for grant in request_memory.remembered(key, read):
        for project in wanted if grant.project_id is None else (grant.project_id,):
            found[project][grant.user_id].append(grant)
    return found


def confirmed_anywhere(users: Iterable[User]) -> list[RoleGrant]:
    """Return the grants (revoked ones too) that count in the organisation or in any project; two queries."""
    everybody = {user.pk: user for user in users}
    return _confirmed(RoleGrant.objects.filter(user__in=list(everybody)), everybody)


def _confirmed(grants: "QuerySet[RoleGrant]", people: Mapping[int, User]) -> list[RoleGrant]:
    rows = list(grants.select_related("revocation"))
    for row in rows:
        row.user = people[row.user_id]
    leaves = leaves_about({f"user:{row.user.actor}" for row in rows}, (events.ROLE_GRANTED, events.ROLE_REVOKED), -1)
    given = [row for row in rows if _given(row, leaves.get(row.seq))]
    taken: dict[object, int] = {}
    for seq, leaf in leaves.items():
        if leaf.event == events.ROLE_REVOKED:
            taken[leaf.data.get("grant")] = min(seq, taken.get(leaf.data.get("grant"), seq))
    for row in given:
        told = taken.get(str(row.pk))
        if told is not None and held_at(row, told):  # its row is gone, or names a later entry
            row.revocation = RoleRevocation(grant=row, seq=told)
    return given


def _given(row: RoleGrant, leaf: Leaf | None) -> bool:
    return (
        leaf is not None
        and leaf.event == events.ROLE_GRANTED
        and leaf.subjects == [f"user:{row.user.actor}"]
        and leaf.data.get("grant") == str(row.id)
        and leaf.data.get("role") == row.role
        and leaf.data.get("project") == (str(row.project_id) if row.project_id else None)
    )


def held_at(grant: RoleGrant, seq: int) -> bool:
    """Return whether the grant stood when entry `seq` was appended."""
    revocation = getattr(grant, "revocation", None)
    return grant.seq < seq and (revocation is None or revocation.seq > seq)


def roles_held(user: User, project: Project | None) -> frozenset[str]:
    """Return the roles somebody holds now; a role in the organisation counts in every project."""
    here = (None, project.pk) if project is not None else (None,)
    return frozenset(grant.role for grant in _live(user) if grant.project_id in here)


def roles_anywhere(user: User) -> frozenset[str]:
    """Return the roles somebody holds now in the organisation or in any project."""
    return frozenset(grant.role for grant in _live(user))


def roles_at(users: Iterable[User], project: Project | None) -> dict[int, list[RoleGrant]]:
    """Return all confirmed grants by user id, for questions about the past."""
    found: dict[int, list[RoleGrant]] = defaultdict(list)
    for grant in confirmed_grants(users, project):
        found[grant.user_id].append(grant)
    return found


def projects_of(user: User) -> "QuerySet[Project]":
    """Return the projects somebody may see: those with a role there, or all for a role in the organisation."""
    live = _live(user)
    if any(grant.project_id is None for grant in live):
        return Project.objects.all()
    return Project.objects.filter(pk__in=[grant.project_id for grant in live])


def my_projects(user: User) -> list[Project]:
    """Return `projects_of` somebody as a list, read once in a request."""
    return list(request_memory.remembered(("projects", user.pk), lambda: list(projects_of(user))))


def roles_everywhere(user: User) -> defaultdict[Any, frozenset[str]]:
    """Return the roles somebody holds now, by the project's key (None: in the whole organisation). Two queries."""
    found: defaultdict[Any, frozenset[str]] = defaultdict(frozenset)
    for grant in _live(user):
        found[grant.project_id] |= {grant.role}
    return found


def is_member(user: User) -> bool:
    """Return whether somebody holds any role at all: then the organisation's shelf is visible."""
    return bool(_live(user))


def _live(user: User) -> list[RoleGrant]:
    """Return the confirmed grants somebody holds now, anywhere. Two queries, once in a request."""
    if not user.is_active:
        return []

    def read() -> list[RoleGrant]:  # every check of an access asks, so make no query that memory spares
        found = _confirmed(RoleGrant.objects.filter(user=user, revocation=None), {user.pk: user})
        return [grant for grant in found if getattr(grant, "revocation", None) is None]

    return request_memory.remembered(("live grants", user.pk), read)
