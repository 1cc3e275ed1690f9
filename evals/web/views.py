"""Pages of data quality: having the checks run, and every place behind what they found."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from evals import documents as kinds
from evals.selectors import quality as select
from evals.services import quality
from evals.web.forms import QualityForm
from governance.errors import CountersignError, NotFound
from governance.models import Project
from governance.selectors import documents as docs
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.spreadsheet import plain, table
from governance.web.views.projects import project_of


@signed_in
def assess(request: Request, slug: str) -> HttpResponse:
    """Have datasets checked alone and against the cases of an evaluation set; the worker does it."""
    project = project_of(request.user, slug)
    datasets = [pair for kind in sorted(kinds.DATASET_KINDS) for pair in _choices(project, kind)]
    form = QualityForm(
        request.POST or None,
        datasets=datasets,
        sets=_choices(project, kinds.SET),
        rubrics=_choices(project, kinds.RUBRIC),
    )
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        try:
            job = quality.request(
                actor=request.user,
                project=project,
                datasets=[docs.get(request.user, digest) for digest in wanted["datasets"]],
                evaluation_set=docs.get(request.user, wanted["evaluation_set"]),
                rubric=docs.get(request.user, wanted["rubric"]),
            )
        except NotFound:
            raise
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "The checks were asked for. What they find is frozen as a quality report.")
            return redirect("run", job.pk)
    context = {"project": project, "tab": "documents", "form": form}
    return render(request, "evals/quality.html", context | more, status=status)


@require_safe
@signed_in
def findings(request: Request, digest: str) -> HttpResponseBase:
    """Every place behind the findings of a quality report, or of one of its checks, as a table."""
    document = docs.get(request.user, digest)
    check = request.GET.get("check", "")
    rows = [[plain(text) for text in place.values()] for place in select.places(document, check)]
    name = f"quality-{document.digest.removeprefix('sha256:')[:12]}.csv"
    return table(name, select.COLUMNS, rows)


def _choices(project: Project, kind: str) -> list[tuple[str, str]]:
    return [(document.digest, str(document)) for document in docs.heads(project, kind)]
