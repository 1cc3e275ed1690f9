"""The library of failure modes and starter sets, and adopting them into a project's plan."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from evals import documents as kinds
from evals.engine.library import STARTERS, failure_modes
from evals.services import library
from evals.web.library_forms import AdoptForm, StarterForm
from governance import access
from governance.errors import CountersignError
from governance.models import Project
from governance.selectors import documents as docs
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of


@signed_in
def failure_library(request: Request, slug: str) -> HttpResponse:
    """What can go wrong, how to look for it, and two forms that draft it into a plan."""
    project = project_of(request.user, slug)
    act = request.POST.get("act")
    adopt = AdoptForm(
        request.POST if act == "modes" else None,
        sets=_choices(project, kinds.SET),
        rubrics=_choices(project, kinds.RUBRIC),
    )
    starter = StarterForm(request.POST if act == "starter" else None)
    more: dict[str, Any] = {}
    status = 200
    if act in ("modes", "starter"):
        form = adopt if act == "modes" else starter
        status = 400
        if form.is_valid():
            try:
                made = _adopted(request, project, form.cleaned_data)
                words = ", ".join(str(draft.title) for draft in made.drafts)
                messages.success(request, f"Drafted: {words}. Make them your own, then freeze them.")
                return redirect("draft", made.evaluation_set.pk)
            except CountersignError as error:
                more, status = refused(form, error), error.status
    context = {
        "project": project,
        "tab": "documents",
        "modes": list(failure_modes().values()),
        "starters": STARTERS,
        "adopt": adopt,
        "starter": starter,
        "may_adopt": access.can(request.user, "document.draft", project),
    }
    return render(request, "evals/failure_modes.html", context | more, status=status)


def _adopted(request: Request, project: Project, wanted: dict[str, Any]) -> library.Adopted:
    if "starter" in wanted:
        return library.adopt_starter(
            actor=request.user, project=project, starter=wanted["starter"], purpose=wanted["purpose"]
        )
    return library.adopt_modes(
        actor=request.user,
        project=project,
        modes=wanted["modes"],
        evaluation_set=docs.get(request.user, wanted["evaluation_set"]) if wanted["evaluation_set"] else None,
        rubric=docs.get(request.user, wanted["rubric"]) if wanted["rubric"] else None,
    )


def _choices(project: Project, kind: str) -> list[tuple[str, str]]:
    return [(document.digest, str(document)) for document in docs.heads(project, kind)]
