"""Projects: the list, and one project at a glance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import render

from governance import access
from governance.errors import NotFound
from governance.job_states import JobState
from governance.models import Document, Draft, Project, User
from governance.proof.answers.inforce import InForce
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import inbox
from governance.selectors import signoff as select
from governance.selectors.people import is_member, projects_of
from governance.web import extensions
from governance.web.requests import Request, signed_in

LATEST = 6
MOST_OF_A_KIND = 8


@dataclass(frozen=True)
class Row:
    """The newest version of a document, its standing, and the earlier version that holds meanwhile, if any."""

    document: Document
    standing: InForce
    holding: Document | None


@dataclass
class Group:
    """The documents of one kind: `documents` the newest few of `count`."""

    kind: str
    documents: list[Document] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    count: int = 0


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
        "may_create": access.can(request.user, "project.create", None),
        "shelf_count": Document.objects.filter(project=None).count(),
    }
    return render(request, "governance/projects.html", context)


@signed_in
def project(request: Request, slug: str) -> HttpResponse:
    """One project: its use case, documents by kind with their standing, runs, requests, people."""
    found = project_of(request.user, slug)
    groups = newest_by_kind(found)
    shown = [document for group in groups for document in group.documents]
    family = Document.objects.filter(series__in={d.series_id for d in shown}).defer("content")
    standings = select.in_force_many(family)
    for group in groups:
        group.rows = [Row(d, standings[d.digest], _holding(d, family, standings)) for d in group.documents]
    grants: dict[str, list[tuple[str, bool]]] = {}
    for grant in inbox.people_of(found):
        grants.setdefault(str(grant.user), []).append((grant.role, grant.project_id is None))
    context = {
        "project": found,
        "tab": "overview",
        "cards": cards(shown, standings),
        "groups": groups,
        "requests": inbox.waiting(inbox.visible_requests(request.user).filter(project=found)),
        "my_turns": {t.request.pk for t in inbox.turns(request.user)},
        "jobs": list(found.jobs.select_related("spec", "requested_by").defer("spec__content")[:LATEST]),
        "drafts": list(Draft.objects.filter(project=found, frozen=None)[:LATEST]),
        "people": grants,
        "may": extensions.allowed(access.roles_of(request.user, found)),
        "act_templates": extensions.act_templates(),
    }
    return render(request, "governance/project.html", context)


def newest_by_kind(project: Project) -> list[Group]:
    """Return the newest version of each series by kind, the uppermost app's kinds first: the purpose comes first."""
    apps = list(dict.fromkeys(name.partition(".")[0] for name in KINDS))
    groups = {name: Group(name) for name in sorted(KINDS, key=lambda name: -apps.index(name.partition(".")[0]))}
    later = Document.objects.filter(series=OuterRef("series"), number__gt=OuterRef("number"))
    rows = Document.objects.filter(~Exists(later), project=project).order_by("-seq")
    for document in rows.select_related("project", "series"):
        group = groups[document.kind]
        group.count += 1
        if group.count <= MOST_OF_A_KIND:
            group.documents.append(document)
    return [group for group in groups.values() if group.documents]


def _holding(document: Document, family: Iterable[Document], standings: dict[str, InForce]) -> Document | None:
    """Return the earlier version that is in force while the newest is not."""
    if standings[document.digest].ok:
        return None
    earlier = [d for d in family if d.series_id == document.series_id and d.number < document.number]
    return next((d for d in sorted(earlier, key=lambda d: -d.number) if standings[d.digest].ok), None)


def cards(documents: Sequence[Document], standings: dict[str, InForce]) -> list[Card]:
    """Return the newest document of each kind that has a card."""
    found: list[Card] = []
    for kind in KINDS:
        template = extensions.card_template(kind)
        newest = next((d for d in documents if d.kind == kind), None)
        if template is not None and newest is not None:
            found.append(Card(template, newest, docs.display_body(newest), standings[newest.digest]))
    return found
