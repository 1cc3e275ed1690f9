"""Standing approvals as people act on them: the stop button, and the weekly digest to the signers."""

from datetime import datetime, timedelta

from django.urls import reverse

from governance import access, notice_kinds
from governance.errors import Denied, Finding, Invalid
from governance.models import Document, Revocation, User
from governance.selectors import signoff as standings
from governance.services import notices, reauthentication
from governance.services.ledger import mutation
from governance.services.reauthentication import Proof
from governance.services.signoff import take_back
from training.kinds import tuning as kinds
from training.selectors import approvals

ACTION = "standing_approval.stop"
STEERING = frozenset({access.OWNER, access.COMPLIANCE_OFFICER})
WEEK = timedelta(days=7)


def stop(*, actor: User, approval: Document, proof: Proof, reason: str = "") -> Revocation:
    """Stop a standing approval at once: it admits nothing more, and runs under it are stopped. It is a revocation.

    Raises:
        Denied: neither owner or compliance officer here, nor among those who signed it.
        Refused: the proof does not hold, or there is nothing to stop.
    """
    if approval.kind != kinds.STANDING:
        raise Invalid("approval", "found another document, expected a standing approval")
    checked = reauthentication.check(actor, proof)
    with mutation(actor=actor, action=ACTION, project=approval.project, subjects=[approval.digest]) as m:
        reauthentication.require(m, actor, checked)
        if not may_stop(actor, approval, m.size, m.time):
            raise Denied(
                Finding(
                    "access",
                    "you did not sign it, and are neither owner nor compliance officer here",
                    "one of its signers, an owner or a compliance officer",
                    "Tell one of them.",
                    access.words(STEERING),
                )
            )
        return take_back(m, actor, approval, reason.strip() or f"Stopped by {actor}")


def may_stop(user: User, approval: Document, ledger_size: int | None = None, time: datetime | None = None) -> bool:
    """Return whether somebody may stop a standing approval: who signed it, and owners and compliance officers."""
    standing = standings.in_force(approval, ledger_size, time)
    signers = {person for signed in standing.signatures for person in signed.people}
    return user.actor in signers or bool(STEERING & access.roles_of(user, approval.project))


def tell_weekly(at: datetime) -> int:
    """Tell signers what was admitted this week under what they signed; once a week each, however often it is called."""
    year, week, _ = at.isocalendar()
    told = 0
    for approval in Document.objects.filter(kind=kinds.STANDING).select_related("project", "series"):
        found = approvals.digest(approval, time=at)
        if not any(at - WEEK < used.use.at <= at for used in found.uses):
            continue
        people = {person for signed in found.standing.signatures for person in signed.people}
        told += notices.keep(
            User.objects.filter(ledger_id__in=people),
            notice_kinds.USE_DIGEST,
            about=f"use:{approval.digest}",
            occasion=f"{year}-W{week:02}",
            subject=f"This week under your signature: {approval}",
            text=approvals.in_words(found),
            link=reverse("document", args=[approval.digest]),
            at=at,
        )
    return told
