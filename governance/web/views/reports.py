"""Reports: ask for one, see it become ready, take it away."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from governance.errors import NotFound
from governance.models import Document, Project, Report
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors import reports as select
from governance.services import reports as service
from governance.web.forms.lists import ReportForm
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of

PER_PAGE = 100
MOST_CHOICES = 200


@signed_in
def reports(request: Request, slug: str = "") -> HttpResponse:
    """The reports I may see, of one project or of all."""
    project = project_of(request.user, slug) if slug else None
    return render(request, "governance/reports.html", _context(request, project))


@signed_in
def rows(request: Request, slug: str = "") -> HttpResponse:
    """The table alone: asked for while a report is being made."""
    project = project_of(request.user, slug) if slug else None
    return render(request, "governance/_reports.html", _context(request, project))


@require_POST
@signed_in
def request_report(request: Request) -> HttpResponse:
    """Ask for the lineage report of a document."""
    document = docs.get(request.user, request.POST.get("document", ""))
    service.request(actor=request.user, subject=document)
    messages.success(request, "Report requested; it appears below when the worker has sealed it.")
    if document.project is None:
        return redirect("reports")
    return redirect("project-reports", document.project.slug)


@signed_in
def download(request: Request, identifier: uuid.UUID) -> HttpResponseBase:
    """The sealed file, byte for byte as its SHA-256 on the ledger names it."""
    report = select.get(request.user, str(identifier))
    if report.state != Report.State.READY:
        raise NotFound("the report is not ready yet")
    name = f"countersign-{report.kind}-{report.subject_id.removeprefix('sha256:')[:12]}.pdf"
    file = select.file_path(report).open("rb")
    service.downloaded(actor=request.user, report=report)
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/pdf")


def _context(request: Request, project: Project | None) -> dict[str, Any]:
    shown = select.visible(request.user).filter(signature=None)
    if project is not None:
        shown = shown.filter(project=project)
    listed = list(shown.order_by("-requested_at")[:PER_PAGE])
    return {
        "project": project,
        "tab": "reports",
        "reports": listed,
        "pending": any(r.state == Report.State.REQUESTED for r in listed),
        "form": ReportForm(documents=_choices(project)) if project else None,
    }


def _choices(project: Project) -> list[tuple[str, str]]:
    newest = Document.objects.filter(project=project).defer("content").order_by("-seq")[:MOST_CHOICES]
    return [(d.digest, f"{KINDS[d.kind].label.capitalize()}: {d}") for d in newest]
