"""Pages of incidents: the questions and their answers, recording what happened, marks, and what changed."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance import access
from governance.errors import CountersignError, Invalid, NotFound
from governance.models import Document, Project
from governance.proof.answers import served
from governance.proof.formats.fields import rfc3339
from governance.registry import REPORTS
from governance.selectors import as_of, ledger
from governance.selectors import documents as docs
from governance.selectors.people import projects_of
from governance.web import extensions
from governance.web.forms.base import TYPED, typed
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of
from governance.web.views.reports import PREFIX
from training.bodies.continuity import DEPLOYMENT
from training.kinds import tuning as kinds
from training.kinds.serving import SERVABLE
from training.selectors import changes as changed
from training.selectors import incident as select
from training.selectors import serving
from training.selectors.serving import Service
from training.services import incidents, rollbacks
from training.web import incident_forms as forms

OFFERED = 100
"""releases, runs and base models that a form offers, the newest of each"""
ROWS = 40
"""differences that a page lists of one document before it folds the rest"""


@require_safe
@signed_in
def ask(request: Request) -> HttpResponse:
    """Choose a service and a moment, or find what a file is."""
    projects = list(projects_of(request.user))
    services = serving.services(projects)
    offered = [
        (project.name, [(s.head.digest, s.title) for s in services if s.head.project_id == project.pk])
        for project in projects
    ]
    asked = "deployment" in request.GET
    now = _now()
    form = forms.AskForm(
        request.GET if asked else None, services=[group for group in offered if group[1]], initial={"time": now}
    )
    search = forms.FileForm(request.GET if "digest" in request.GET else None)
    if asked and form.is_valid():
        given = form.cleaned_data
        query = {name: f"{given[name]:{TYPED}}" for name in ("time", "known") if given[name]}
        return redirect(f"{reverse('incident-answer', args=[given['deployment']])}?{urlencode(query)}")
    context: dict[str, Any] = {"form": form, "search": search, "services": services, "tab": "incident"}
    if search.is_bound and search.is_valid():
        held = docs.visible(request.user).filter(kind__in=[*select.FILES_OF, kinds.RELEASE])
        found = select.carriers(held.select_related("project", "series"), search.wanted, services)
        ran = [[(s, [(span, typed(span.begins)) for span in spans]) for s, spans in one.ran] for one in found]
        context |= {"wanted": search.wanted, "carriers": list(zip(found, ran, strict=True))}
    bad = (asked and bool(form.errors)) or (search.is_bound and bool(search.errors))
    return render(request, "training/incident_ask.html", context, status=400 if bad else 200)


@require_safe
@signed_in
def answer(request: Request, digest: str) -> HttpResponse:
    """The incident questions about a service, answered for a moment, as known now or at another."""
    deployment = _deployment(request, digest)
    asked = request.GET.copy()
    asked.setdefault("time", f"{_now():{TYPED}}")
    form = forms.MomentForm(asked)
    context: dict[str, Any] = {"deployment": deployment, "form": form, "project": deployment.project, "tab": "incident"}
    if form.is_valid():
        try:
            context |= _answered(deployment, form, now="time" not in request.GET)
            found = context["found"]
            # Without a moment that somebody named, the report's is that of the ledger's last entry.
            time = rfc3339(found.time) if "time" in request.GET else ""
            context["seal"] = _seal(request, "incident", deployment.project, deployment, found.known.size, time=time)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.reason)
    context["may"] = extensions.allowed(access.roles_of(request.user, deployment.project))
    return render(request, "training/incident.html", context, status=400 if form.errors else 200)


def _answered(deployment: Document, form: forms.MomentForm, *, now: bool) -> dict[str, Any]:
    given = form.cleaned_data
    known = as_of.at(given["known"] or timezone.now())
    services = serving.services([deployment.project], known.size)
    service = serving.of_deployment(services, deployment)
    if service is None:
        raise Invalid("known", "found a moment before anything was known of this service, expected a later one")
    time = known.time if now else given["time"]
    found = select.answer(service, time, known, services)
    address = reverse("incident-answer", args=[deployment.digest])
    then = urlencode({"time": f"{given['time']:{TYPED}}", "known": f"{given['time']:{TYPED}}"})
    return {
        "found": found,
        "rows": ROWS,
        "as_known_then": f"{address}?{then}",
        "earlier": given["known"] is not None,
        "spans": [
            (span, typed(span.begins), [service.name_of(what) for what in span.answer.candidates])
            for span in reversed(service.spans)
        ],
        "events": [(event, service.name_of(event.now), service.name_of(event.before)) for event in found.events],
    }


@signed_in
def record(request: Request, digest: str) -> HttpResponse:
    """Record that a service was deployed, rolled back or stopped."""
    deployment = _deployment(request, digest)
    project = deployment.project
    services = serving.services([project])
    service = serving.of_deployment(services, deployment)
    if project is None or service is None:
        raise NotFound("there is no such deployment")
    ran = {what: service.name_of(what) for span in service.spans for what in span.answer.candidates}
    form = forms.EventForm(
        request.POST or None,
        served=_served(project, service),
        ran=list(ran.items()),
        initial={"at": _now(), "what": request.GET.get("what", ""), "now": request.GET.get("now", "")},
    )
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            rollbacks.record(
                actor=request.user,
                deployment=deployment,
                what=given["what"],
                at=given["at"],
                reason=given["reason"],
                now=docs.get(request.user, given["now"]) if given["now"] else None,
                stated=given["stated"],
                before=given["before"].removeprefix(served.STATED),
            )
        except CountersignError as error:
            more, status = _refused(form, error), error.status
        else:
            messages.success(request, "Recorded.")
            return redirect("incident-answer", deployment.digest)
    known = as_of.at(timezone.now())
    answered = select.answer(service, known.time, known, services)
    context = {"project": project, "tab": "incident", "deployment": deployment, "form": form, "found": answered}
    return render(request, "training/deployment_event.html", context | more, status=status)


@signed_in
def mark(request: Request, digest: str) -> HttpResponse:
    """The marks of a release; POST marks it as unsafe because of an incident, or takes a mark back."""
    release = docs.get(request.user, digest)
    if release.kind != kinds.RELEASE:
        raise NotFound("there is no such release")
    clearing = "mark" in request.POST
    form = forms.MarkForm(
        request.POST if request.method == "POST" and not clearing else None, initial={"seen_at": _now()}
    )
    clear = forms.ClearForm(request.POST if clearing else None)
    more: dict[str, Any] = {}
    status = 200 if request.method != "POST" else 400
    bound: Any = clear if clearing else form
    if bound.is_bound and bound.is_valid():
        given = bound.cleaned_data
        try:
            if clearing:
                marked = docs.get(request.user, given["mark"])
                incidents.clear(actor=request.user, mark=marked, reason=given["cleared"])
            else:
                said = {"title": given["title"], "reason": given["reason"], "seen_at": given["seen_at"]}
                incidents.mark(actor=request.user, release=release, **said)
        except CountersignError as error:
            more, status = _refused(bound, error), error.status
        else:
            messages.success(request, "Taken back." if clearing else "Marked.")
            return redirect("incident-mark", release.digest)
    context = {
        "project": release.project,
        "tab": "incident",
        "release": release,
        "marks": serving.marks([release.project]).get(release.digest, []),
        "form": form,
        "clear": clear,
        "may": extensions.allowed(access.roles_of(request.user, release.project)),
    }
    return render(request, "training/incident_mark.html", context | more, status=status)


@require_safe
@signed_in
def compare(request: Request, digest: str) -> HttpResponse:
    """What changed from one release (or run, or base model) to this one."""
    after = docs.get(request.user, digest)
    if after.kind not in SERVABLE:
        raise NotFound("there is no such thing that could serve")
    rows = docs.visible(request.user).filter(project=after.project, kind=after.kind).exclude(pk=after.digest)
    newest = list(rows.select_related("series").order_by("-seq")[:OFFERED])
    linked = rows.select_related("series").filter(pk=request.GET.get("since", "")).exclude(pk__in=newest)
    others = [(d.digest, str(d)) for d in [*newest, *linked]]
    earlier = next((d for d, _ in others), None)
    form = forms.CompareForm({"since": request.GET.get("since", earlier)} if others else None, others=others)
    context: dict[str, Any] = {"project": after.project, "tab": "incident", "after": after, "form": form}
    if form.is_bound and form.is_valid():
        before, size = docs.get(request.user, form.cleaned_data["since"]), ledger.size()
        context |= {"before": before, "found": changed.between(before, after, size), "rows": ROWS}
        context["seal"] = _seal(request, "change", after.project, after, size, since=before.digest)
    return render(request, "training/changes.html", context, status=400 if form.errors else 200)


@require_safe
@signed_in
def between(request: Request, slug: str) -> HttpResponse:
    """What changed in a project between two moments."""
    project = project_of(request.user, slug)
    asked = request.GET.copy()
    asked.setdefault("time", f"{_now():{TYPED}}")
    asked.setdefault("since", f"{_now() - timedelta(days=30):{TYPED}}")
    form = forms.BetweenForm(asked)
    context: dict[str, Any] = {"project": project, "tab": "incident", "form": form}
    if form.is_valid():
        try:
            since, then = (as_of.at(form.cleaned_data[name]) for name in ("since", "time"))
            if since.time > then.time:
                raise Invalid("since", "found a later moment than the other, expected an earlier one")
            context |= {"found": changed.of_project(project, since, then), "rows": ROWS}
            size = ledger.size()
            # A moment that the ledger's last entry has not reached is told once the request is an entry of its own.
            reached = size if ledger.time_of(size) >= then.time else None
            moments = {"since": rfc3339(since.time), "time": rfc3339(then.time)}
            context["seal"] = _seal(request, "project-change", project, None, reached, **moments)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.reason)
    return render(request, "training/changes.html", context, status=400 if form.errors else 200)


def _seal(
    request: Request,
    kind: str,
    project: Project | None,
    document: Document | None,
    size: int | None,
    **asked: str,
) -> dict[str, Any] | None:
    """Return what the button posts that has an answer sealed as the page gave it; None: this person may not ask."""
    if not access.can(request.user, REPORTS[kind].action, project):
        return None
    address = (
        reverse("project-report-ask", args=[project.slug, kind]) if project else reverse("report-ask", args=[kind])
    )
    fields = {"document": document.digest if document else "", **asked, "ledger_size": str(size or "")}
    posted = {f"{PREFIX}{name}": value for name, value in fields.items() if value}
    return {"address": address, "fields": posted, "size": size, "until": ledger.time_of(size) if size else None}


def _now() -> datetime:
    return timezone.now().replace(microsecond=0)


def _deployment(request: Request, digest: str) -> Document:
    found = docs.get(request.user, digest)
    if found.kind != DEPLOYMENT:
        raise NotFound("there is no such deployment")
    return found


def _served(project: Project, service: Service) -> list[tuple[str, Any]]:
    """Return what may run, by kind, the newest first; also what ran here before, however old."""
    groups = []
    for kind, words in zip(SERVABLE, ("Releases", "Runs without a release", "Base models as they are"), strict=True):
        found = Document.objects.filter(kind=kind, project=None if kind == kinds.BASE_MODEL else project)
        newest = found.select_related("series").order_by("-seq")[:OFFERED]
        groups.append((words, [(document.digest, str(document)) for document in newest]))
    offered = {digest for _, choices in groups for digest, _ in choices}
    ran = {what for span in service.spans for what in span.answer.candidates if what in service.named} - offered
    earlier = [("Ran here before", [(what, service.name_of(what)) for what in sorted(ran)])] if ran else []
    return [*groups, *earlier]


def _refused(form: Any, error: CountersignError) -> dict[str, Any]:
    if isinstance(error, Invalid):
        error = Invalid(error.field.removeprefix("body."), error.reason)
        if error.field not in form.fields:
            form.add_error(None, f"{error.field}: {error.reason}")
            return {}
    return refused(form, error)
