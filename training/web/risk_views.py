"""Pages of retirement risk: the overview, and one base model with all that depends on it."""

from itertools import zip_longest
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from governance import access
from governance.errors import NotFound
from governance.proof.charts.assessments import KEY
from governance.proof.charts.days import SHAPES
from governance.proof.formats.fields import moment
from governance.selectors import documents as docs
from governance.selectors.people import is_member
from governance.web.requests import Request, signed_in
from training.bodies.risk import RiskAssessmentBody
from training.kinds import tuning as kinds
from training.lifecycle.formulas import FORMULAS
from training.reports.risk import timeline
from training.selectors import fallbacks
from training.selectors import risk as select
from training.services import risk as service
from training.web.risk_forms import OnForm
from training.web.timeline_chart import drawn

DRAWN = 30
DRAWING = {"shapes": list(zip(SHAPES, KEY, strict=False)), "bar_words": KEY[-1]}


@require_safe
@signed_in
def overview(request: Request) -> HttpResponse:
    """Which services are late, which base models end when, and what is asked of those who decide.

    Whoever holds no role in the organisation sees the base models, and of the services their own projects' alone.
    """
    if not is_member(request.user):
        raise NotFound("there is no such page")
    form = OnForm(request.GET if "on" in request.GET else None)
    on = form.day
    found = select.shown_to(request.user, on) if on is not None or not form.is_bound else None
    context: dict[str, Any] = DRAWING | {
        "tab": "retirement",
        "form": form,
        "on": on,
        "assessment": found.assessment if found else None,
        "may_assess": access.can(request.user, service.ACTION, None),
    }
    if found is not None:
        said = found.said
        content = select.content(said) if found.everything else b""
        context |= {
            "said": said,
            "rows": found.rows,
            "everything": found.everything,
            "mine": found.own,
            "as_of": moment(said.as_of),
            "chart": drawn(timeline(said, DRAWN)) if found.everything else None,
            "titles": {row.digest: row.title for row in said.bases},
            "stray": select.detail(said, said.stray, content)["dependants"] if found.everything else [],
            "whole": select.detail(said, said.whole, content) if found.everything and said.whole else None,
            "formulas": FORMULAS,
        }
        context |= _opened(said, context["whole"])
    return render(request, "training/retirement.html", context, status=400 if form.errors else 200)


def _opened(said: RiskAssessmentBody, whole: dict[str, Any] | None) -> dict[str, Any]:
    """Return each line of page one beside the figures that open; None beside those of an assessment without them."""
    spreads = [one["spread"] for one in whole["requalification"]["stages"]] if whole else []
    spreads += [whole["requalification"]["total"]] if whole else []
    shares = [one["share"] for one in whole["vendors"]] if whole else []
    return {
        "takes": list(zip_longest(said.requalification, spreads)),
        "hangs": list(zip_longest(said.vendors, shares)),
    }


@require_safe
@signed_in
def base(request: Request, digest: str) -> HttpResponse:
    """One base model: its dates by source, and its services with every figure."""
    document = docs.get(request.user, digest)
    if document.kind != kinds.BASE_MODEL:
        raise NotFound("there is no such base model")
    form = OnForm(request.GET if "on" in request.GET else None)
    if form.is_bound and form.day is None:
        raise NotFound("there is no such day")
    found = select.base_shown_to(request.user, digest, form.day)
    context: dict[str, Any] = DRAWING | {"tab": "retirement", "document": document, "on": form.day}
    if found is not None:
        plan = docs.visible(request.user).select_related("project", "series").filter(pk=found.row.fallback).first()
        context |= {
            "as_of": moment(found.said.as_of),
            "row": found.row,
            "risk": found.risk,
            "services": found.services,
            "moved": found.moved,
            "chart": drawn(timeline(found.said.model_copy(update={"bases": [found.row]}))),
            "plan": fallbacks.plan(plan) if plan else None,
            "formulas": FORMULAS,
        }
    return render(request, "training/retirement_base.html", context)


@require_POST
@signed_in
def assess(request: Request) -> HttpResponse:
    """Assess the risk as it is now."""
    made = service.assess(actor=request.user)
    messages.success(request, f"Assessed: {made.title}.")
    return redirect("retirement")
