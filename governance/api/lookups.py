"""Finding what a request names, among what the person may see; everything else is not found."""

import uuid

from django.db.models import Q, QuerySet

from governance.errors import Invalid, NotFound
from governance.models import Document, Draft, Project, SignoffRequest, User
from governance.selectors import documents as docs
from governance.selectors.inbox import visible_requests
from governance.selectors.people import is_member, projects_of


def project(user: User, slug: str) -> Project:
    """Return a project somebody may see. NotFound otherwise."""
    found = projects_of(user).filter(slug=slug).first()
    if found is None:
        raise NotFound("there is no such project")
    return found


def place(user: User, slug: str | None) -> Project | None:
    """Return the project of that name, or None for the organisation's shelf (`slug` null)."""
    return None if slug is None else project(user, slug)


def drafts(user: User) -> "QuerySet[Draft]":
    """Return the drafts of projects somebody may see and, for members, those for the organisation's shelf."""
    scope = Q(project__in=projects_of(user))
    if is_member(user):
        scope |= Q(project=None)
    return Draft.objects.filter(scope).select_related("project", "frozen")


def draft(user: User, key: uuid.UUID) -> Draft:
    """Return a draft somebody may see. NotFound otherwise."""
    found = drafts(user).prefetch_related("contributors").filter(pk=key).first()
    if found is None:
        raise NotFound("there is no such draft")
    return found


def requests(user: User) -> "QuerySet[SignoffRequest]":
    """Return the requests for signature somebody may see, newest first."""
    related = ("project", "policy", "requested_by", "rejection__by", "withdrawal__by")
    return visible_requests(user).select_related(*related)


def request(user: User, key: uuid.UUID) -> SignoffRequest:
    """Return a request for signature somebody may see. NotFound otherwise."""
    found = requests(user).filter(pk=key).first()
    if found is None:
        raise NotFound("there is no such request")
    return found


def base(user: User, digest: str | None) -> Document | None:
    """Return the document a new version starts from, or None. NotFound when it is hidden."""
    return None if digest is None else docs.get(user, digest)


def several(user: User, digests: list[str], field: str = "documents") -> list[Document]:
    """Return documents by digest. Invalid names the first that somebody may not see or that is not there."""
    found = {d.digest: d for d in docs.visible(user).select_related("project", "series").filter(pk__in=digests)}
    for digest in digests:
        if digest not in found:
            raise Invalid(field, f"there is no document {digest}")
    return [found[digest] for digest in digests]
