"""Pages of what becomes of failures: mark one, look at what was marked, draft the next version, take the examples."""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from evals import documents as kinds
from evals.selectors import candidates as select
from evals.selectors import cases
from evals.services import candidates as service
from evals.services import failures
from evals.web.failure_forms import CandidatesForm, MarkForm
from governance import access
from governance.downloads import streamed
from governance.errors import CountersignError, NotFound
from governance.models import Project
from governance.selectors import documents as docs
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of

PER_PAGE = 25


@signed_in
def mark(request: Request, digest: str) -> HttpResponse:
    """A failure, and a form that marks it as a candidate."""
    result = docs.get(request.user, digest)
    found = failures.opened(actor=request.user, result=result)
    name, repeat = request.GET.get("case", ""), request.GET.get("repeat", "1")
    looked = next((one for one in found.index.answers if (one.case, str(one.repeat)) == (name, repeat)), None)
    if looked is None:
        raise NotFound("there is no such answer")
    use = request.GET.get("use", select.CASE)
    use = use if use in select.USES else select.CASE
    begun = service.proposed(found, looked.case, looked.repeat, use)
    initial = {"use": use, "content": json.dumps(begun, ensure_ascii=False, indent=1)}
    form = MarkForm(request.POST or None, initial=initial)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        try:
            service.mark(actor=request.user, result=result, case=looked.case, repeat=looked.repeat, **wanted)
        except NotFound:
            raise
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "Marked. It waits among the candidates.")
            return redirect("candidates", result.project.slug if result.project else "")
    [answer] = found.read([looked])
    context = {
        "project": result.project,
        "tab": "documents",
        "document": result,
        "body": found.body,
        "answer": answer,
        "form": form,
        "use": use,
        "uses": select.USES.items(),
    }
    return render(request, "evals/failure_mark.html", context | more, status=status)


@signed_in
def candidates(request: Request, slug: str) -> HttpResponse:
    """What was marked; POST withdraws one, or drafts chosen cases into the next version of a set."""
    project = project_of(request.user, slug)
    act = request.POST.get("act")
    sets = [(d.digest, str(d)) for d in docs.heads(project, kinds.SET) if cases.body(d).purpose == "development"]
    form = CandidatesForm(request.POST if act == "draft" else None, sets=sets)
    more: dict[str, Any] = {}
    status = 200
    try:
        if act == "withdraw":
            [chosen] = _named(request, project, [request.POST.get("candidate", "")])
            service.withdraw(actor=request.user, candidate=chosen)
            messages.success(request, "Withdrawn. It stays on record.")
            return redirect("candidates", project.slug)
        if act == "draft" and form.is_valid():
            draft = service.draft_cases(
                actor=request.user,
                candidates=_named(request, project, request.POST.getlist("candidate")),
                evaluation_set=docs.get(request.user, form.cleaned_data["evaluation_set"]),
                slice_name=form.cleaned_data["slice_name"],
            )
            messages.success(request, "Drafted for the next version. The signed version stays as it is.")
            return redirect("draft", draft.pk)
        status = 400 if form.is_bound else 200
    except NotFound:
        raise
    except CountersignError as error:
        more, status = refused(form, error), error.status
    page = Paginator(select.of_project(request.user, project), PER_PAGE).get_page(request.GET.get("page"))
    marked = list(page)
    context = {
        "project": project,
        "tab": "documents",
        "form": form,
        "page": page,
        "marked": marked,
        "open_cases": any(one.open and one.content and one.row.use == select.CASE for one in marked),
        "examples": any(one.withdrawn is None and one.row.use == select.EXAMPLE for one in marked),
        "may_mark": access.can(request.user, service.MARK, project),
    }
    return render(request, "evals/candidates.html", context | more, status=status)


@require_safe
@signed_in
def download(request: Request, slug: str) -> StreamingHttpResponse:
    """The candidates for one use that were not withdrawn, as JSON Lines."""
    project, use = project_of(request.user, slug), request.GET.get("use", "")
    lines = service.exported(actor=request.user, project=project, use=use)
    return streamed(f"candidate-{use}s.jsonl", lines)


def _named(request: Request, project: Project, identifiers: Sequence[str]) -> list[select.Marked]:
    found = select.get_many(request.user, identifiers)
    if any(one.row.result.project_id != project.pk for one in found):
        raise NotFound("there is no such candidate")
    return found
