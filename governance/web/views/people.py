"""People, their roles, and projects: what owners manage. Every change is on the ledger."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from governance import access
from governance.errors import CountersignError, Invalid, NotFound
from governance.models import Project, RoleGrant, User
from governance.selectors import accounts
from governance.selectors.people import is_member, projects_of
from governance.services import identities, resetting
from governance.services import people as service
from governance.web.forms.people import EnrolForm, GrantForm, ProjectForm
from governance.web.forms.proof import proof_in
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in


@signed_in
def people(request: Request) -> HttpResponse:
    """Everybody and the roles they hold in the organisation and in the projects I may see."""
    return _page(request)


def _page(request: Request, *, status: int = 200, **more: Any) -> HttpResponse:
    if not is_member(request.user):
        raise NotFound("there is no such page")
    projects = list(projects_of(request.user))
    grants: dict[int, list[RoleGrant]] = {}
    live = RoleGrant.objects.filter(revocation=None).select_related("project")
    for grant in live.order_by("project__name", "role"):
        if grant.project_id is None or grant.project in projects:
            grants.setdefault(grant.user_id, []).append(grant)
    shown = [(person, grants.get(person.pk, [])) for person in User.objects.order_by("printed_name")]
    may_enrol = access.can(request.user, "person.enrol", None)
    governed = [p for p in projects if access.can(request.user, "role.grant", p)]
    context: dict[str, Any] = {
        "people": [(person, held) for person, held in shown if held or may_enrol],
        "may_enrol": may_enrol,
        "revocable": {None, *(p.pk for p in governed)} if may_enrol else {p.pk for p in governed},
        "enrol_form": EnrolForm(),
        "with_factor": accounts.with_second_factor() if may_enrol else set(),
        "linked": accounts.linked() if may_enrol else set(),
        "grant_form": _grant_form(request, governed) if governed or may_enrol else None,
    }
    return render(request, "governance/people.html", context | more, status=status)


def _grant_form(request: Request, governed: list[Project], data: Any = None) -> GrantForm:
    whole = [("", "the whole organisation")] if access.can(request.user, "role.grant", None) else []
    places = whole + [(p.slug, p.name) for p in governed]
    persons = [(u.username, str(u)) for u in User.objects.filter(is_active=True).order_by("printed_name")]
    return GrantForm(data, places=places, persons=persons)


@require_POST
@signed_in
def enrol(request: Request) -> HttpResponse:
    """Enrol a person who can then sign in."""
    form = EnrolForm(request.POST)
    if not form.is_valid():
        return _page(request, status=400, enrol_form=form)
    try:
        made = service.person_enrol(actor=request.user, **form.cleaned_data)
    except CountersignError as error:
        return _page(request, status=error.status, **(refused(form, error) | {"enrol_form": form}))
    messages.success(request, f"{made} is enrolled and can sign in; give them a role.")
    return redirect("people")


@require_POST
@signed_in
def grant(request: Request) -> HttpResponse:
    """Give somebody a role."""
    slug, username = request.POST.get("project", ""), request.POST.get("user", "")
    project = projects_of(request.user).filter(slug=slug).first() if slug else None
    person = User.objects.filter(username=username).first()
    if person is None or (slug and project is None):
        raise NotFound("there is no such person or project")
    role = request.POST.get("role", "")
    made = service.role_grant(actor=request.user, user=person, role=role, project=project, proof=proof_in(request.POST))
    messages.success(request, f"{person} is now {access.ROLES[made.role]}.")
    return redirect("people")


@require_POST
@signed_in
def revoke_role(request: Request) -> HttpResponse:
    """Take a role back."""
    identifier = request.POST.get("grant", "")
    visible = {str(g.pk) for g in RoleGrant.objects.filter(project=None)}
    visible |= {str(g.pk) for g in RoleGrant.objects.filter(project__in=projects_of(request.user))}
    if not is_member(request.user) or identifier not in visible:
        raise NotFound("there is no such grant")
    service.role_revoke(actor=request.user, grant_id=identifier)
    messages.success(request, "The role is taken back. Signatures made while it was held stay valid.")
    return redirect("people")


@require_POST
@signed_in
def reset(request: Request) -> HttpResponse:
    """Take the second factors away from somebody who lost them, and end their sessions and tokens."""
    person = User.objects.filter(username=request.POST.get("user", "")).first()
    if person is None or not access.can(request.user, "person.enrol", None):
        raise NotFound("there is no such person")
    resetting.reset(actor=request.user, user=person, proof=proof_in(request.POST))
    messages.success(request, f"{person} signs in by password alone until they enrol a second factor anew.")
    return redirect("people")


@require_POST
@signed_in
def unlink(request: Request) -> HttpResponse:
    """Take the link to the identity provider away from somebody."""
    person = User.objects.filter(username=request.POST.get("user", "")).first()
    if person is None or not access.can(request.user, "person.enrol", None):
        raise NotFound("there is no such person")
    identities.unlink(actor=request.user, user=person, proof=proof_in(request.POST))
    messages.success(request, f"{person} is no longer linked; their next single sign-on links anew.")
    return redirect("people")


@signed_in
def new_project(request: Request) -> HttpResponse:
    """Create a project."""
    form = ProjectForm(request.POST or None)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            made = service.project_create(actor=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error("name", error.reason)
        except CountersignError as error:
            more, status = refused(form, error), error.status
        else:
            messages.success(request, "Project created. Its people come next.")
            return redirect("project", made.slug)
    return render(request, "governance/project_new.html", {"form": form} | more, status=status)
