"""Projects: the list, and one project at a glance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from governance import access
from governance.errors import NotFound
from governance.inforce import InForce
from governance.job_states import JobState
from governance.models import Document, Draft, Project, Report, User
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import inbox
from governance.selectors import signoff as select
from governance.selectors.people import is_member, projects_of
from governance.web.requests import Request, signed_in

LATEST = 6


@dataclass(frozen=True)
class Card:
    """A document that a project's page opens with, drawn by the template of its kind."""

    template: str
    document: Document
    body: dict[str, Any]
    standing: InForce


def project_of(user: User, slug: str) -> Project:
    """Return a project somebody may see. NotFound otherwise."""
    found = projects_of(user).filter(slug=slug).first()
    if found is None:
        raise NotFound("there is no such project")
    return found


@signed_in
def projects(request: Request) -> HttpResponse:
    """The projects I have a role in."""
    live = [s.value for s in JobState if s.live]
    rows = projects_of(request.user).annotate(
        document_count=Count("documents", distinct=True),
        live_jobs=Count("jobs", distinct=True, filter=Q(jobs__state__in=live)),
    )
    waiting: dict[Any, int] = {}
    for one in inbox.waiting(inbox.visible_requests(request.user)):
        waiting[one.request.project_id] = waiting.get(one.request.project_id, 0) + 1
    context = {
        "projects": list(rows),
        "waiting": waiting,
        "member": is_member(request.user),
        "shelf_count": Document.objects.filter(project=None).count(),
    }
    return render(request, "governance/projects.html", context)


@signed_in
def project(request: Request, slug: str) -> HttpResponse:
    """One project: its use case, documents by kind with their standing, runs, requests, people."""
    found = project_of(request.user, slug)
    newest = _newest(Document.objects.filter(project=found).select_related("project", "series"))
    standings = select.in_force_many(newest)
    grants: dict[str, list[tuple[str, bool]]] = {}
    for grant in inbox.people_of(found):
        grants.setdefault(str(grant.user), []).append((grant.role, grant.project_id is None))
    roles = access.roles_of(request.user, found)
    context = {
        "project": found,
        "tab": "overview",
        "cards": cards(newest, standings),
        "groups": by_kind(newest, standings),
        "requests": inbox.waiting(inbox.visible_requests(request.user).filter(project=found)),
        "my_turns": {t.request.pk for t in inbox.turns(request.user)},
        "jobs": list(found.jobs.select_related("spec", "requested_by")[:LATEST]),
        "reports": list(Report.objects.filter(project=found).select_related("subject")[:LATEST]),
        "drafts": list(Draft.objects.filter(project=found, frozen=None)[:LATEST]),
        "people": grants,
        "may_draft": any(kind.authors & roles for kind in KINDS.values() if not kind.shelf),
        "may_manage_people": access.can(request.user, "role.grant", found),
    }
    return render(request, "governance/project.html", context)


def by_kind(
    documents: Sequence[Document], standings: dict[str, InForce]
) -> list[tuple[str, list[tuple[Document, InForce]]]]:
    """Group the documents by kind, in the order kinds were registered."""
    groups: dict[str, list[tuple[Document, InForce]]] = {name: [] for name in KINDS}
    for document in documents:
        groups[document.kind].append((document, standings[document.digest]))
    return [(name, rows) for name, rows in groups.items() if rows]


def cards(documents: Sequence[Document], standings: dict[str, InForce]) -> list[Card]:
    """Return the newest document of each kind that has a card, templates/<app>/cards/<kind>.html."""
    found: list[Card] = []
    for kind in KINDS:
        app, _, name = kind.partition(".")
        template = f"{app}/cards/{name}.html"
        try:
            get_template(template)
        except TemplateDoesNotExist:
            continue
        newest = next((d for d in documents if d.kind == kind), None)
        if newest is not None:
            found.append(Card(template, newest, docs.display_body(newest), standings[newest.digest]))
    return found


def _newest(rows: Any) -> list[Document]:
    """Return the newest version of each series, newest first."""
    found: dict[Any, Document] = {}
    for document in rows.order_by("number"):
        found[document.series_id] = document
    return sorted(found.values(), key=lambda d: -d.seq)
