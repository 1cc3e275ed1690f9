"""Pages on what people's grades are for: holding a judge against them, and judging a result again."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from evals import documents as kinds
from evals.selectors import calibrations as selects
from evals.selectors import judgements as select
from evals.selectors import judges, spent
from evals.services import calibrations, judgements
from evals.web.grading_forms import CalibrationForm
from governance.errors import CountersignError, NotFound
from governance.selectors import documents as docs
from governance.web.middleware import findings_of
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in


@signed_in
def calibrate(request: Request, digest: str) -> HttpResponse:
    """Have a judge calibrated by the grades of a closed round."""
    grades = docs.get(request.user, digest)
    if grades.kind != kinds.HUMAN_GRADES:
        raise NotFound("there are no such grades")
    rubric = docs.linked_one(grades, "rubric")
    known = judges.asked(rubric) if rubric is not None else {}
    offered = [(name, f"{name} ({judge.model or 'on this machine'})") for name, judge in known.items()]
    form = CalibrationForm(request.POST or None, judges=offered)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = calibrations.calibrate(actor=request.user, grades=grades, judge=form.cleaned_data["judge"])
        except NotFound:
            raise
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "Calibrated. It counts once it is signed.")
            return redirect("document", made.digest)
    context = {
        "project": grades.project,
        "tab": "documents",
        "grades": grades,
        "form": form,
        "judges": offered,
        "about": {name: selects.rounds(rubric, grades.project, name) for name in known} if rubric else {},
    }
    return render(request, "evals/calibrate.html", context | more, status=status)


@signed_in
def judge(request: Request, digest: str) -> HttpResponse:
    """What of a result waits for people and which grades there are; POST judges it again with all of them."""
    result = docs.get(request.user, digest)
    if result.kind != kinds.RESULT:
        raise NotFound("there is no such result")
    more: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        try:
            made = judgements.judge_again(actor=request.user, result=result)
        except NotFound:
            raise
        except CountersignError as error:
            more, status = {"findings": findings_of(error), "recorded": True}, error.status
        else:
            messages.success(request, "Judged with every grade there is.")
            return redirect("document", made.digest)
    context = {
        "project": result.project,
        "tab": "documents",
        "result": result,
        "standing": select.standing(result),
        "grades": select.grades(result),
        "made": select.all_of(result),
        "left": spent.again(result),
        "abandoned": [one for one in select.rounds(result) if one.abandoned is not None],
    }
    return render(request, "evals/judge_again.html", context | more, status=status)
