"""The page of a base model's custody or, where somebody hosts it, of its probes; and what is done about a probe."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST
from pydantic import ValidationError

from governance import access, backups, endpoints
from governance.errors import CountersignError, Invalid, NotFound
from governance.models import Document, Project, User
from governance.selectors import documents as docs
from governance.selectors.people import projects_of
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from training.bodies.base_models import BaseModelBody
from training.bodies.custody import RestoreSpecBody
from training.kinds import custody as kinds
from training.kinds.tuning import BASE_MODEL
from training.selectors import guarded
from training.services import custody, probes
from training.web.custody_forms import AboutBase, DrillForm, ProbeForm


@signed_in
def base(request: Request, digest: str) -> HttpResponse:
    """What drills or probes of a base model found; POST starts one."""
    found = docs.get(request.user, digest)
    if found.kind != BASE_MODEL:
        raise NotFound("there is no such base model")
    body: BaseModelBody = docs.model_body(found, BaseModelBody)
    action = custody.ACTION if body.hosted is None else probes.ACTION
    projects = [one for one in projects_of(request.user) if access.can(request.user, action, one)]
    form = _form(request, found, body, projects) if projects else None
    more: dict[str, Any] = {}
    status = 400 if request.method == "POST" else 200
    if form is not None and form.is_bound and form.is_valid():
        try:
            job = _start(request.user, found, form)
        except CountersignError as error:
            more, status = refused(form, _named(error)), error.status
        else:
            messages.success(request, "Put before the worker.")
            return redirect("run", job.pk)
    context: dict[str, Any] = {"project": None, "tab": "documents", "base": found, "body": body, "form": form}
    context["shown"] = guarded.shown_to(request.user, found, hosted=body.hosted is not None)
    context["nothing_listed"] = not (backups.listed() if body.hosted is None else endpoints.listed())
    return render(request, "training/custody.html", context | more, status=status)


def _form(request: Request, found: Document, body: BaseModelBody, projects: list[Project]) -> AboutBase | None:
    data, title = request.POST or None, f"of {found.title}"
    if body.hosted is None:
        listed = backups.listed()
        initial = {"title": f"Restore drill {title}"}
        return DrillForm(data, projects=projects, listed=listed, initial=initial) if listed else None
    offered = endpoints.listed()
    initial = {"title": f"Probe {title}", "model": body.hosted.snapshot}
    return ProbeForm(data, projects=projects, listed=offered, initial=initial) if offered else None


def _start(actor: User, found: Document, form: AboutBase) -> Any:
    if isinstance(form, DrillForm):
        try:
            body = RestoreSpecBody.model_validate(form.asked())
        except ValidationError as problem:
            first = problem.errors(include_url=False)[0]
            raise Invalid(str(first["loc"][0]) if first["loc"] else "body", first["msg"]) from None
        return custody.drill(actor=actor, project=form.chosen(), base=found, body=body)
    assert isinstance(form, ProbeForm)  # noqa: S101  (there are these two)
    return probes.start(actor=actor, project=form.chosen(), base=found, body=form.asked())


def _named(error: CountersignError) -> CountersignError:
    """Return an error that names a field of the form, where it is about one of the body."""
    if isinstance(error, Invalid) and error.field.startswith("body."):
        return Invalid(error.field.split(".")[1], error.reason)
    return error


@require_POST
@signed_in
def stop(request: Request, digest: str) -> HttpResponse:
    """Stop repeating a probe."""
    spec = docs.get(request.user, digest)
    if spec.kind != kinds.PROBE_SPEC:
        raise NotFound("there is no such probe")
    made = probes.stop(actor=request.user, spec=spec)
    messages.success(request, "It is not repeated any more. Launch it by hand when you want to know.")
    return redirect("document", made.digest)


@require_POST
@signed_in
def reference(request: Request, digest: str) -> HttpResponse:
    """Take a result as what its probe is compared with from now on, and probe at once."""
    result = docs.get(request.user, digest)
    if result.kind != kinds.PROBE_RESULT:
        raise NotFound("there is no such result")
    job = probes.take_as_reference(actor=request.user, result=result)
    messages.success(request, "Later answers are compared with these. The probe is asked anew now.")
    return redirect("run", job.pk)
