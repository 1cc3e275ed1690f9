"""Training's own pages: registering dataset versions and putting releases forward."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from governance.errors import CountersignError, Invalid, NotFound
from governance.models import Document, Project
from governance.selectors import documents as docs
from governance.web.middleware import findings_of
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of
from training.kinds import tuning as kinds
from training.selectors import approvals as use
from training.services import approvals, datasets, releases
from training.web.forms import DatasetForm, ReleaseForm, StopForm


@signed_in
def dataset(request: Request, slug: str) -> HttpResponse:
    """Register a dataset, or the next version of one, from uploaded files of rows."""
    project = project_of(request.user, slug)
    choices = {"contracts": _choices(project, kinds.CONTRACT), "datasets": _choices(project, kinds.DATASET)}
    if request.method != "POST":
        return _dataset_page(request, project, DatasetForm(**choices))
    form = DatasetForm(request.POST, request.FILES, **choices)
    if not form.is_valid():
        return _dataset_page(request, project, form, status=400)
    wanted = form.cleaned_data
    try:
        made = datasets.register(
            actor=request.user,
            project=project,
            title=wanted["title"],
            description=wanted["description"],
            source=wanted["source"],
            contract=docs.get(request.user, wanted["contract"]),
            files=[(file.name or "rows.jsonl", file.chunks()) for file in form.uploads()],
            base=docs.get(request.user, wanted["base"]) if wanted["base"] else None,
            limit=settings.COUNTERSIGN_UPLOAD_LIMIT,
        )
    except NotFound:
        raise
    except CountersignError as error:
        if isinstance(error, Invalid):
            form.add_error("rows", f"{error.field}: {error.reason}")
            return _dataset_page(request, project, form, status=400)
        return _dataset_page(request, project, form, status=error.status, findings=findings_of(error), recorded=True)
    messages.success(request, f"Registered as version {made.number}, with both hashes of every file.")
    return redirect("document", made.digest)


def _dataset_page(
    request: Request, project: Project, form: DatasetForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {"project": project, "tab": "documents", "form": form}
    return render(request, "training/dataset.html", context | more, status=status)


@signed_in
def release(request: Request, digest: str) -> HttpResponse:
    """What the release gate says about a result; POST puts the release forward for signature."""
    result = docs.get(request.user, digest)
    if result.project is None:
        raise NotFound("there is no such result")
    previous = _choices(result.project, kinds.RELEASE)
    form = ReleaseForm(request.POST or None, releases=previous)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        try:
            made = releases.propose(
                actor=request.user,
                result=result,
                title=wanted["title"],
                note=wanted["note"],
                previous=docs.get(request.user, wanted["previous"]) if wanted["previous"] else None,
            )
        except NotFound:
            raise
        except CountersignError as error:
            more, status = {"findings": findings_of(error), "recorded": True}, error.status
        else:
            messages.success(request, "Put forward. It is a release once it has its signatures.")
            return redirect("document", made.digest)
    context = {
        "project": result.project,
        "tab": "documents",
        "result": result,
        "form": form,
        "verdict": releases.gate(result=result, user=request.user).as_dict(),
    }
    return render(request, "training/release.html", context | more, status=status)


@signed_in
def stop(request: Request, digest: str) -> HttpResponse:
    """How a standing approval was used; POST stops it."""
    approval = docs.get(request.user, digest)
    if approval.kind != kinds.STANDING:
        raise NotFound("there is no such standing approval")
    form, more, status = StopForm(request.POST or None), {}, 200
    if form.is_bound:
        status = 400
        if form.is_valid():
            try:
                approvals.stop(actor=request.user, approval=approval, **form.said)
            except NotFound:
                raise
            except CountersignError as error:
                more, status = {"findings": findings_of(error), "recorded": True}, error.status
            else:
                messages.success(request, "Stopped. It admits nothing more; runs under it are being stopped.")
                return redirect("document", approval.digest)
    context = {
        "project": approval.project,
        "tab": "documents",
        "approval": approval,
        "digest": use.digest(approval),
        "form": form,
        "may_stop": approvals.may_stop(request.user, approval),
    }
    return render(request, "training/standing_approval.html", context | more, status=status)


def _choices(project: Project, kind: str) -> list[tuple[str, str]]:
    """Return the newest version of each document of a kind, to choose from."""
    heads: list[Document] = docs.heads(project, kind)
    return [(document.digest, str(document)) for document in heads]
