"""Jobs of every purpose: launch, watch, cancel."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from governance import access
from governance.errors import CountersignError, NotFound
from governance.job_states import JobState
from governance.models import Document, Job
from governance.proof.formats.permit import PermitError, Receipt, read_receipt
from governance.selectors import documents as docs
from governance.selectors import jobs as select
from governance.selectors.keys import keyring
from governance.services import jobs as service
from governance.web import curve
from governance.web.document_page import findings_on
from governance.web.middleware import findings_of
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of

LOG_LINES = 40
PER_PAGE = 100


@signed_in
def runs(request: Request, slug: str) -> HttpResponse:
    """The jobs of a project, newest first."""
    project = project_of(request.user, slug)
    rows = list(select.visible(request.user).filter(project=project)[:PER_PAGE])
    return render(request, "governance/runs.html", {"project": project, "tab": "runs", "jobs": rows, "most": PER_PAGE})


@signed_in
def run(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """One job: the gate's checklist and what is happening."""
    job = select.get(request.user, str(identifier))
    found = findings_on(request.user, f"job:{job.pk}", job.project)
    return render(request, "governance/run.html", _context(request, job) | found)


@signed_in
def progress(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """What is happening, alone: asked for every two seconds until the job has ended."""
    job = select.get(request.user, str(identifier))
    return render(request, "governance/_run_live.html", _context(request, job))


@require_POST
@signed_in
def cancel(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Cancel a job that has not ended."""
    job = select.get(request.user, str(identifier))
    service.cancel(actor=request.user, job=job, reason=request.POST.get("reason", ""))
    messages.success(request, "Cancelled.")
    return redirect("run", job.pk)


@signed_in
def launch(request: Request, digest: str) -> HttpResponse:
    """What the gate says about a spec now; POST launches it, or arms it to start by itself."""
    spec = docs.get(request.user, digest)
    purpose = select.purpose(spec)
    if request.method == "POST":
        try:
            job = service.launch(actor=request.user, spec=spec, arm=request.POST.get("arm") == "yes")
        except NotFound:
            raise
        except CountersignError as error:
            return _launch_page(request, spec, status=error.status, findings=findings_of(error), recorded=True)
        words = (
            "armed: it starts by itself when the last check turns green" if job.state == JobState.ARMED else "launched"
        )
        messages.success(request, f"{purpose.label.capitalize()} {words}.")
        return redirect("run", job.pk)
    return _launch_page(request, spec)


def _launch_page(request: Request, spec: Document, *, status: int = 200, **more: Any) -> HttpResponse:
    verdict = select.gate(user=request.user, spec=spec)
    context = {
        "project": spec.project,
        "tab": "runs",
        "spec": spec,
        "purpose": select.purpose(spec),
        "verdict": verdict.as_dict(),
        "blocking": len(verdict.findings),
        "standing_job": select.standing_job(spec),
    }
    return render(request, "governance/launch.html", context | more, status=status)


def _context(request: Request, job: Job) -> dict[str, Any]:
    attempts = list(job.attempts.defer("permit").order_by("-number"))
    latest = attempts[0] if attempts else None
    live = JobState(job.state).live
    receipt = None
    if latest is not None and latest.receipt is not None:
        receipt = _receipt(bytes(latest.receipt))
    points = latest.curve if latest else []
    progress_ = latest.progress if latest else {}
    done = progress_.get("done")
    percent = round(float(done) * 100) if done is not None else None
    return {
        "job": job,
        "project": job.project,
        "tab": "runs",
        "live": live,
        "attempts": attempts,
        "latest": latest,
        "receipt": receipt,
        "percent": percent,
        "progress": progress_,
        "announcement": _announcement(job, percent if live else None),
        "chart": curve.chart(points),
        "log": "\n".join((latest.log if latest else "").splitlines()[-LOG_LINES:]),
        "may_cancel": live and access.can(request.user, "job.cancel", job.project),
    }


def _announcement(job: Job, percent: int | None) -> str:
    """Return what a screen reader is told; in steps of ten, so that it is not told every two seconds."""
    words = JobState(job.state).label
    return f"{words}, {percent // 10 * 10} %" if percent is not None else words


def _receipt(content: bytes) -> Receipt | None:
    """Return the receipt if an attestation key of the keyring signed it."""
    try:
        return read_receipt(content, keyring().for_purpose("attestation"))
    except PermitError:
        return None
