"""Who may sign for whom, read from delegations that the ledger confirms."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from governance import access, events
from governance.models import Delegation, LedgerSubject, Project, User
from governance.proof.formats.fields import rfc3339
from governance.selectors import ledger
from governance.selectors.people import projects_of, roles_held


def confirmed(identifiers: Iterable[str]) -> dict[str, Delegation]:
    """Return the delegations whose leaf says the same as their row, by identifier. Two queries, or none for none."""
    wanted = set(identifiers)
    if not wanted:
        return {}
    rows = list(Delegation.objects.filter(pk__in=wanted).select_related("by", "to", "end"))
    leaves = ledger.leaves_at({row.seq for row in rows})
    found = {}
    for row in rows:
        leaf = leaves.get(row.seq)
        told = {
            "delegation": str(row.pk),
            "to": row.to.actor,
            "role": row.role,
            "project": str(row.project_id) if row.project_id else None,
            "starts": rfc3339(row.starts_at),
            "ends": rfc3339(row.ends_at),
        }
        if leaf is None or (leaf.event, leaf.actor) != (events.DELEGATION_GIVEN, row.by.actor):
            continue
        if {name: value for name, value in leaf.data.items() if name != "method"} == told:
            found[str(row.pk)] = row
    return found


def ends(delegations: Iterable[Delegation]) -> dict[str, int]:
    """Return the entries that ended delegations before their time, told by a row or by a leaf."""
    rows = {f"delegation:{row.pk}": row for row in delegations}
    if not rows:
        return {}
    found = {str(row.pk): row.end.seq for row in rows.values() if getattr(row, "end", None)}
    told = LedgerSubject.objects.filter(subject__in=rows, entry__index__event=events.DELEGATION_ENDED)
    for subject, seq in told.values_list("subject", "entry_id"):
        key = str(rows[subject].pk)
        found[key] = min(seq, found.get(key, seq))
    return found


def allows(delegation: Delegation, *, delegate: str, principal: str, role: str, project: object, at: datetime) -> bool:
    """Return whether a delegation (not ended) lets `delegate` sign for `principal` in a role, there and then.

    One given for the organisation counts in every project, as the role does.
    """
    return (
        delegation.to.actor == delegate
        and delegation.by.actor == principal
        and delegation.role == role
        and delegation.project_id in (None, project)
        and delegation.starts_at <= at < delegation.ends_at
    )


@dataclass(frozen=True)
class Known:
    """A delegation that the ledger confirms, and how it stands: "running", "to come", "over" or "ended"."""

    row: Delegation
    state: str


def known(user: User, at: datetime) -> list[Known]:
    """Return the delegations somebody gave or holds and, for owners, those of the places they own; newest first."""
    scope = Q(by=user) | Q(to=user)
    if access.OWNER in roles_held(user, None):
        scope = Q()
    else:
        scope |= Q(project__in=[p for p in projects_of(user) if access.OWNER in roles_held(user, p)])
    return _known(scope, at)


def own(user: User, at: datetime) -> list[Known]:
    """Return the delegations somebody gave or holds, newest first. Three queries, or one for none."""
    return _known(Q(by=user) | Q(to=user), at)


def _known(scope: Q, at: datetime) -> list[Known]:
    rows = Delegation.objects.filter(scope).select_related("by", "to", "project").order_by("-seq")
    found = confirmed(str(row.pk) for row in rows)
    over = ends(found.values())
    return [Known(row, _state(row, at, ended=str(row.pk) in over)) for row in rows if str(row.pk) in found]


def _state(row: Delegation, at: datetime, *, ended: bool) -> str:
    if ended:
        return "ended"
    return "to come" if at < row.starts_at else "running" if at < row.ends_at else "over"


def held(user: User, project: Project | None, at: datetime) -> list[Delegation]:
    """Return the delegations that somebody can sign under now in a project (None: for the organisation's shelf)."""
    here = (None, project.pk) if project is not None else (None,)
    rows = Delegation.objects.filter(to=user, starts_at__lte=at, ends_at__gt=at)
    found = confirmed(str(row.pk) for row in rows if row.project_id in here)
    over = ends(found.values())
    return sorted((row for key, row in found.items() if key not in over), key=lambda row: row.ends_at)
