"""Pages of deployments: the list, registering one or many, and what is downstream of a base model."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance import access
from governance.errors import CountersignError, Invalid, NotFound
from governance.models import Project
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.selectors.people import roles_everywhere
from governance.web import extensions
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of
from training.bodies.continuity import DEPLOYMENT, ORIGINS
from training.kinds import tuning as kinds
from training.selectors import dependants, fallbacks
from training.selectors.deployed import deployments, read
from training.services import deployments as service
from training.web.continuity_forms import DeploymentForm, DeploymentsForm

PER_PAGE = 50
OFFERED = 100
"""releases and runs that a form offers, the newest"""


@require_safe
@signed_in
def listed(request: Request, slug: str) -> HttpResponse:
    """The deployments of a project, with what stands behind each; those that ended come last."""
    project = project_of(request.user, slug)
    today = timezone.now().date()
    found = sorted(deployments(projects=[project]), key=lambda one: one.ended(today))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    called = dependants.names()
    context = {
        "project": project,
        "tab": "documents",
        "page": page,
        "rows": [(one, dependants.base_of(one, called), one.ended(today)) for one in page.object_list],
        "serving": sum(not one.ended(today) for one in found),
        "unproven": sum(not one.origin.proven and not one.ended(today) for one in found),
        "may": extensions.allowed(access.roles_of(request.user, project)),
    }
    return render(request, "training/deployments.html", context)


@signed_in
def new(request: Request, slug: str) -> HttpResponse:
    """Register a deployment, or (`of`) say anew what is known of one."""
    project = project_of(request.user, slug)
    initial = _initial(request, project)
    form = DeploymentForm(request.POST or None, origins=_origins(project, initial), initial=initial)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = service.register(actor=request.user, project=project, row=form.row())
        except CountersignError as error:
            more, status = _refused(form, error), error.status
        else:
            messages.success(request, "Registered." if made.documents else "That is on record already.")
            return redirect("deployments", project.slug)
    context = {"project": project, "tab": "documents", "form": form}
    return render(request, "training/deployment.html", context | more, status=status)


@signed_in
def table(request: Request, slug: str) -> HttpResponse:
    """Register the deployments of a table: all of them, or none."""
    project = project_of(request.user, slug)
    form = DeploymentsForm(request.POST or None, request.FILES or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            made = service.read_in(actor=request.user, project=project, file=(upload.name or "", upload.chunks()))
        except CountersignError as error:
            more, status = _refused(form, error, "file"), error.status
        else:
            messages.success(request, f"{len(made.documents)} registered, {made.unchanged} were on record already.")
            return redirect("deployments", project.slug)
    context = {
        "project": project,
        "tab": "documents",
        "form": form,
        "required": service.REQUIRED,
        "optional": [name for name in service.FIELDS if name not in service.REQUIRED],
    }
    return render(request, "training/deployments_table.html", context | more, status=status)


@require_safe
@signed_in
def blast_radius(request: Request, digest: str) -> HttpResponse:
    """Everything downstream of a base model that the reader may see, as a tree; of the rest not even how much."""
    base = docs.get(request.user, digest)
    if base.kind != kinds.BASE_MODEL:
        raise NotFound("there is no such base model")
    size, now = ledger.size(), timezone.now()
    radius = dependants.blast_radius(base, size, now)
    plans = [plan for plan in fallbacks.plans(size, now) if plan.base.series_id == base.series_id]
    asked = [*radius.digests, *(plan.document.digest for plan in plans)]
    visible = set(docs.visible(request.user).filter(pk__in=asked).values_list("pk", flat=True))
    shown = radius.seen_by(visible)
    covered = {plan.document.project for plan in plans if plan.standing.ok}
    context = {
        "base": base,
        "radius": shown,
        "tops": shown.below[: dependants.LISTED],
        "stated": shown.stated[: dependants.LISTED],
        "left": (len(shown.below) - dependants.LISTED, len(shown.stated) - dependants.LISTED),
        "everything": None in roles_everywhere(request.user),
        "unproven": sum(not one.origin.proven for one in shown.deployed),
        "plans": [plan for plan in plans if plan.document.digest in visible],
        "uncovered": sorted({one.document.project for one in shown.deployed} - covered, key=str),
    }
    return render(request, "training/blast_radius.html", context)


def _refused(form: Any, error: CountersignError, field: str = "") -> dict[str, Any]:
    """Put what is wrong on its field, or on the file that it was found in."""
    if isinstance(error, Invalid):
        if field:
            form.add_error(field, f"{error.field}: {error.reason}")
            return {}
        if error.field in ORIGINS:
            form.add_error("serves", error.reason)
            return {}
    return refused(form, error)


def _initial(request: Request, project: Project) -> dict[str, Any]:
    digest = request.GET.get("of")
    if digest is None:
        return {}
    document = docs.get(request.user, digest)
    if document.kind != DEPLOYMENT or document.project != project:
        raise NotFound("there is no such deployment here")
    (found,) = read([document])
    said = docs.envelope(document)
    serves = next((f"{link.role}={link.digest}" for link in said.references), "")
    return found.body.model_dump() | {"serves": serves, "stated_base": found.origin.stated}


def _origins(project: Project, initial: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return what may be served, by kind, the newest first; also what is served now, however old."""
    groups = []
    for role, kind, words in (
        ("release", kinds.RELEASE, "Releases"),
        ("run_record", kinds.RUN_RECORD, "Runs without a release"),
        ("base_model", kinds.BASE_MODEL, "Base models as they are"),
    ):
        place = None if role == "base_model" else project
        found = docs.heads(place, kind)[:OFFERED]
        groups.append((words, [(f"{role}={document.digest}", str(document)) for document in found]))
    known = {value for _, choices in groups for value, _ in choices}
    now = str(initial.get("serves") or "")
    return [*groups, *([(now, "what it serves now")] if now and now not in known else [])]
