"""Somebody leaves: whatever they could do ends, their tasks go to a successor, their signatures stay what they are."""

from django.db.models import Q

from governance import access, events
from governance.errors import Conflict, Finding, Invalid, Refused
from governance.models import RoleGrant, User
from governance.selectors import accounts
from governance.selectors import leaving as select
from governance.services import (
    audit_findings,
    conditions,
    delegation,
    passkeys,
    people,
    reauthentication,
    second_factor,
    sign_ins,
    tokens,
)
from governance.services.ledger import mutation
from governance.services.reauthentication import Proof


def person_leave(*, actor: User, user: User, successor: User | None, proof: Proof) -> select.Consequences:
    """End everything somebody could do, hand their open tasks to `successor`, and return what was found.

    What they signed stays valid: it counts by what was true when it was signed.

    Raises:
        Refused: oneself, the organisation's last owner, or a proof that does not hold. Conflict: they left already.
        Invalid: open tasks and nobody to take them over, or a successor who left or has no role there.
    """
    checked = reauthentication.check(actor, proof)
    with mutation(actor=actor, action="person.leave", subjects=[f"user:{user.actor}"]) as m:
        reauthentication.require(m, actor, checked)
        if actor.pk == user.pk:
            raise Refused(
                Finding(
                    "separation of duties",
                    "your own leaving",
                    "another owner who sees to it",
                    "Ask another owner.",
                    access.ROLES[access.OWNER],
                )
            )
        if not user.is_active:
            raise Conflict(found="they left already", expected="somebody who is here", remedy="Nothing needs doing.")
        found = select.consequences(user)
        owed = len(found.tasks) + len(found.findings)
        if owed and (successor is None or successor.pk == user.pk or not successor.is_active):
            raise Invalid("successor", f"{owed} open tasks and findings need somebody else who takes them over")
        if successor is not None:
            for task in found.tasks:
                conditions.handed(m, task, successor, by=actor)
            for finding in found.findings:
                audit_findings.handed(m, finding, successor, by=actor)
        for given in found.delegations:
            delegation.ended(m, given, by=actor)
        for grant in found.grants:
            people.revoked(m, grant)
        for passkey in found.passkeys:
            passkeys.revoked(m, passkey, by=actor, reason="left", since=m.time)
        tokens.end_all(m, user)
        for factor in list(accounts.authenticators(user)):
            second_factor.discard(m, factor)
        sign_ins.end_all(m, user=user, why="left")
        user.is_active = False
        user.save(update_fields=["is_active"])
        m.append(
            events.PERSON_LEFT,
            subjects=[f"user:{user.actor}"],
            data={"successor": successor.actor if successor is not None else None, "tasks": len(found.tasks)},
        )
        return found


def successors(user: User) -> list[User]:
    """Return who could take somebody's tasks over: active people with a role."""
    held = RoleGrant.objects.filter(revocation=None).values("user")
    return list(User.objects.filter(Q(pk__in=held), is_active=True).exclude(pk=user.pk).order_by("printed_name"))
