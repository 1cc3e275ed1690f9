"""The pages of recorded sessions: start one, talk, grade, and draft findings as cases."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from evals import documents as kinds
from evals.engine.spec import EvaluationSetBody
from evals.selectors import sessions as select
from evals.services import findings, sessions
from evals.subjects import SUBJECT_KINDS
from evals.web.session_forms import FindingForm, GradeForm, MessageForm, StartForm
from governance import access
from governance.errors import CountersignError, NotFound
from governance.models import Document, Exchange, Job, Project
from governance.selectors import documents as docs
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of

PER_PAGE = 100


@signed_in
def overview(request: Request, slug: str) -> HttpResponse:
    """The sessions of a project, and a form to start one."""
    project = project_of(request.user, slug)
    form = StartForm(request.POST or None, subjects=subjects_of(project), rubrics=_choices(project, kinds.RUBRIC))
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        wanted = dict(form.cleaned_data)
        subject, rubric = wanted.pop("subject"), wanted.pop("rubric")
        try:
            job = sessions.session_start(
                actor=request.user,
                project=project,
                subject=docs.get(request.user, subject),
                rubric=docs.get(request.user, rubric) if rubric else None,
                **wanted,
            )
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            return redirect("session", job.pk)
    rows = list(select.visible(request.user).filter(project=project)[:PER_PAGE])
    context = {
        "project": project,
        "tab": "runs",
        "form": form,
        "jobs": rows,
        "may_start": access.can(request.user, "session.start", project),
    }
    return render(request, "evals/sessions.html", context | more, status=status)


@signed_in
def session(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """The chat: what was said, and a form to say more; POST sends a message or ends the session."""
    job = select.get(request.user, identifier)
    form = MessageForm(request.POST or None) if request.POST.get("act") != "end" else MessageForm()
    more: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        try:
            if request.POST.get("act") == "end":
                sessions.session_end(actor=request.user, job=job)
                return redirect("session", job.pk)
            if form.is_valid():
                sessions.message_send(actor=request.user, job=job, text=form.cleaned_data["text"])
                return redirect("session", job.pk)
            status = 400
        except CountersignError as error:
            more, status = refused(form, error), error.status
    context = _context(request, job) | {"form": form} | more
    return render(request, "evals/session.html", context, status=status)


@signed_in
def live(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Where the session stands and what was said, alone: asked for again and again while something is to come."""
    return render(request, "evals/_session_live.html", _context(request, select.get(request.user, identifier)))


@signed_in
def exchange(request: Request, identifier: uuid.UUID, number: int) -> HttpResponse:
    """One exchange: its grades, and what may become of it; POST grades it or drafts it as a case."""
    job = select.get(request.user, identifier)
    row = Exchange.objects.select_related("job__spec", "job__project", "job__requested_by").filter(
        job=job, number=number
    ).first()  # fmt: skip
    if row is None or select.hidden(request.user, job):
        raise NotFound("there is no such exchange")
    act = request.POST.get("act")
    grade = GradeForm(request.POST if act == "grade" else None, scales=sessions.scales_of(job))
    finding = FindingForm(request.POST if act == "draft" else None, sets=sets_for(job))
    more: dict[str, Any] = {}
    status = 200
    if act in ("grade", "draft"):
        form = grade if act == "grade" else finding
        status = 400
        if form.is_valid():
            try:
                return _graded(request, row, grade) if act == "grade" else _drafted(request, row, finding)
            except CountersignError as error:
                more, status = refused(form, error), error.status
    turn = next((each for each in select.conversation(job).turns if each.id == str(row.pk)), None)
    if turn is None:
        raise NotFound("there is no such exchange")
    context = {
        "project": job.project,
        "tab": "runs",
        "job": job,
        "spec": select.spec_of(job),
        "turn": turn,
        "grade": grade,
        "finding": finding,
        "may_grade": access.can(request.user, "session.grade", job.project),
        "may_draft": access.can(request.user, "document.draft", job.project),
    }
    return render(request, "evals/session_exchange.html", context | more, status=status)


def _graded(request: Request, row: Exchange, form: GradeForm) -> HttpResponse:
    wanted = form.cleaned_data
    sessions.exchange_grade(
        actor=request.user,
        exchange=row,
        severity=wanted["severity"],
        failure_mode=wanted["failure_mode"],
        scores=form.scores(),
        note=wanted["note"],
    )
    messages.success(request, "Graded.")
    return redirect("session", row.job_id)


def _drafted(request: Request, row: Exchange, form: FindingForm) -> HttpResponse:
    wanted = form.cleaned_data
    draft = findings.finding_draft(
        actor=request.user,
        exchange=row,
        evaluation_set=docs.get(request.user, wanted["evaluation_set"]),
        slice_name=wanted["slice_name"],
        expects=wanted["expects"],
        target=wanted["target"],
    )
    messages.success(request, "Drafted for the next version. The signed version stays as it is.")
    return redirect("draft", draft.pk)


def _context(request: Request, job: Job) -> dict[str, Any]:
    talk = select.conversation(job)
    standing = select.state(talk)
    own = job.requested_by_id == request.user.pk
    return {
        "project": job.project,
        "tab": "runs",
        "job": job,
        "spec": select.spec_of(job),
        "subject": docs.linked_one(job.spec, "subject"),
        "talk": talk,
        "standing": standing,
        "own": own,
        "hidden": select.hidden(request.user, job),
        "poll": {"starting": 2, "waiting": 2, "closing": 2, "answering": 1, "ready": 5}.get(standing.word),
        "left": select.spec_of(job).max_turns - len(talk.turns),
        "may_grade": access.can(request.user, "session.grade", job.project),
    }


def subjects_of(project: Project) -> list[tuple[str, str]]:
    """Return the models that a session of a project may be held with: runs of the project first, then the shelf's."""
    runs = [pair for kind in sorted(SUBJECT_KINDS) for pair in _choices(project, kind)]
    return runs + [(d.digest, str(d)) for kind in sorted(SUBJECT_KINDS) for d in docs.heads(None, kind)]


def sets_for(job: Job) -> list[tuple[str, str]]:
    """Return the evaluation sets that a finding of this session may become a case of."""
    closed = select.spec_of(job).closed
    found = docs.heads(job.project, kinds.SET)
    return [(d.digest, f"{d} ({_purpose(d)})") for d in found if closed or _purpose(d) == "development"]


def _purpose(document: Document) -> str:
    body: EvaluationSetBody = docs.model_body(document, EvaluationSetBody)
    return body.purpose


def _choices(project: Project, kind: str) -> list[tuple[str, str]]:
    return [(document.digest, str(document)) for document in docs.heads(project, kind)]
