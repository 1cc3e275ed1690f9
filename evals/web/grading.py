"""Pages on which people grade recorded outputs: the round, one output at a time, and opening a round."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from evals import documents as kinds
from evals.selectors import grading as select
from evals.services import grading
from evals.web.grading_forms import RoundForm
from governance import access
from governance.errors import CountersignError, Invalid, NotFound
from governance.models import Project
from governance.selectors import documents as docs
from governance.web.middleware import findings_of
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of


@require_safe
@signed_in
def rounds(request: Request, slug: str) -> HttpResponse:
    """The grading rounds of a project."""
    project = project_of(request.user, slug)
    context = {
        "project": project,
        "tab": "documents",
        "rounds": select.of_project(project),
        "may_open": access.can(request.user, "grading.open", project),
    }
    return render(request, "evals/grading/rounds.html", context)


@signed_in
def open_round(request: Request, slug: str) -> HttpResponse:
    """Open a round over recorded outputs."""
    project = project_of(request.user, slug)
    form = RoundForm(request.POST or None, results=_results(project))
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        wanted = form.cleaned_data
        try:
            made = grading.round_open(
                actor=request.user,
                project=project,
                title=wanted["title"],
                results=[docs.get(request.user, digest) for digest in wanted["results"]],
                cases=wanted["cases"],
                criteria=[name.strip() for name in wanted["criteria"].split(",") if name.strip()],
            )
        except NotFound:
            raise
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "The round is open. The server drew which outputs are graded.")
            return redirect("grading-round", made.pk)
    context = {"project": project, "tab": "documents", "form": form}
    return render(request, "evals/grading/open.html", context | more, status=status)


def _results(project: Project) -> list[tuple[str, str]]:
    found = docs.heads(project, kinds.RESULT)
    return [(result.digest, f"{result} · {result.created_at:%Y-%m-%d %H:%M}") for result in found]


@require_safe
@signed_in
def round_page(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """How far a round is, whose turn it is, and the way on."""
    found = select.get(request.user, identifier)
    return render(request, "evals/grading/round.html", _context(request, found))


def _context(request: Request, found: select.Round) -> dict[str, Any]:
    project = found.row.project
    able = not found.over and select.may_grade(request.user, found)
    return {
        "project": project,
        "tab": "documents",
        "round": found,
        "able": able,
        "barred": select.barred(request.user, found.evaluation_set, found.subjects, project),
        "mine": select.progress(request.user, found) if able else None,
        "may_close": not found.over and access.can(request.user, "grading.open", project),
        "done": len(found.items) - found.left,
    }


@require_safe
@signed_in
def agreement(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """The part of a round's page that takes a moment to reckon."""
    found = select.get(request.user, identifier)
    agreed = select.agreements(found, None if found.over else request.user)
    return render(request, "evals/grading/_agreement.html", {"agreed": agreed, "open": not found.over})


@signed_in
def item(request: Request, identifier: uuid.UUID, name: str) -> HttpResponse:
    """One output: the case, what was answered, and the scales."""
    found = select.get(request.user, identifier)
    refusal: CountersignError | None = None
    if request.method == "POST":
        try:
            grading.grade_give(
                actor=request.user,
                grading_round=found,
                item=name,
                scores=_scores(request, found),
                number=_number(request),
                comment=request.POST.get("comment", ""),
            )
        except NotFound:
            raise
        except CountersignError as error:
            refusal = error
        else:
            return _onward(request, identifier, name)
    found = select.get(request.user, identifier)
    context = _context(request, found) | {"task": select.task(request.user, found, name)}
    if refusal is None:
        return render(request, "evals/grading/item.html", context)
    context |= {"findings": findings_of(refusal), "given": request.POST, "recorded": False}
    return render(request, "evals/grading/item.html", context, status=refusal.status)


def _onward(request: Request, identifier: uuid.UUID, name: str) -> HttpResponse:
    found = select.get(request.user, identifier)
    following = select.progress(request.user, found, name).next
    if following is None:
        messages.success(request, "Nothing more waits for you in this round.")
        return redirect("grading-round", identifier)
    messages.success(request, "Graded.")
    return redirect("grading-item", identifier, following)


def _scores(request: Request, found: select.Round) -> dict[str, int]:
    given = {}
    for place, criterion in enumerate(found.body.criteria):
        text = request.POST.get(f"score-{place}", "")
        if text.isascii() and text.isdigit() and len(text) <= 3:
            given[criterion.name] = int(text)
    return given


def _number(request: Request) -> int:
    text = request.POST.get("number", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Invalid("number", "found none, expected how often you graded this output")
    return int(text)


@require_POST
@signed_in
def close(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Freeze the grades."""
    found = select.get(request.user, identifier)
    try:
        made = grading.round_close(actor=request.user, grading_round=found)
    except NotFound:
        raise
    except CountersignError as error:
        context = _context(request, found) | {"findings": findings_of(error), "recorded": False}
        return render(request, "evals/grading/round.html", context, status=error.status)
    messages.success(request, "The round is closed, its grades are frozen.")
    return redirect("document", made.digest)


@require_POST
@signed_in
def abandon(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """End a round without grades."""
    found = select.get(request.user, identifier)
    reason = request.POST.get("reason", "")
    try:
        grading.round_abandon(actor=request.user, grading_round=found, reason=reason)
    except NotFound:
        raise
    except CountersignError as error:
        context = _context(request, found) | {"findings": findings_of(error), "recorded": False, "reason": reason}
        return render(request, "evals/grading/round.html", context, status=error.status)
    messages.success(request, "The round is abandoned; no grade in it counts.")
    return redirect("grading-round", identifier)
