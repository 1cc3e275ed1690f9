"""Escalation: signatures that are overdue, as the request's policy says, are put before those whom it names. Once."""

from collections.abc import Sequence

from governance import events
from governance.models import Document, LedgerSubject, SignoffRequest
from governance.proof.answers.inforce import Standing
from governance.selectors import duties
from governance.selectors import signoff as select
from governance.services import announcements
from governance.services.ledger import Unchanged, mutation


def escalate(*, request: SignoffRequest, documents: Sequence[Document], to: Sequence[str]) -> bool:
    """Tell the holders of the roles `to` that a request's signatures are overdue; return whether this call did.

    That it happened is on the ledger, which is what keeps it from happening twice.
    """
    if escalated(request):
        return False
    try:
        with mutation(actor=None, action="signoff.escalate", project=request.project) as m:
            standing = select.in_force_many(documents, m.size, m.time)
            waits = [found for found in standing.values() if found.standing is Standing.PENDING]
            if escalated(request) or not any(found.request == str(request.pk) for found in waits):
                raise Unchanged
            m.append(
                events.REQUEST_ESCALATED,
                subjects=[*sorted(d.digest for d in documents), f"request:{request.pk}"],
                data={"request": str(request.pk), "to": sorted(to)},
            )
            held = duties.holders(to, request.project)
            people = {user.pk: user for holders in held.values() for user in holders}
            announcements.escalated(m, request, documents, list(people.values()))
    except Unchanged:
        return False
    return True


def escalated(request: SignoffRequest) -> bool:
    """Return whether the ledger says that it was."""
    told = LedgerSubject.objects.filter(subject=f"request:{request.pk}", entry__index__event=events.REQUEST_ESCALATED)
    return told.exists()
