"""Pages of cases: bringing them in from any format, reading, comparing, handing out, retiring."""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from evals import documents as kinds
from evals import samples
from evals.engine.cases import read_cases
from evals.engine.spec import Case
from evals.formats.registry import FORMATS
from evals.selectors import cases as select
from evals.services import cases as service
from evals.web.case_forms import CaseFilter, CasesForm, GradersForm, RetireForm, SetForm
from governance import store
from governance.downloads import sandboxed
from governance.errors import CountersignError, Invalid, NotFound
from governance.models import Project
from governance.proof.formats.manifest import FileEntry
from governance.selectors import documents as docs
from governance.selectors.attachments import Content
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of

PER_PAGE = 25
KEPT = ("format", "notes", "slices", "roles", "labels", "criteria", "cases")


@signed_in
def bring(request: Request, slug: str) -> HttpResponse:
    """Choose files of cases; what is not understood is told, and what is goes on to become a draft."""
    project = project_of(request.user, slug)
    form = CasesForm(request.POST or None, request.FILES or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        try:
            found = service.understand(
                actor=request.user,
                project=project,
                purpose=wanted["purpose"],
                form=wanted["form"],
                files=[(file.name or "cases", file.chunks()) for file in wanted["files"]],
                options=form.options(),
            )
        except NotFound:
            raise
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            if found.entry is not None:
                kept = {name: found.told[name] for name in KEPT}
                kept |= {"entry": found.entry.model_dump(mode="json"), "purpose": wanted["purpose"]}
                request.session[_key(project)] = kept
                return redirect("cases-understood", project.slug)
            more = {"told": found.told}
    context = {"project": project, "tab": "documents", "form": form, "formats": FORMATS.values()}
    return render(request, "evals/cases_bring.html", context | more, status=status)


@signed_in
def understood(request: Request, slug: str) -> HttpResponse:
    """What was understood of the files, case by case; POST begins the draft of a set of them."""
    project = project_of(request.user, slug)
    kept = request.session.get(_key(project))
    if kept is None:
        return redirect("cases-bring", project.slug)
    select.require_author(request.user, project, kept["purpose"])  # roles may have changed since
    entry = FileEntry.model_validate(kept["entry"])
    sets = [(document.digest, str(document)) for document in docs.heads(project, kinds.SET)]
    initial = {"labels": "\n".join(kept["labels"]), "task": "classification" if kept["labels"] else "generation"}
    form = SetForm(request.POST or None, sets=sets, slices=kept["slices"], roles=kept["roles"], initial=initial)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        try:
            draft = service.draft_from(
                actor=request.user,
                project=project,
                understood=entry,
                count=kept["cases"],
                title=wanted["title"],
                description=wanted["description"],
                purpose=kept["purpose"],
                task=wanted["task"],
                slices=form.slices(),
                roles=form.roles(),
                labels=wanted["labels"],
                base=docs.get(request.user, wanted["base"]) if wanted["base"] else None,
            )
        except NotFound:
            raise
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            del request.session[_key(project)]
            messages.success(request, "Draft begun. Read it through, then freeze it.")
            return redirect("draft", draft.pk)
    store.check(entry.sha256)
    listed = _listed(request, read_cases([(entry.path, store.path_of(entry.sha256))]))
    context = {
        "project": project,
        "tab": "documents",
        "form": form,
        "told": kept,
        "label": FORMATS[kept["format"]].label,
    }
    return render(request, "evals/cases_understood.html", context | listed | more, status=status)


@require_safe
@signed_in
def cases(request: Request, digest: str) -> HttpResponse:
    """The cases of a set, for those who may see them."""
    document = docs.get(request.user, digest)
    found = select.of(request.user, document)
    context = {
        "project": document.project,
        "tab": "documents",
        "document": document,
        "body": select.body(document),
        "before": select.before(document),
        "formats": [(form, form.lost(found)) for form in FORMATS.values()],
    }
    return render(request, "evals/cases.html", context | _listed(request, found))


@require_safe
@signed_in
def download(request: Request, digest: str) -> HttpResponse:
    """The cases of a set as a file of some format."""
    document = docs.get(request.user, digest)
    to = request.GET.get("format", "canonical")
    if to not in FORMATS:
        raise Invalid("format", f"found {to!r}, expected one of {', '.join(FORMATS)}")
    name, data = service.written(actor=request.user, document=document, to=to)
    return sandboxed(Content(name, data))


@require_safe
@signed_in
def changes(request: Request, digest: str) -> HttpResponse:
    """What became of the cases since another version of the set (the one before, unless `base` says)."""
    document = docs.get(request.user, digest)
    select.require_visible(request.user, document)
    base = request.GET.get("base")
    earlier = docs.get(request.user, base) if base else select.before(document)
    context: dict[str, Any] = {
        "project": document.project,
        "tab": "documents",
        "document": document,
        "earlier": earlier,
    }
    if earlier is not None:
        found = select.changes(request.user, earlier, document)
        authors = select.authors(earlier, document)
        context |= {
            "found": found,
            "changed": [(change, authors.get(change.id)) for change in found.changed],
            "added": [(samples.shown(case), authors.get(case.id)) for case in found.added],
            "removed": [(samples.shown(case), authors.get(case.id)) for case in found.removed],
            "retired": {one.id: one for one in select.body(document).retired},
        }
    return render(request, "evals/cases_changes.html", context)


@signed_in
def retire(request: Request, digest: str) -> HttpResponse:
    """Take a case out of the next version of a set; POST begins its draft."""
    document = docs.get(request.user, digest)
    found = {case.id: case for case in select.of(request.user, document)}
    named = found.get(request.GET.get("case", ""))
    initial = {"case": named.id, "replacement": _model(named)} if named else {}
    form = RetireForm(request.POST or None, initial=initial)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            draft = service.retire(actor=request.user, document=document, **form.cleaned_data)
        except NotFound:
            raise
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "Draft of the next version begun. Freeze it and have it signed.")
            return redirect("draft", draft.pk)
    context: dict[str, Any] = {"project": document.project, "tab": "documents", "document": document, "form": form}
    context["shown"] = samples.shown(named) if named else None
    return render(request, "evals/cases_retire.html", context | more, status=status)


@signed_in
def graders(request: Request, slug: str) -> HttpResponse:
    """Read OpenAI graders as criteria: what maps and what does not is shown first, then a draft can be begun."""
    project = project_of(request.user, slug)
    key = f"graders:{project.slug}"
    kept = request.session.get(key)
    if request.method == "POST" and "keep" in request.POST and kept is not None:
        draft = service.rubric_draft(actor=request.user, project=project, title=kept["title"], found=kept["found"])
        del request.session[key]
        messages.success(request, "Draft begun. Write the prompt and how answers are generated, then freeze it.")
        return redirect("draft", draft.pk)
    form = GradersForm(request.POST or None, request.FILES or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        try:
            files = [(file.name or "grader.json", file.chunks()) for file in wanted["files"]]
            found = service.criteria_of(actor=request.user, project=project, files=files)
        except NotFound:
            raise
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            request.session[key] = {"title": wanted["title"], "found": found}
            laid_out = [(one, json.dumps(one["parameters"], ensure_ascii=False)) for one in found["criteria"]]
            more, status = {"found": found, "criteria": laid_out}, 200
    context = {"project": project, "tab": "documents", "form": form}
    return render(request, "evals/graders.html", context | more, status=status)


def _key(project: Project) -> str:
    return f"cases:{project.slug}"


def _listed(request: Request, found: Sequence[Case]) -> dict[str, Any]:
    """Return a page of the cases that the filter of the address leaves."""
    known = sorted({name for case in found for name in case.slices})
    form = CaseFilter(request.GET, slices=known)
    wanted = form.cleaned_data if form.is_valid() else {}
    words, piece = wanted.get("q", "").casefold(), wanted.get("slice", "")
    left = [
        case
        for case in found
        if (not piece or piece in case.slices) and (not words or words in case.model_dump_json().casefold())
    ]
    page = Paginator(left, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    return {
        "filter": form,
        "page": page,
        "rows": [(case, samples.shown(case)) for case in page.object_list],
        "count": len(left),
        "total": len(found),
        "query": query.urlencode(),
    }


def _model(case: Case) -> str:
    """Return what a replacement begins from: the case's place in the set, without what it says."""
    kept = case.model_dump(mode="json", include={"slices", "risk", "weight", "expects"}, exclude_defaults=True)
    begun = {"id": "", "messages": [{"role": "user", "content": ""}], "target": "", "slices": [], **kept}
    return json.dumps(begun | {"provenance": ""}, ensure_ascii=False, indent=1)
