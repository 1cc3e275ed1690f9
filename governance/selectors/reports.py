"""Reading reports."""

import uuid
from pathlib import Path

from django.db.models import Q, QuerySet

from governance import store
from governance.errors import NotFound
from governance.models import Report, User
from governance.selectors.documents import confined
from governance.selectors.people import is_member, projects_of, roles_held


def visible(user: User) -> "QuerySet[Report]":
    """Return the reports on documents somebody may see and their own receipts, newest first.

    One's own receipts are one's own for good; others' receipts for the shelf are for the organisation's own roles.
    """
    scope = Q(project__in=projects_of(user)) | Q(signature__signer=user)
    if is_member(user):
        scope |= Q(project=None, signature=None) & ~Q(subject__kind__in=confined(user))
    if roles_held(user, None):
        scope |= Q(project=None)
    return Report.objects.filter(scope).select_related("subject", "project", "requested_by")


def awaited() -> "QuerySet[Report]":
    """Return the reports that somebody waits for, the first asked for first; for receipts nobody does."""
    return Report.objects.filter(state=Report.State.REQUESTED, signature=None).order_by("requested_at")


def get(user: User, report_id: str) -> Report:
    """Return a report somebody may see. NotFound otherwise."""
    try:
        key = uuid.UUID(str(report_id))
    except ValueError:
        raise NotFound("there is no such report") from None
    found = visible(user).filter(pk=key).first()
    if found is None:
        raise NotFound("there is no such report")
    return found


def file_path(report: Report) -> Path:
    """Return where the sealed PDF lies, its bytes hashed again. NotFound until it is ready."""
    if report.state != Report.State.READY:
        raise NotFound(f"the report is {Report.State(report.state).label}")
    store.check(report.file_sha256)
    return store.path_of(report.file_sha256)
