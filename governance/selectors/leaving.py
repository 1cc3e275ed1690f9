"""What it would mean if somebody left: shown before it is done, and what is done."""

from dataclasses import dataclass

from django.db.models import Q

from governance.models import ApiToken, Condition, Delegation, Draft, Passkey, RoleGrant, User
from governance.selectors import accounts, audit_findings, conditions, delegations, inbox
from governance.selectors.audit_findings import Finding


@dataclass(frozen=True)
class Consequences:
    """What ends, what goes to the successor, and what others must take up."""

    grants: list[RoleGrant]
    passkeys: list[Passkey]
    tokens: list[ApiToken]
    sessions: int
    delegations: list[Delegation]
    tasks: list[Condition]
    findings: list[Finding]
    drafts: list[Draft]
    turns: list[inbox.Turn]
    requests: list[inbox.Waiting]
    signatures: int


def consequences(user: User) -> Consequences:
    """Return what would become of everything that depends on somebody."""
    given = Delegation.objects.filter(Q(by=user) | Q(to=user), end=None).select_related("by", "to", "project")
    over = delegations.ends(given)
    tasks = Condition.objects.filter(Q(owner=user) | Q(handovers__to=user), kind="task", met=None).distinct()
    related = tasks.select_related("signature__request__project", "owner").prefetch_related("handovers__to")
    return Consequences(
        grants=list(RoleGrant.objects.filter(user=user, revocation=None).select_related("project", "user")),
        passkeys=list(Passkey.objects.filter(user=user, revocations=None).select_related("user")),
        tokens=list(ApiToken.objects.filter(user=user).select_related("user")),
        sessions=accounts.live_sign_ins(user).count(),
        delegations=[row for row in given if str(row.pk) not in over],
        tasks=[row for row in related if conditions.owner(row) == user],
        findings=audit_findings.owned(user),
        drafts=list(Draft.objects.filter(contributors=user, frozen=None).select_related("project")),
        turns=inbox.turns(user),
        requests=inbox.waiting(inbox.visible_requests(user).filter(requested_by=user)),
        signatures=user.signatures.count(),
    )
