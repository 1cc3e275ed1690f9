"""Pages of fallback plans and of how long requalification takes."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from evals import documents as evals
from evals.selectors import arms
from governance import access
from governance.errors import CountersignError, Invalid, NotFound
from governance.models import Document, Project
from governance.proof.sections.continuity import ROUTES, STAGES
from governance.selectors import documents as docs
from governance.selectors.people import is_member, roles_everywhere
from governance.services.documents import document_submit
from governance.web import extensions
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of
from training.bodies.base_models import BaseModelBody
from training.bodies.continuity import ESTIMATE, FALLBACK
from training.kinds import tuning as kinds
from training.selectors import fallbacks, probes, requalification
from training.services import fallbacks as service
from training.web.continuity_forms import DrillForm, EstimateForm, FallbackForm

SHOWN = 50
"""times of a stage that the page lists, the newest; it counts all, and the API has them"""


@signed_in
def new(request: Request, slug: str) -> HttpResponse:
    """Write a fallback plan, or (`of`) its next version; `base` chooses the base model it is for."""
    project = project_of(request.user, slug)
    form = FallbackForm(request.POST or None, initial=_initial(request, project), **_offered(project))
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            before = form.cleaned_data["base"]
            made = document_submit(
                actor=request.user,
                project=project,
                kind=FALLBACK,
                body=form.body(),
                references=form.references(),
                base=docs.get(request.user, before) if before else None,
            )
        except CountersignError as error:
            more, status = _refused(form, error), error.status
        else:
            messages.success(request, "Frozen. It counts once it is signed: ask for signatures here.")
            return redirect("document", made.digest)
    context = {"project": project, "tab": "documents", "form": form}
    return render(request, "training/fallback_new.html", context | more, status=status)


@signed_in
def fallback(request: Request, digest: str) -> HttpResponse:
    """A fallback plan at work: its drills, and its successor measured. POST records a drill, or asks for measuring."""
    document = _plan(request, digest)
    drill = request.method == "POST" and request.POST.get("act") == "drill"
    form = DrillForm(request.POST if drill else None, initial={"date": timezone.now().date()})
    more: dict[str, Any] = {}
    status = 200
    try:
        if drill:
            status = 400
            if form.is_valid():
                said = form.cleaned_data | {"date": form.cleaned_data["date"].isoformat()}
                service.drill(actor=request.user, plan=document, **said)
                messages.success(request, "Recorded.")
                return redirect("fallback", document.digest)
        elif request.method == "POST":
            spec = service.measure_successor(actor=request.user, plan=document)
            messages.success(request, "Frozen. Launch it to have the successor measured.")
            return redirect("launch", spec.digest)
    except CountersignError as error:
        more, status = _refused(form, error), error.status
    found = fallbacks.plan(document)
    context = {
        "project": document.project,
        "tab": "documents",
        "document": document,
        "plan": found,
        "route": ROUTES[found.body.route],
        "measured": _measured(found),
        "hosted": found.successor is not None and docs.envelope(found.successor).body.get("hosted") is not None,
        "form": form,
        "may": extensions.allowed(access.roles_of(request.user, document.project)),
    }
    return render(request, "training/fallback.html", context | more, status=status)


@require_safe
@signed_in
def requalifying(request: Request) -> HttpResponse:
    """How long each stage took, as far as the reader may see whose it was, and what is estimated."""
    if not is_member(request.user):
        raise NotFound("there is no such page")
    past = requalification.past()
    subjects = docs.visible(request.user).filter(pk__in={one.subject for one in past}).select_related("project")
    known = subjects.in_bulk()
    estimates = {one.stage: one for one in requalification.estimates()}
    named = Document.objects.in_bulk({one.document for one in estimates.values()})
    stages = []
    for stage, until in STAGES.items():
        seen = [(one, known[one.subject]) for one in past if one.stage == stage and one.subject in known]
        seen.sort(key=lambda pair: pair[1].seq)
        estimate = estimates.get(stage)
        stages.append(
            {
                "until": until,
                "done": sum(one.done for one, _ in seen),
                "open": sum(not one.done for one, _ in seen),
                "seen": seen[-SHOWN:][::-1],
                "left": max(0, len(seen) - SHOWN),
                "estimate": estimate,
                "estimated_in": named[estimate.document] if estimate is not None else None,
            }
        )
    everything = None in roles_everywhere(request.user)
    context = {
        "stages": stages,
        "everything": everything,
        "may": extensions.allowed(access.roles_of(request.user, None)),
    }
    return render(request, "training/requalification.html", context)


@signed_in
def estimate(request: Request) -> HttpResponse:
    """Write an estimate of how long requalification takes, or the next version of one."""
    if not is_member(request.user):
        raise NotFound("there is no such page")
    before = [(document.digest, str(document)) for document in docs.heads(None, ESTIMATE)]
    form = EstimateForm(request.POST or None, estimates=before)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            chosen = form.cleaned_data["base"]
            made = document_submit(
                actor=request.user,
                project=None,
                kind=ESTIMATE,
                body=form.body(),
                base=docs.get(request.user, chosen) if chosen else None,
            )
        except CountersignError as error:
            more, status = _refused(form, error), error.status
        else:
            messages.success(request, "Frozen. It counts once it is signed: ask for signatures here.")
            return redirect("document", made.digest)
    return render(request, "training/estimate.html", {"form": form} | more, status=status)


def _plan(request: Request, digest: str) -> Document:
    document = docs.get(request.user, digest)
    if document.kind != FALLBACK:
        raise NotFound("there is no such fallback plan")
    return document


def _measured(plan: fallbacks.Plan) -> list[arms.Arm]:
    """Return the accepted results of the successor under the plan's thresholds; of a hosted one, as an endpoint."""
    if plan.successor is None or plan.thresholds is None:
        return []
    known = probes.names(docs.model_body(plan.successor, BaseModelBody))
    return [
        arm
        for arm in arms.of_plan(plan.thresholds).all
        if arm.subject == plan.successor or (arm.spec.endpoint is not None and arm.spec.endpoint.model in known)
    ]


def _refused(form: Any, error: CountersignError) -> dict[str, Any]:
    if isinstance(error, Invalid) and (field := error.field.removeprefix("body.")) in form.fields:
        form.add_error(field, error.reason)
        return {}
    return refused(form, error)


def _offered(project: Project) -> dict[str, list[tuple[str, str]]]:
    models = docs.heads(None, kinds.BASE_MODEL)
    found = {
        "models": models,
        "thresholds": docs.heads(project, evals.THRESHOLDS),
        "plans": docs.heads(project, FALLBACK),
    }
    return {name: [(document.digest, str(document)) for document in documents] for name, documents in found.items()}


def _initial(request: Request, project: Project) -> dict[str, Any]:
    digest = request.GET.get("of")
    if digest is None:
        return {"base_model": request.GET.get("base", "")}
    document = _plan(request, digest)
    if document.project != project:
        raise NotFound("there is no such fallback plan here")
    named = {link.role: link.digest for link in docs.references(document)}
    return docs.display_body(document) | named | {"base": document.digest}
