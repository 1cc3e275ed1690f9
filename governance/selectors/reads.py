"""The access log as its readers see it: of everything, or of one thing."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from governance.models import AccessRecord, Document, Project

OF_PROJECTS = ("ledger:", "register:", "as-of:")
UUID = 36  # letters


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
    """Return what the documents and projects among the subjects are called, in two queries at most."""
    subjects = {row.subject for row in rows}
    digests = {subject for subject in subjects if subject.startswith("sha256:")}
    found = {document.digest: str(document) for document in Document.objects.filter(pk__in=digests).defer("content")}
    places = {
        s: s.partition(":")[2] for s in subjects if s.startswith(OF_PROJECTS) and len(s.partition(":")[2]) == UUID
    }
    names = {str(pk): name for pk, name in Project.objects.filter(pk__in=places.values()).values_list("pk", "name")}
    return found | {s: f"{s.partition(':')[0]} of {names[place]}" for s, place in places.items() if place in names}
