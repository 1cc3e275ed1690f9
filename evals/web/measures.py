"""Pages of imported measures: a form, a new version of what is there, and a table whose columns are picked."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from evals import documents as kinds
from evals.services import measures as service
from evals.web.measures_form import ColumnsForm, MeasuresForm, TableForm, require_room
from governance.errors import CountersignError, NotFound
from governance.models import Document, Project
from governance.selectors import documents as docs
from governance.web.middleware import findings_of
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of

SHOWN = 5
"""rows of a table that are shown while its columns are picked"""


@signed_in
def new(request: Request, slug: str) -> HttpResponse:
    """Measures in a form: from nothing, from the version before (`base`), or from a table whose columns were picked."""
    project = project_of(request.user, slug)
    bases = [(document.digest, str(document)) for document in docs.heads(project, kinds.MEASURES)]
    if request.method != "POST":
        return _page(request, project, MeasuresForm(bases=bases, **_start(request, project)))
    form = MeasuresForm(request.POST, request.FILES, bases=bases)
    if form.act != "save":
        return _page(request, project, form)
    if not form.is_valid():
        return _page(request, project, form, status=400, wrong=True)
    base = form.head.cleaned_data["base"]
    try:
        made = service.bring(
            actor=request.user,
            project=project,
            title=form.head.cleaned_data["title"],
            rows=form.given(),
            files=form.uploads(),
            base=docs.get(request.user, base) if base else None,
        )
    except NotFound:
        raise
    except CountersignError as error:
        return _page(request, project, form, status=error.status, findings=findings_of(error))
    request.session.pop(_key(project), None)
    messages.success(request, "Frozen. Evaluations name it; a newer version goes before an older one.")
    return redirect("document", made.digest)


@signed_in
def table(request: Request, slug: str) -> HttpResponse:
    """Read a table, then pick which column holds what; what is picked goes on into the form."""
    project = project_of(request.user, slug)
    kept = request.session.get(_key(project))
    if request.method == "POST" and request.FILES:
        return _read(request, project)
    if kept is None or "columns" not in kept or "again" in request.GET:
        return _table_page(request, project, TableForm(request.POST or None), None)
    form = ColumnsForm(request.POST or None, columns=kept["columns"])
    if request.method == "POST" and form.is_valid():
        request.session[_key(project)] = {"rows": service.picked(kept, form.chosen())}
        return redirect("measures-new", project.slug)
    return _table_page(request, project, form, kept, status=400 if form.is_bound else 200)


def _read(request: Request, project: Project) -> HttpResponse:
    form = TableForm(request.POST, request.FILES)
    if not form.is_valid():
        return _table_page(request, project, form, None, status=400)
    upload = form.cleaned_data["file"]
    try:
        found = service.read_table(actor=request.user, project=project, file=(upload.name or "", upload.chunks()))
        require_room(found)
    except NotFound:
        raise
    except CountersignError as error:
        return _table_page(request, project, form, None, status=error.status, **refused(form, error))
    request.session[_key(project)] = found
    return redirect("measures-table", project.slug)


def _start(request: Request, project: Project) -> dict[str, Any]:
    """Return what the form begins with."""
    kept = request.session.get(_key(project))
    if kept is not None and "rows" in kept and "columns" not in kept:
        return {"rows": kept["rows"]}
    digest = request.GET.get("base")
    if digest is None:
        return {}
    base: Document = docs.get(request.user, digest)
    if base.kind != kinds.MEASURES or base.project != project:
        raise NotFound("there are no such measures here")
    body = docs.display_body(base)
    return {"title": body["title"], "base": base.digest, "rows": body["measures"]}


def _page(request: Request, project: Project, form: MeasuresForm, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {"project": project, "tab": "documents", "form": form}
    return render(request, "evals/measures.html", context | more, status=status)


def _table_page(
    request: Request,
    project: Project,
    form: TableForm | ColumnsForm,
    kept: dict[str, Any] | None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {"project": project, "tab": "documents", "form": form}
    if kept is not None:
        context |= {"columns": kept["columns"], "shown": kept["rows"][:SHOWN], "count": len(kept["rows"])}
    return render(request, "evals/measures_table.html", context | more, status=status)


def _key(project: Project) -> str:
    return f"measures:{project.slug}"
