"""Conditions of signatures: confirmed as met, or handed over to another owner."""

from governance import access, events
from governance.errors import Conflict, Denied, Finding, Invalid
from governance.models import Condition, ConditionHandover, ConditionMet, Document, SignoffRequest, User
from governance.selectors import conditions as select
from governance.selectors import policies
from governance.selectors.people import roles_held
from governance.services import announcements, reauthentication
from governance.services.ledger import Mutation, mutation
from governance.services.reauthentication import Proof


def meet(*, actor: User, condition: Condition, evidence: str, proof: Proof) -> ConditionMet:
    """Confirm that a condition is met, and on what evidence.

    Whoever may confirm holds the role in which the condition was set and could have signed the documents themself; the
    owner of a task never confirms it. They show anew who they are, by a method that would do for a signature there.

    Raises:
        Denied: the actor holds another role, owns the task, or is excluded from signing.
        Conflict: it was confirmed already. Refused: the proof does not hold, or is too weak.
    """
    if not evidence.strip():
        raise Invalid("evidence", "found nothing, expected what shows that it is met")
    signature = condition.signature
    request: SignoffRequest = signature.request
    digests = select.digests(condition)
    wanted = policies.method_for(request, Document.objects.filter(digest__in=digests))
    checked = reauthentication.check(actor, proof)
    with mutation(actor=actor, action="signoff.condition", project=request.project, subjects=digests) as m:
        method = reauthentication.require(m, actor, checked, wanted=wanted)
        if obstacle := select.obstacle(actor, condition):
            raise Denied(
                Finding(
                    "condition",
                    obstacle,
                    f"somebody else who is {access.label(signature.role)} here",
                    "Show them what was done, and ask them to confirm it.",
                    access.label(signature.role),
                )
            )
        if ConditionMet.objects.filter(condition=condition).exists():
            raise Conflict(
                found="it was confirmed already", expected="an open condition", remedy="Nothing needs doing."
            )
        met = ConditionMet(condition=condition, by=actor, at=m.time, seq=m.size)
        m.append(
            events.CONDITION_MET,
            subjects=digests,
            data={"condition": str(condition.pk), "signature": str(signature.pk), "method": method},
            private={"evidence": evidence.strip()},
        )
        met.save()
        announcements.condition_met(m, condition, actor)
        return met


def hand_over(*, actor: User, condition: Condition, to: User) -> ConditionHandover:
    """Give a task to another owner: its owner can, or an owner of the project. Its due date stays.

    Raises:
        Invalid: a gate condition, or a person without a role here.
    """
    request: SignoffRequest = condition.signature.request
    digests = select.digests(condition)
    with mutation(actor=actor, action="signoff.hand_over", project=request.project, subjects=digests) as m:
        owner = select.owner(condition)
        mine = owner is not None and owner.pk == actor.pk
        if not mine and access.OWNER not in access.roles_of(actor, request.project):
            raise Denied(
                Finding(
                    "condition",
                    "the task is somebody else's",
                    "your own task, or the role of owner",
                    "Ask its owner, or an owner of the project.",
                    access.ROLES[access.OWNER],
                )
            )
        return handed(m, condition, to, by=actor)


def handed(m: Mutation, condition: Condition, to: User, *, by: User) -> ConditionHandover:
    """Hand a task over within an open mutation."""
    if condition.kind != "task":
        raise Invalid("condition", "found a gate condition, which has no owner; expected a task")
    if not roles_held(to, condition.signature.request.project):
        raise Invalid("to", f"{to} has no role here")
    row = ConditionHandover(condition=condition, to=to, by=by, at=m.time, seq=m.size)
    m.append(
        events.CONDITION_HANDED_OVER,
        subjects=select.digests(condition),
        data={"condition": str(condition.pk), "to": to.actor},
    )
    row.save()
    text = next((told.stated.text for told in select.of(Condition.objects.filter(pk=condition.pk))), "a task")
    announcements.task_given(m, condition, to, text, by)
    return row
