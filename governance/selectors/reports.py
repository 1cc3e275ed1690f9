"""Reading reports."""

import uuid
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from django.db.models import Q, QuerySet

from governance import access, store
from governance.access import ACTIONS, EVERYONE
from governance.errors import NotFound
from governance.models import Document, Project, Report, User
from governance.registry import KINDS, REPORTS, ReportKind
from governance.selectors import documents as docs
from governance.selectors.people import is_member, projects_of, roles_everywhere, roles_held

EARLIER = 20
"""how many earlier reports a report shows its ledger to go on from"""


def visible(user: User) -> "QuerySet[Report]":
    """Return the reports somebody may see and their own receipts, newest first.

    One's own receipts are one's own for good; others' receipts for the shelf are for the organisation's own roles. A
    report that not every role may ask for is seen by those who may.
    """
    scope = Q(project__in=projects_of(user)) | Q(signature__signer=user)
    if is_member(user):
        shelf = Q(project=None, signature=None, subject__isnull=False)
        scope |= shelf & ~Q(subject__kind__in=docs.confined(user))
    if roles_held(user, None):
        scope |= Q(project=None)
    return Report.objects.filter(scope).exclude(_kept_from(user)).select_related("subject", "project", "requested_by")


def listed(
    user: User, *, project: Project | None = None, subject: str = "", state: str = "", kind: str = ""
) -> "QuerySet[Report]":
    """Return what `visible` does, narrowed to a project, a document (by its digest), a state, a kind of report."""
    wanted = {"project": project, "subject": subject, "state": state, "kind": kind}
    found = visible(user).filter(**{name: value for name, value in wanted.items() if value})
    return found.select_related("subject__project").order_by("-requested_at", "pk")


def kept_from(user: User, kind: ReportKind, project: Project | None) -> frozenset[str]:
    """Return the roles of a person from whose holders reports of a kind are kept there; none: they may see them."""
    return kind.kept_from & roles_held(user, project) if kind.kept_from else frozenset()


def _kept_from(user: User) -> Q:
    """Return the reports that a person may not see: only some roles may ask for them, or they are kept from one."""
    held = roles_everywhere(user)
    found = Q(pk__in=())
    for kind in REPORTS.values():
        if kind.kept_from:
            found |= Q(kind=kind.name) & _where(kind.kept_from, held)
        roles = ACTIONS[kind.action].roles
        if roles == EVERYONE or roles & held[None]:
            continue
        where = [project for project, here in held.items() if project is not None and roles & here]
        found |= Q(kind=kind.name) & (Q(project=None) | ~Q(project__in=where))
    return found


def offered(user: User, project: Project | None) -> list[ReportKind]:
    """Return the kinds of report that somebody may ask for about a project and its documents.

    Without a project: about the organisation and the documents on its shelf.
    """
    place = "organisation" if project is None else "project"
    fit = [kind for kind in REPORTS.values() if kind.offered and (place in kind.of or subject_kinds(kind, project))]
    return [kind for kind in fit if access.can(user, kind.action, project) and not kept_from(user, kind, project)]


def subject_kinds(kind: ReportKind, project: Project | None) -> list[str]:
    """Return which kinds of documents there (without a project: on the shelf) a report of a kind can be about."""
    if "document" not in kind.of:
        return []
    here = [name for name, one in KINDS.items() if one.shelf == (project is None)]
    return [name for name in here if not kind.kinds or name in kind.kinds]


def about(user: User, document: Document) -> "QuerySet[Report]":
    """Return the reports on one document that somebody may see, newest first; receipts are on signatures."""
    return listed(user, subject=document.digest).filter(signature=None)


def choosable(user: User, kinds: Collection[str], project: Project | None) -> "QuerySet[Document]":
    """Return the documents of some kinds there (else: on the shelf) that somebody may see, newest first."""
    there = docs.visible(user).filter(project=project, kind__in=kinds)
    return there.select_related("series").defer("content").order_by("-seq")


def _where(roles: frozenset[str], held: Mapping[Any, frozenset[str]]) -> Q:
    """Return where a person holds one of some roles: everywhere, or in projects."""
    if roles & held[None]:
        return Q()
    return Q(project__in=[project for project, here in held.items() if project is not None and roles & here])


def sizes_before(report: Report) -> list[int]:
    """Return the ledger sizes of which the last reports of the same place tell, and the last of the same question.

    Only those sealed by the ledger size that this report tells of: the same on any day. The largest first.
    """
    sealed = Report.objects.filter(project=report.project_id, signature=None, seq__lt=report.ledger_size)
    sizes = sealed.filter(ledger_size__lt=report.ledger_size).order_by("-ledger_size").values_list("ledger_size")
    same = sizes.filter(kind=report.kind, subject=report.subject_id, parameters=report.parameters)
    return sorted({size for (size,) in [*sizes.distinct()[:EARLIER], *same[:1]]}, reverse=True)


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
