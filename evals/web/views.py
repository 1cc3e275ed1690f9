"""Evaluation's own pages: having the quality checks run."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from evals import documents as kinds
from evals.services import quality
from evals.web.forms import QualityForm
from governance.errors import CountersignError, NotFound
from governance.models import Project
from governance.selectors import documents as docs
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of


@signed_in
def assess(request: Request, slug: str) -> HttpResponse:
    """Have datasets checked alone and against the cases of an evaluation set."""
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
            made = quality.assess(
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
            messages.success(request, "Checked. What was found is frozen as a quality report.")
            return redirect("document", made.digest)
    context = {"project": project, "tab": "documents", "form": form}
    return render(request, "evals/quality.html", context | more, status=status)


def _choices(project: Project, kind: str) -> list[tuple[str, str]]:
    return [(document.digest, str(document)) for document in docs.heads(project, kind)]
