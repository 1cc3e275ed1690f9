"""Pages of data quality: having the checks run, every place behind what they found, production samples."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from evals import documents as kinds
from evals.formats.registry import FORMATS
from evals.selectors import quality as select
from evals.services import production, quality
from evals.web.quality_forms import QualityForm, SampleForm
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
        samples=_choices(project, kinds.SAMPLE),
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
                production_sample=(
                    docs.get(request.user, wanted["production_sample"]) if wanted["production_sample"] else None
                ),
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
    """Every place behind the findings of a quality report, or of one of its checks, as a table.

    Cases are named to those who may see them.
    """
    document = docs.get(request.user, digest)
    check = request.GET.get("check", "")
    rows = [[plain(text) for text in place.values()] for place in select.places(request.user, document, check)]
    name = f"quality-{document.digest.removeprefix('sha256:')[:12]}.csv"
    return table(name, select.COLUMNS, rows)


@signed_in
def sample(request: Request, slug: str) -> HttpResponse:
    """Bring prompts as they came in production, or the next version of such a sample."""
    project = project_of(request.user, slug)
    form = SampleForm(request.POST or None, request.FILES or None, samples=_choices(project, kinds.SAMPLE))
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        try:
            made = production.bring(
                actor=request.user,
                project=project,
                files=[(file.name or "sample", file.chunks()) for file in wanted["files"]],
                base=docs.get(request.user, wanted["base"]) if wanted["base"] else None,
                **form.told(),
            )
        except NotFound:
            raise
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "Frozen. Quality checks can hold cases against it now.")
            return redirect("document", made.digest)
    context = {"project": project, "tab": "documents", "form": form, "formats": FORMATS.values()}
    return render(request, "evals/production_sample.html", context | more, status=status)


def _choices(project: Project, kind: str) -> list[tuple[str, str]]:
    return [(document.digest, str(document)) for document in docs.heads(project, kind)]
