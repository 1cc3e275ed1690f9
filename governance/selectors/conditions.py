"""Conditions of signatures: what they say, whose they are, which are open."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from governance import events
from governance.models import Condition, ConditionMet, Document, User
from governance.proof.formats.leaf import Leaf
from governance.proof.formats.statement import Condition as Stated
from governance.selectors import signoff
from governance.selectors.inbox import visible_requests
from governance.selectors.ledger import leaves_at
from governance.selectors.people import roles_held
from governance.selectors.statements import Opener, said


@dataclass(frozen=True)
class Told:
    """A condition's row, what its signed statement says of it, who owns it now, and who confirmed it (if anybody)."""

    row: Condition
    stated: Stated
    owner: User | None
    met: ConditionMet | None


def of(rows: "QuerySet[Condition]") -> list[Told]:
    """Return what the statements say of these conditions; those whose statement does not verify are left out."""
    found = rows.select_related("signature__signer", "signature__request__project", "owner", "met__by")
    listed = list(found.prefetch_related("handovers__to"))
    texts: dict[tuple[object, str], Stated] = {}
    for one in said({row.signature_id: row.signature for row in listed}.values()):
        for stated in one.said.conditions if one.said else ():
            texts[one.signature.pk, stated.id] = stated
    leaves = leaves_at(row.met.seq for row in listed if getattr(row, "met", None))
    return [
        Told(row, texts[row.signature_id, str(row.pk)], owner(row), _met(row, leaves))
        for row in listed
        if (row.signature_id, str(row.pk)) in texts
    ]


def _met(row: Condition, leaves: Mapping[int, Leaf]) -> ConditionMet | None:
    """Return who confirmed a condition; a row whose leaf does not say so confirms nothing."""
    met: ConditionMet | None = getattr(row, "met", None)
    leaf = leaves.get(met.seq) if met is not None else None
    said_so = leaf is not None and leaf.event == events.CONDITION_MET and leaf.data.get("condition") == str(row.pk)
    return met if said_so else None


def visible(user: User) -> "QuerySet[Condition]":
    """Return the conditions of requests somebody may see, oldest first."""
    return Condition.objects.filter(signature__request__in=visible_requests(user)).order_by("signature__seq", "pk")


def owned(user: User) -> list[Told]:
    """Return the open tasks that are somebody's now, by the day they are due."""
    concerned = Q(owner=user) | Q(handovers__to=user)
    rows = visible(user).filter(concerned, kind="task").distinct()
    mine = [one for one in of(rows) if one.met is None and one.owner is not None and one.owner.pk == user.pk]
    return sorted(mine, key=lambda one: one.stated.due or "")


def confirmable(user: User) -> list[Told]:
    """Return the open conditions that were set in a role somebody holds; whether they may confirm, the service says."""
    found = of(visible(user))
    roles = {project: roles_held(user, project) for project in {one.row.signature.request.project for one in found}}
    return [
        one
        for one in found
        if one.met is None
        and one.row.signature.role in roles[one.row.signature.request.project]
        and (one.owner is None or one.owner.pk != user.pk)
    ]


def obstacle(user: User, condition: Condition) -> str:
    """Return why somebody cannot confirm a condition; empty when they can."""
    signature = condition.signature
    if signature.role not in roles_held(user, signature.request.project):
        return "you do not hold the role that set it"
    own = owner(condition)
    if own is not None and own.pk == user.pk:
        return "you own the task"
    for document in Document.objects.filter(pk__in=digests(condition)):
        rule = signoff.rule_for(signature.request, document.kind)
        if user.actor in signoff.excluded_from(document, signature.request.requested_by.actor, rule):
            return f"you wrote or requested {document}, or the policy excludes you from signing it"
    return ""


def owner(condition: Condition) -> User | None:
    """Return who owns a task now: the last it was handed to, or whom the signer named."""
    last = max(condition.handovers.all(), key=lambda row: row.seq, default=None)
    return last.to if last is not None else condition.owner


def digests(condition: Condition) -> list[str]:
    """Return the digests of the documents that were signed under the condition."""
    statement = Opener().open(condition.signature)
    return sorted(subject.digest for subject in statement.subjects)
