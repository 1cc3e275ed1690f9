"""Sign-off: asking, rejecting, withdrawing, revoking. Signing itself is `services.signing`."""

from collections.abc import Sequence

from governance import access, events
from governance.errors import Denied, Finding, Invalid, Refused
from governance.models import (
    Document,
    Rejection,
    RequestSubject,
    Revocation,
    SignoffRequest,
    User,
    Withdrawal,
)
from governance.proof.answers.inforce import Standing
from governance.registry import KINDS
from governance.selectors import inbox
from governance.selectors import signoff as select
from governance.selectors.presentation import subjects
from governance.services import announcements, reauthentication
from governance.services.ledger import Mutation, mutation
from governance.services.reauthentication import Proof
from governance.services.signing_rules import governing, rules_of, still_open

REVOCABLE = (Standing.IN_FORCE, Standing.PENDING, Standing.SUPERSEDED, Standing.EXPIRED, Standing.LAPSED)


def request_open(*, actor: User, documents: Sequence[Document]) -> SignoffRequest:
    """Put documents of one project (or of the shelf) before signers, under the policy now in force.

    Raises:
        Invalid: nothing to sign, several projects, or a kind that nobody signs.
        Refused: a document is waiting or in force already, or no policy is in force yet.
    """
    chosen = list({d.digest: d for d in documents}.values())
    if not chosen:
        raise Invalid("documents", "found none, expected at least one document")
    if len({d.project_id for d in chosen}) != 1:
        raise Invalid("documents", "found documents of several projects, expected one project's")
    if unsigned := [d for d in chosen if not KINDS[d.kind].signed]:
        raise Invalid("documents", f"a {KINDS[unsigned[0].kind].label} needs no signature")
    project = chosen[0].project
    with mutation(actor=actor, action="signoff.request", project=project, subjects=[d.digest for d in chosen]) as m:
        standing = select.in_force_many(chosen, m.size, m.time)
        busy = [d for d in chosen if standing[d.digest].standing in (Standing.PENDING, Standing.IN_FORCE)]
        if busy:
            raise Refused(
                Finding(
                    "request",
                    f"{busy[0]} is {standing[busy[0].digest].standing.value}",
                    "documents that are neither waiting nor in force",
                    "Leave it out, or withdraw the request that it waits in.",
                    access.ROLES[access.COMPLIANCE_OFFICER],
                )
            )
        rules = governing(chosen)
        request = SignoffRequest(project=project, policy=rules, requested_by=actor, at=m.time, seq=m.size)
        m.append(
            events.REQUEST_OPENED,
            subjects=sorted(d.digest for d in chosen),
            data={"request": str(request.id), "policy": rules.digest if rules else None},
        )
        request.save()
        for document in sorted(chosen, key=lambda d: d.digest):
            RequestSubject(request=request, document=document).save()
        announcements.requested(m, request, chosen)
        return request


def reject(*, actor: User, request: SignoffRequest, reason: str) -> Rejection:
    """Say no: the request is over, and its documents are not in force through it."""
    if not reason.strip():
        raise Invalid("reason", "found nothing, expected why")
    documents = subjects(request)
    with mutation(
        actor=actor, action="signoff.reject", project=request.project, subjects=[d.digest for d in documents]
    ) as m:
        still_open(m, request, documents)
        asked = {role for rule in rules_of(request, documents).values() for role in rule.asked}
        if not asked & access.roles_of(actor, request.project):
            raise Denied(
                Finding(
                    "access",
                    "none of your roles is asked to sign this",
                    access.words(asked),
                    "Leave it to those whose signature it waits for.",
                    access.words(asked),
                )
            )
        rejection = Rejection(request=request, by=actor, at=m.time, seq=m.size)
        m.append(
            events.REQUEST_REJECTED,
            subjects=sorted(d.digest for d in documents),
            data={"request": str(request.id)},
            private={"reason": reason.strip()},
        )
        rejection.save()
        announcements.rejected(m, request, actor, reason.strip())
        return rejection


def withdraw(*, actor: User, request: SignoffRequest) -> Withdrawal:
    """Take a request back while it waits: one's own or, as owner, that of somebody who left.

    Raises:
        Refused: it waits no more, or somebody who is still here opened it. Denied: a leaver's, by no owner.
    """
    documents = subjects(request)
    act = inbox.act_of_withdrawing(request)
    with mutation(actor=actor, action=act, project=request.project, subjects=[d.digest for d in documents]) as m:
        still_open(m, request, documents)
        if not inbox.may_withdraw(actor, request):
            raise Refused(
                Finding(
                    "request", "somebody else opened it", "your own request", "Ask them to withdraw it.", "requester"
                )
            )
        withdrawal = Withdrawal(request=request, by=actor, at=m.time, seq=m.size)
        m.append(
            events.REQUEST_WITHDRAWN,
            subjects=sorted(d.digest for d in documents),
            data={"request": str(request.id)},
        )
        withdrawal.save()
        announcements.withdrawn(m, request, actor)
        return withdrawal


def revoke(*, actor: User, document: Document, reason: str, proof: Proof) -> Revocation:
    """Take the sign-off of a document back: no new act can rest on it, and running jobs that do are stopped."""
    if not reason.strip():
        raise Invalid("reason", "found nothing, expected why")
    checked = reauthentication.check(actor, proof)
    with mutation(actor=actor, action="signoff.revoke", project=document.project, subjects=[document.digest]) as m:
        reauthentication.require(m, actor, checked)
        return take_back(m, actor, document, reason.strip())


def take_back(m: Mutation, actor: User, document: Document, reason: str) -> Revocation:
    """Revoke within an open mutation, for whoever was let through. Refused when there is no sign-off to take back."""
    standing = select.in_force(document, m.size, m.time)
    if standing.standing not in REVOCABLE:
        raise Refused(
            Finding(
                "revocation",
                f"the document is {standing.standing.value}",
                "a sign-off to revoke",
                "Nothing needs doing.",
                "you",
            )
        )
    revocation = Revocation(document=document, by=actor, at=m.time, seq=m.size)
    m.append(events.DOCUMENT_REVOKED, subjects=[document.digest], private={"reason": reason})
    revocation.save()
    announcements.revoked(m, document, actor, reason)
    return revocation
