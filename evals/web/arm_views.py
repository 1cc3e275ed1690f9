"""Pages of arms: planning the measurement of one more."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from evals import documents as kinds
from evals.services import arms as service
from evals.subjects import SUBJECT_KINDS
from evals.web.arm_forms import EndpointForm, ModelForm, RecordedForm
from governance import endpoints
from governance.errors import CountersignError, NotFound
from governance.models import Document, Project
from governance.selectors import documents as docs
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in

WAYS = {
    "recorded": "Recorded answers",
    "endpoint": "An endpoint",
    "model": "A model of ours",
}
"""What may answer: the part `of` of the address, and how the page calls it."""


def plan_of(request: Request, digest: str) -> Document:
    """Return the acceptance thresholds of that digest, if the reader may see them. NotFound otherwise."""
    document = docs.get(request.user, digest)
    if document.kind != kinds.THRESHOLDS:
        raise NotFound("there are no such acceptance thresholds")
    return document


@signed_in
def measure(request: Request, digest: str) -> HttpResponse:
    """Choose what answers, and freeze the specification that measures it under this plan."""
    thresholds = plan_of(request, digest)
    way = request.GET.get("of", "recorded")
    if way not in WAYS:
        raise NotFound("there is no such way to answer")
    form = _form(request, way, thresholds.project)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            asked = form.asked() | {"note": form.cleaned_data["note"]}
            if way == "model":
                asked["subject"] = docs.get(request.user, form.cleaned_data["subject"])
            made = service.specify(actor=request.user, thresholds=thresholds, **asked)
        except NotFound:
            raise
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "Frozen. Launch it to have it measured.")
            return redirect("launch", made.digest)
    context = {
        "project": thresholds.project,
        "tab": "documents",
        "document": thresholds,
        "form": form,
        "ways": WAYS,
        "way": way,
        "listed": endpoints.listed(),
    }
    return render(request, "evals/arms_new.html", context | more, status=status)


def _form(request: Request, way: str, project: Project | None) -> RecordedForm | EndpointForm | ModelForm:
    data = request.POST or None
    if way == "recorded":
        return RecordedForm(data, request.FILES or None)
    if way == "endpoint":
        return EndpointForm(data, listed=endpoints.listed())
    found = [d for kind in sorted(SUBJECT_KINDS) for d in (*docs.heads(project, kind), *docs.heads(None, kind))]
    return ModelForm(data, subjects=[(d.digest, str(d)) for d in found])
