"""Pages of an evaluation's answers: which failed, by what, and what was said."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from evals.engine.failures import OUTCOMES, Looked
from evals.reports.failing import FAILURES
from evals.selectors import candidates as marked
from evals.selectors import failures as select
from evals.services import failures as service
from evals.services import judging, logs
from evals.services.candidates import MARK
from evals.web.failure_forms import FailureFilter, WhatIfForm
from governance import access
from governance.downloads import streamed
from governance.errors import Invalid
from governance.selectors import documents as docs
from governance.selectors import reports
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in

PER_PAGE = 20


@require_safe
@signed_in
def failures(request: Request, digest: str) -> HttpResponse:
    """Failures by slice and criterion for everybody; for those who may see the cases, each answer with its grades."""
    result = docs.get(request.user, digest)
    found = select.looking(result)
    hidden = select.hidden(request.user, found)
    context: dict[str, Any] = {
        "project": result.project,
        "tab": "documents",
        "document": result,
        "body": found.body,
        "evaluation_set": found.evaluation_set,
        "criteria": found.index.criteria,
        "outcomes": OUTCOMES,
        "counts": select.counts(found),
        "hidden": hidden,
        "may_seal": FAILURES in reports.offered(request.user, result.project),
        "may_mark": access.can(request.user, MARK, result.project) and select.development(found),
    }
    status = 200
    if not hidden:
        form = _filter(request, found)
        wanted = form.wanted()
        chosen: list[Looked] = []
        status = 400
        try:
            if wanted:
                chosen, status = found.chosen(wanted), 200
        except Invalid as error:
            if error.field not in form.fields:
                raise
            refused(form, error)
        page = Paginator(chosen, PER_PAGE).get_page(request.GET.get("page"))
        query = request.GET.copy()
        query.pop("page", None)
        context |= {
            "filter": form,
            "page": page,
            "answers": list(found.read(page.object_list)),
            "marks": marked.marks_of(result),
            "count": len(chosen),
            "total": len(found.index.answers),
            "query": query.urlencode(),
        }
    return render(request, "evals/failures.html", context, status=status)


@require_safe
@signed_in
def download(request: Request, digest: str) -> StreamingHttpResponse:
    """The answers that the filter of the address leaves, as JSON Lines."""
    result = docs.get(request.user, digest)
    found = service.opened(actor=request.user, result=result)
    wanted = (form := _filter(request, found)).wanted()
    if wanted is None:
        field, problems = next(iter(form.errors.items()))
        raise Invalid(field, str(problems[0]))
    return streamed("failures.jsonl", service.exported(actor=request.user, result=result, wanted=wanted))


@signed_in
def what_if(request: Request, digest: str) -> HttpResponse:
    """Other limits for a judged result, and what its outputs would come to by them: nothing of it binds or is kept."""
    result = docs.get(request.user, digest)
    spec = judging.judged_by(actor=request.user, result=result)
    thresholds = docs.linked_one(spec, "thresholds")
    signed = docs.envelope(thresholds).body if thresholds else {"thresholds": []}
    form = WhatIfForm(request.POST or None, thresholds=signed["thresholds"])
    more: dict[str, Any] = {}
    status = 200
    if form.is_bound:
        status = 400
        if form.is_valid():
            try:
                asked = form.body(signed)
                found = judging.what_if(actor=request.user, result=result, thresholds=asked)
                more, status = {"judgement": found.judgement.model_dump(mode="json")}, 200
            except Invalid as error:
                more, status = refused(form, error), error.status
    context = {
        "project": result.project,
        "tab": "documents",
        "document": result,
        "body": docs.envelope(result).body,
        "thresholds": thresholds,
        "form": form,
    }
    return render(request, "evals/what_if.html", context | more, status=status)


@require_safe
@signed_in
def inspect_log(request: Request, digest: str) -> StreamingHttpResponse:
    """The answers with their cases and grades as a log that Inspect opens."""
    result = docs.get(request.user, digest)
    name, chunks = logs.inspect_log(actor=request.user, result=result)
    return streamed(name, chunks)


def _filter(request: Request, found: select.Looking) -> FailureFilter:
    return FailureFilter(request.GET, slices=found.index.slices, criteria=list(found.index.criteria))
