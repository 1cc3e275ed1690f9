"""Reviews: something happened, so an agreed document is looked at again, by a day, or its sign-off lapses."""

from datetime import datetime, timedelta

from governance import access, events
from governance.errors import Conflict, Denied, Finding, Invalid, Refused
from governance.models import Document, Review, ReviewClosed, SignoffRequest, User
from governance.proof.answers.inforce import Standing
from governance.proof.formats.fields import rfc3339
from governance.selectors import policies
from governance.selectors import signoff as select
from governance.services import announcements, reauthentication
from governance.services.ledger import Mutation, Unchanged, mutation
from governance.services.reauthentication import Proof

TRIGGERS = {
    "age": "the end of its validity comes near",
    "policy_change": "the policy changed",
    "process_redesign": "the process was redesigned",
    "drift": "inputs or quality drift",
    "base_model_change": "the base model changed",
    "risk_tolerance": "the risk that is tolerated changed",
    "waiver": "a check was waived",
    "incident": "an incident",
}


def open_review(*, actor: User, document: Document, trigger: str, due: datetime, reason: str) -> Review:
    """Reopen an agreed document: unless the review is closed by `due`, its sign-off lapses then.

    Raises:
        Invalid: an unknown trigger, no reason, or a day that is over.
        Refused: the document is not in force, or a review of this trigger is open already.
    """
    if not reason.strip():
        raise Invalid("reason", "found nothing, expected what happened")
    with mutation(actor=actor, action="signoff.review", project=document.project, subjects=[document.digest]) as m:
        return opened(m, document, trigger=trigger, due=due, by=actor, reason=reason.strip())


def opened(m: Mutation, document: Document, *, trigger: str, due: datetime, by: User | None, reason: str) -> Review:
    """Open a review within an open mutation (by None: the system itself)."""
    if trigger not in TRIGGERS:
        raise Invalid("trigger", f"found {trigger!r}, expected one of {', '.join(sorted(TRIGGERS))}")
    if due <= m.time:
        raise Invalid("due", "found a time that is over, expected a day to come")
    standing = select.in_force(document, m.size, m.time)
    if standing.standing is not Standing.IN_FORCE:
        raise Refused(
            Finding(
                "review",
                f"the document is {standing.standing.value}",
                "a document in force",
                "Have it signed, or review the version that is in force.",
                access.ROLES[access.COMPLIANCE_OFFICER],
            )
        )
    if Review.objects.filter(document=document, trigger=trigger, closed=None, due__gt=m.time).exists():
        raise Refused(
            Finding("review", "one for this reason is open", "a new reason", "Close the open one first.", "you")
        )
    row = Review(document=document, trigger=trigger, due=due, by=by, at=m.time, seq=m.size)
    m.append(
        events.REVIEW_OPENED,
        subjects=[document.digest],
        data={"review": str(row.id), "trigger": trigger, "due": rfc3339(due)},
        private={"reason": reason},
    )
    row.save()
    announcements.review_opened(m, row, reason)
    return row


def open_by_age(*, document: Document, days: int) -> bool:
    """Open the review that a policy asks for so many days before a sign-off ends; return whether this call did.

    It is due when half of that time is over, so that the other half is left to have the document signed anew. Each
    agreement has one such review, open or closed.
    """
    try:
        with mutation(actor=None, action="signoff.review", project=document.project) as m:
            standing = select.in_force(document, m.size, m.time)
            if standing.standing is not Standing.IN_FORCE or standing.until is None:
                raise Unchanged
            agreed = max(signed.seq for signed in standing.signatures)
            due = standing.until - timedelta(days=days) / 2
            if due <= m.time or Review.objects.filter(document=document, trigger="age", seq__gt=agreed).exists():
                raise Unchanged
            reason = f"it ends on {standing.until:%Y-%m-%d}, and its policy asks for a review {days} days before"
            opened(m, document, trigger="age", due=due, by=None, reason=reason)
    except Unchanged:
        return False
    return True


def open_by_event(*, document: Document, trigger: str, since: int, due: datetime, reason: str) -> bool:
    """Open the review that something at ledger entry `since` calls for; return whether this call did.

    Nothing happens where the document is not in force, a review for this reason is open, or one was opened since.
    """
    try:
        with mutation(actor=None, action="signoff.review", project=document.project) as m:
            standing = select.in_force(document, m.size, m.time)
            rows = Review.objects.filter(document=document, trigger=trigger)
            open_now = rows.filter(closed=None, due__gt=m.time)
            if standing.standing is not Standing.IN_FORCE or open_now.exists() or rows.filter(seq__gt=since).exists():
                raise Unchanged
            opened(m, document, trigger=trigger, due=due, by=None, reason=reason)
    except Unchanged:
        return False
    return True


def close(*, actor: User, review: Review, finding: str, proof: Proof) -> ReviewClosed:
    """Close a review: the document stands as it is. Needs a role that signs it, a proof, and no hand in it.

    A document that cannot stand as it is is revoked, or superseded by its next version, instead.

    Raises:
        Refused: a proof that does not hold or would not do for a signature, somebody who wrote or requested it, or a
            review that is over.
    """
    if not finding.strip():
        raise Invalid("finding", "found nothing, expected what was looked at and found")
    document = review.document
    checked = reauthentication.check(actor, proof)
    with mutation(
        actor=actor, action="signoff.close_review", project=document.project, subjects=[document.digest]
    ) as m:
        method = reauthentication.require(m, actor, checked)
        if ReviewClosed.objects.filter(review=review).exists():
            raise Conflict(found="it was closed already", expected="an open review", remedy="Nothing needs doing.")
        if review.due <= m.time:
            raise Refused(
                Finding(
                    "review",
                    "its day is over, and the sign-off lapsed with it",
                    "a review that still runs",
                    "Have the document signed anew.",
                    access.ROLES[access.COMPLIANCE_OFFICER],
                )
            )
        _may_close(m, actor, document, method)
        row = ReviewClosed(review=review, by=actor, at=m.time, seq=m.size)
        m.append(
            events.REVIEW_CLOSED,
            subjects=[document.digest],
            data={"review": str(review.id), "outcome": "stands", "method": method},
            private={"finding": finding.strip()},
        )
        row.save()
        announcements.review_closed(m, review, actor)
        return row


def _may_close(m: Mutation, actor: User, document: Document, method: str) -> None:
    standing = select.in_force(document, m.size, m.time)
    request = SignoffRequest.objects.filter(pk=standing.request).first() if standing.request else None
    if request is None:
        raise Refused(Finding("review", "nobody asked for signatures", "a signed document", "Nothing to do.", "you"))
    rule = select.rule_for(request, document.kind)
    asked = rule.asked & access.roles_of(actor, document.project)
    if not asked or actor.actor in select.excluded_from(document, request.requested_by.actor, rule):
        raise Denied(
            Finding(
                "review",
                "you wrote or requested it" if asked else "none of your roles signs this",
                "somebody who could sign it",
                "Leave it to those who sign it.",
                access.words(rule.asked),
            )
        )
    reauthentication.strong(method, policies.method_for(request, [document]))
