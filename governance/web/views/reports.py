"""Reports: ask for one, see it become ready, take it away."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from governance.errors import Invalid, NotFound
from governance.models import Project, Report
from governance.registry import KINDS, REPORTS, ReportKind
from governance.selectors import documents as docs
from governance.selectors import reports as select
from governance.selectors.renewals import renewal as renew
from governance.selectors.search import matching
from governance.services import reports as service
from governance.web.document_page import ON_DOCUMENT
from governance.web.forms.lists import ReportFilter
from governance.web.forms.reports import ReportForm, documents_named
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of

PER_PAGE = 50
MOST_CHOICES = 200
PREFIX = "p-"
"""what the names of the form's fields begin with, in the form and in links that fill it in"""


@signed_in
def reports(request: Request, slug: str = "") -> HttpResponse:
    """The reports I may see, of one project or of all."""
    return _listed(request, slug, "governance/reports.html")


@signed_in
def rows(request: Request, slug: str = "") -> HttpResponse:
    """The table alone: asked for while a report is being made."""
    return _listed(request, slug, "governance/_reports.html")


@signed_in
def ask(request: Request, report: str, slug: str = "") -> HttpResponse:
    """Ask for a report of one kind: about a project and its documents, or about the organisation."""
    project = project_of(request.user, slug) if slug else None
    wanted = next((one for one in select.offered(request.user, project) if one.name == report), None)
    if wanted is None:
        raise NotFound("there is no such report here")
    kinds = select.subject_kinds(wanted, project)
    documents = _choices(request, project, "document", kinds) if wanted.of == {"document"} else None
    named = {name: _choices(request, project, name, may_be) for name, may_be in documents_named(wanted).items()}
    form = ReportForm(wanted, request.POST or None, documents=documents, named=named, initial=_begun(request))
    if request.method == "POST" and form.is_valid():
        subject = docs.get(request.user, form.cleaned_data["document"]) if documents is not None else None
        try:
            made = service.request(
                actor=request.user,
                kind=report,
                subject=subject,
                project=project,
                parameters=form.parameters,
                ledger_size=form.cleaned_data.get("ledger_size"),
            )
        except Invalid as error:
            refused(form, error)
        else:
            return _asked(request, made)
    context = {"project": project, "tab": "reports", "kind": wanted, "form": form}
    status = 400 if request.method == "POST" else 200
    return render(request, "governance/report_ask.html", context, status=status)


def _begun(request: Request) -> dict[str, str]:
    """Return what a link fills in, such as the document it came from."""
    return {name.removeprefix(PREFIX): str(value) for name, value in request.GET.items() if name.startswith(PREFIX)}


@require_POST
@signed_in
def request_report(request: Request) -> HttpResponse:
    """Ask for the report on one document."""
    document = docs.get(request.user, request.POST.get("document", ""))
    return _asked(request, service.request(actor=request.user, subject=document))


def _asked(request: Request, report: Report) -> HttpResponse:
    """Lead to the list with the report: one that answers the same question may be there already, and be an old one."""
    project = report.project
    listed = reverse("project-reports", args=[project.slug]) if project else reverse("reports")
    if report.state == Report.State.READY:
        messages.success(request, "There is a report of the same question and ledger size already: here it is.")
        wanted = {"kind": report.kind} | ({"subject": report.subject_id} if report.subject_id else {})
        return redirect(f"{listed}?{urlencode(wanted)}")
    messages.success(request, "Report requested; it appears below when the worker has sealed it.")
    return redirect(listed)


@require_POST
@signed_in
def again(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Have a report or receipt of mine made that could not be made before."""
    report = select.get(request.user, str(identifier))
    service.again(actor=request.user, report=report)
    if report.signature_id is None:
        report.refresh_from_db(fields=["state"])
        return _asked(request, report)
    messages.success(request, "Your receipt is asked for; it appears here when the worker has sealed it.")
    return redirect("signatures")


@signed_in
def download(request: Request, identifier: uuid.UUID) -> HttpResponseBase:
    """The sealed file, byte for byte as its SHA-256 on the ledger names it."""
    report = select.get(request.user, str(identifier))
    if report.state != Report.State.READY:
        raise NotFound("the report is not ready yet")
    file = select.file_path(report).open("rb")
    service.downloaded(actor=request.user, report=report)
    return FileResponse(file, as_attachment=True, filename=report.filename, content_type=report.media_type)


def _listed(request: Request, slug: str, template: str) -> HttpResponse:
    project = project_of(request.user, slug) if slug else None
    form = ReportFilter(request.GET, kinds=[(one.name, _called(one)) for one in REPORTS.values()])
    wanted = {name: value for name, value in form.cleaned_data.items() if value} if form.is_valid() else {}
    about = wanted.pop("subject", "")
    shown = select.listed(request.user, project=project, **wanted).filter(signature=None)
    if about:
        shown = shown.filter(subject__in=matching(docs.visible(request.user), about))
    page = Paginator(shown.none() if form.errors else shown, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "project": project,
        "tab": "reports",
        "form": form,
        "page": page,
        "query": query.urlencode(),
        "filtered": bool(wanted or about or form.errors),
        "pending": any(one.state == Report.State.REQUESTED for one in page.object_list),
        "offered": select.offered(request.user, project),
    }
    return render(request, template, context, status=400 if form.errors else 200)


def _called(kind: ReportKind) -> str:
    """Return what a list calls a kind: reports on one document are called by what the document is, too."""
    return f"{kind.label} or dossier" if kind.name == ON_DOCUMENT else kind.label


def _choices(request: Request, project: Project | None, field: str, kinds: list[str]) -> list[tuple[str, str]]:
    """Return the newest documents that a field can name and, however old, the one that a link or the form names.

    Raises:
        NotFound: what it names is none of them.
    """
    there = select.choosable(request.user, kinds, project)
    newest = list(there[:MOST_CHOICES])
    linked = request.POST.get(f"{PREFIX}{field}") or request.GET.get(f"{PREFIX}{field}")
    if linked and all(document.digest != linked for document in newest):
        named = there.filter(pk=linked).first()
        if named is None:
            raise NotFound("there is no such document here that such a report could tell of")
        newest.append(named)
    return [(d.digest, f"{KINDS[d.kind].label.capitalize()}: {d}") for d in newest]


@signed_in
def renewal(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Newer evidence of a sealed report, as a file for `countersign verify --renewal`."""
    report = select.get(request.user, str(identifier))
    found = renew(report.file_sha256)
    name = f"{report.file_sha256.removeprefix('sha256:')[:12]}.renewal.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(found.model_dump_json(), content_type="application/json", headers=headers)
