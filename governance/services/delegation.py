"""Delegation: for a time, somebody else may sign for you. Both names stand on what they sign."""

from datetime import datetime, timedelta

from governance import access, events
from governance.errors import Conflict, Denied, Finding, Invalid, Refused
from governance.models import Delegation, DelegationEnd, Project, User
from governance.proof.formats.fields import rfc3339
from governance.selectors import policies
from governance.services import announcements, reauthentication
from governance.services.ledger import Mutation, mutation
from governance.services.reauthentication import Proof

LONGEST = timedelta(days=92)


def give(
    *,
    actor: User,
    to: User,
    role: str,
    project: Project | None,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    proof: Proof,
) -> Delegation:
    """Let `to` sign for `actor` in a role that `actor` holds, from one moment to another.

    What is delegated cannot be delegated on: `role` must be the actor's own. The actor shows anew who they are, by a
    method that would do for their own signature in that role.

    Raises:
        Invalid: no time, too long a time, no reason, a role nobody signs in, or a person who may not sign.
        Denied: the actor does not hold the role there. Refused: the proof does not hold, or is too weak.
    """
    if not reason.strip():
        raise Invalid("reason", "found nothing, expected why")
    if role not in access.SIGNERS:
        raise Invalid("role", f"found {role!r}, expected one of {', '.join(sorted(access.SIGNERS))}")
    if not timedelta() < ends_at - starts_at <= LONGEST:
        raise Invalid("ends_at", f"expected an end after the start, at most {LONGEST.days} days later")
    checked = reauthentication.check(actor, proof)
    with mutation(actor=actor, action="signoff.delegate", project=project, subjects=[f"user:{to.actor}"]) as m:
        method = reauthentication.require(m, actor, checked, wanted=policies.method_of(role, project))
        if ends_at <= m.time:
            raise Invalid("ends_at", "found a time that is over")
        if to.pk == actor.pk:
            raise Refused(
                Finding("delegation", "a delegation to oneself", "another person", "Choose a colleague.", "you")
            )
        if role not in access.roles_of(actor, project):
            raise Denied(
                Finding(
                    "access",
                    f"you do not hold the role {access.label(role)} here",
                    "a role of your own to delegate",
                    "Delegate a role that you hold.",
                    access.ROLES[access.OWNER],
                )
            )
        if not access.roles_of(to, project) & access.SIGNERS:
            raise Invalid("to", f"{to} holds no role here in which anybody signs")
        row = Delegation(
            by=actor,
            to=to,
            role=role,
            project=project,
            starts_at=starts_at,
            ends_at=ends_at,
            at=m.time,
            seq=m.size,
        )
        m.append(
            events.DELEGATION_GIVEN,
            subjects=[f"delegation:{row.id}", f"user:{to.actor}"],
            data={
                "delegation": str(row.id),
                "to": to.actor,
                "role": role,
                "project": str(project.id) if project else None,
                "starts": rfc3339(starts_at),
                "ends": rfc3339(ends_at),
                "method": method,
            },
            private={"reason": reason.strip()},
        )
        row.save()
        announcements.delegation_given(m, row)
        return row


def end(*, actor: User, delegation: Delegation) -> DelegationEnd:
    """End a delegation before its time: who gave it, who holds it, or an owner may. What was signed stays signed."""
    subjects = [f"delegation:{delegation.id}", f"user:{delegation.to.actor}"]
    with mutation(actor=actor, action="signoff.delegate", project=delegation.project, subjects=subjects) as m:
        concerned = actor.pk in (delegation.by_id, delegation.to_id)
        if not concerned and access.OWNER not in access.roles_of(actor, delegation.project):
            raise Denied(
                Finding(
                    "delegation",
                    "a delegation between others",
                    "your own, or the role of owner",
                    "Ask one of the two, or an owner.",
                    access.ROLES[access.OWNER],
                )
            )
        return ended(m, delegation, by=actor)


def ended(m: Mutation, delegation: Delegation, *, by: User) -> DelegationEnd:
    """End a delegation within an open mutation. Conflict when it ended already."""
    if DelegationEnd.objects.filter(delegation=delegation).exists():
        raise Conflict(found="it was ended already", expected="one that runs", remedy="Nothing needs doing.")
    row = DelegationEnd(delegation=delegation, by=by, at=m.time, seq=m.size)
    m.append(
        events.DELEGATION_ENDED,
        subjects=[f"delegation:{delegation.id}", f"user:{delegation.to.actor}"],
        data={"delegation": str(delegation.id)},
    )
    row.save()
    announcements.delegation_ended(m, delegation, by)
    return row
