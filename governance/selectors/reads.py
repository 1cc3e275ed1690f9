"""The access log as its readers see it: of everything, or of one thing."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from governance.models import AccessRecord, Document


def records(
    *, subject: str = "", username: str = "", since: datetime | None = None, until: datetime | None = None
) -> "QuerySet[AccessRecord]":
    """Return what was read, the newest first, narrowed to a subject, a person or a span."""
    found = AccessRecord.objects.select_related("user")
    if subject:
        found = found.filter(subject=subject)
    if username:
        found = found.filter(user__username=username)
    if since is not None:
        found = found.filter(at__gte=since)
    if until is not None:
        found = found.filter(at__lt=until)
    return found


def titles(rows: Iterable[AccessRecord]) -> dict[str, str]:
    """Return what the documents among the subjects are called, in one query."""
    digests = {row.subject for row in rows if row.subject.startswith("sha256:")}
    return {document.digest: str(document) for document in Document.objects.filter(pk__in=digests).defer("content")}
