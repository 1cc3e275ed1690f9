"""Finding anything by name or digest, within what somebody may see."""

import re
import uuid
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from governance.models import Attempt, Document, Draft, Job, Project, Report, SignoffRequest, User
from governance.selectors import documents as docs
from governance.selectors import reports
from governance.selectors.inbox import visible_requests
from governance.selectors.people import projects_of

LIMIT = 30
SHORTEST_DIGEST = 6
_HEX = re.compile(rf"^(?:sha256:)?([0-9a-f]{{{SHORTEST_DIGEST},64}})$")


@dataclass(frozen=True)
class Found:
    """What a search found, newest first, each list at most LIMIT long."""

    documents: list[Document] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    requests: list[SignoffRequest] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many hits are shown."""
        lists = (self.documents, self.drafts, self.requests, self.jobs, self.reports, self.projects)
        return sum(len(hits) for hits in lists)


def matching(rows: "QuerySet[Document]", text: str) -> "QuerySet[Document]":
    """Return the documents whose title or digest (from its beginning) matches."""
    wanted = Q(title__icontains=text)
    if prefix := digest_prefix(text):
        wanted |= Q(digest__startswith=prefix)
    return rows.filter(wanted)


def digest_prefix(text: str) -> str | None:
    """Return the text as the beginning of a digest, or None when it cannot be one (fewer than six hex digits)."""
    found = _HEX.match(text.strip().lower())
    return f"sha256:{found[1]}" if found else None


def search(user: User, text: str) -> Found:
    """Return what somebody may see that goes by this name, digest or identifier."""
    wanted = text.strip()
    if len(wanted) < 2:
        return Found()
    own = projects_of(user)
    names = Q(title__icontains=wanted)
    spec, report, request = Q(spec__title__icontains=wanted), Q(subject__title__icontains=wanted), Q()
    if prefix := digest_prefix(wanted):
        attempts = Attempt.objects.filter(permit_digest__startswith=prefix).values("job")
        spec |= Q(spec__digest__startswith=prefix) | Q(pk__in=attempts)
        report |= Q(file_sha256__startswith=prefix) | Q(subject__digest__startswith=prefix)
        request |= Q(subjects__document__digest__startswith=prefix)
    if identifier := _identifier(wanted):
        spec |= Q(pk=identifier) | Q(attempts__pk=identifier)
        report |= Q(pk=identifier)
        request |= Q(pk=identifier)
        names |= Q(pk=identifier)
    documents = matching(docs.visible(user), wanted).defer("content").select_related("project", "series")
    requests = visible_requests(user).filter(request) if request else SignoffRequest.objects.none()
    return Found(
        documents=list(documents[:LIMIT]),
        drafts=list(Draft.objects.filter(names, project__in=own, frozen=None).select_related("project")[:LIMIT]),
        requests=list(requests.select_related("project", "requested_by").distinct()[:LIMIT]),
        jobs=list(Job.objects.filter(spec, project__in=own).select_related("spec", "project").distinct()[:LIMIT]),
        reports=list(reports.visible(user).filter(report).order_by("-requested_at")[:LIMIT]),
        projects=list(own.filter(name__icontains=wanted)[:LIMIT]),
    )


def _identifier(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
