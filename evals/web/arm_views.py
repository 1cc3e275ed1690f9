"""Pages of arms: side by side, case by case, and planning the measurement of one more."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from evals import documents as kinds
from evals.engine.fields import ALL
from evals.selectors import arms as select
from evals.selectors.arms import Arm, Arms
from evals.services import arms as service
from evals.subjects import SUBJECT_KINDS
from evals.web.arm_chart import chart
from evals.web.arm_forms import AnswersFilter, ArmsForm, EndpointForm, ModelForm, RecordedForm
from governance import access, endpoints
from governance.errors import CountersignError, NotFound
from governance.models import Document, Project
from governance.selectors import documents as docs
from governance.web import extensions
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in

PER_PAGE = 10
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


@require_safe
@signed_in
def side_by_side(request: Request, digest: str) -> HttpResponse:
    """Every accepted result of a plan beside the others: figures, a drawing, prompts, and what they cost."""
    found = select.of_plan(plan_of(request, digest))
    arms, reference, form = _chosen(request, found)
    rows = select.metrics(arms, found.demands)
    overall = [name for piece, name in rows if piece == ALL]
    wanted = form.cleaned_data.get("metric") or next((t.metric for t in found.demands.thresholds), "")
    metric = wanted if wanted in overall else next(iter(overall), "")
    context = {
        "project": found.thresholds.project,
        "tab": "documents",
        "document": found.thresholds,
        "found": found,
        "form": form,
        "arms": arms,
        "most": select.MOST,
        "reference": reference,
        "rows": [(piece, name, [_figure(arm, piece, name) for arm in arms]) for piece, name in rows],
        "chart": chart(metric, arms, reference, found.demands.thresholds) if metric else None,
        "query": request.GET.urlencode(),
        "may": extensions.allowed(access.roles_of(request.user, found.thresholds.project)),
    }
    return render(request, "evals/arms.html", context)


@require_safe
@signed_in
def differences(request: Request, digest: str) -> HttpResponse:
    """How the arms differ from one of them, paired case by case: a part of the page, reckoned when it is looked at."""
    found = select.of_plan(plan_of(request, digest))
    arms, reference, _ = _chosen(request, found)
    others = [arm for arm in arms if arm is not reference]
    context: dict[str, Any] = {"arms": others, "reference": reference}
    if reference is not None and others:
        told = select.differences(found, arms, reference).arms
        rows = select.metrics(arms, found.demands)
        context["rows"] = [
            (piece, name, [told[arm.result.digest].get(piece, {}).get(name) for arm in others])
            for piece, name in rows
            if any(name in told[arm.result.digest].get(piece, {}) for arm in others)
        ]
    return render(request, "evals/_arm_differences.html", context)


@require_safe
@signed_in
def answers(request: Request, digest: str) -> HttpResponse:
    """What the arms of a plan said, case by case, for those who may see the cases of its set."""
    evaluation_set = docs.get(request.user, digest)
    found = select.of_plan(docs.get(request.user, request.GET.get("plan", "")))
    if found.evaluation_set != evaluation_set:
        raise NotFound("that plan has other cases")
    arms = found.chosen(request.GET.getlist("arm"))
    opened = service.opened(actor=request.user, arms=found, chosen=arms)
    form = AnswersFilter(request.GET, slices=opened.slices)
    wanted = form.cleaned_data if form.is_valid() else {}
    cases = opened.cases(apart=wanted.get("apart", False), piece=wanted.get("slice", ""), text=wanted.get("q", ""))
    page = Paginator(cases, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "project": found.thresholds.project,
        "tab": "documents",
        "document": found.thresholds,
        "evaluation_set": evaluation_set,
        "arms": arms,
        "filter": form,
        "page": page,
        "rows": opened.read(list(page.object_list)),
        "count": len(cases),
        "query": query.urlencode(),
    }
    return render(request, "evals/arm_answers.html", context)


def _chosen(request: Request, found: Arms) -> tuple[list[Arm], Arm | None, ArmsForm]:
    against = request.GET.get("against", "")
    arms = found.chosen(request.GET.getlist("arm"), against)
    form = ArmsForm(request.GET or None, arms=found.all, metrics=select.metrics(found.all, found.demands))
    form.is_valid()
    return arms, found.reference(arms, against), form


def _figure(arm: Arm, piece: str, name: str) -> Any:
    return arm.body.metrics.get(piece, {}).get(name)


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
