"""Drafts: begin, edit, freeze. What was typed is never lost to a refusal or to somebody who saved first."""

import uuid
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from governance import access, policy
from governance.errors import Conflict, CountersignError, Invalid, NotFound
from governance.models import Document, Draft, Project
from governance.proof.words import differences
from governance.proof.words.difference_words import told
from governance.registry import KINDS, POLICY_TEMPLATES, Kind, Template
from governance.selectors import documents as docs
from governance.selectors.drafts import complaints
from governance.selectors.people import is_member, projects_of
from governance.services import documents as service
from governance.web import drafting, extensions
from governance.web.middleware import findings_of
from governance.web.policy_form import PolicyForm
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of


def draft_of(request: Request, identifier: uuid.UUID) -> Draft:
    """Return a draft that somebody may see. NotFound otherwise."""
    scope = Q(project__in=projects_of(request.user))
    if is_member(request.user):
        scope |= Q(project=None)
    found = Draft.objects.select_related("project", "frozen").filter(scope, pk=identifier).first()
    if found is None:
        raise NotFound("there is no such draft")
    return found


@signed_in
def choose(request: Request, slug: str = "") -> HttpResponse:
    """Choose what kind of document to begin, in a project or (without a slug) on the shelf."""
    project = project_of(request.user, slug) if slug else None
    roles = access.roles_of(request.user, project)
    kinds = [k for k in KINDS.values() if k.shelf == (project is None) and k.authors & roles]
    return render(request, "governance/draft_choose.html", {"project": project, "tab": "documents", "kinds": kinds})


@signed_in
def begin(request: Request, kind: str, slug: str = "") -> HttpResponse:
    """Begin a draft of a new series; saved when the form is."""
    project = project_of(request.user, slug) if slug else None
    if kind not in KINDS or KINDS[kind].shelf != (project is None):
        raise NotFound("there is no such kind of document here")
    return _begin(request, project, KINDS[kind], None)


@signed_in
def next_version(request: Request, digest: str) -> HttpResponse:
    """Begin the next version of a document, from its content."""
    base = docs.get(request.user, digest)
    return _begin(request, base.project, KINDS[base.kind], base)


def _begin(request: Request, project: Project | None, kind: Kind, base: Document | None) -> HttpResponse:
    if request.method == "POST" and kind.name == policy.KIND and "template" in request.POST:
        return _begin_guided(request, base)
    if request.method == "POST" and kind.templates and "template" in request.POST:
        chosen = next((t for t in kind.templates if t.name == request.POST["template"]), None)
        if chosen is None:
            raise NotFound("there is no such template")
        begun = service.draft_create(actor=request.user, project=project, kind=kind.name, body=chosen.body())
        messages.success(request, "Draft saved. Change what does not fit you.")
        return redirect("draft", begun.pk)
    if request.method == "POST":
        form = drafting.DraftForm(request.POST, kind=kind, project=project)
        if form.is_valid():
            try:
                made = service.draft_create(
                    actor=request.user,
                    project=project,
                    kind=kind.name,
                    body=form.cleaned_data["body"],
                    references=form.references(),
                    base=base,
                )
            except Invalid as error:
                return _page(request, project, kind, form, base=base, status=400, invalid=error)
            messages.success(request, "Draft saved.")
            return redirect("draft", made.pk)
        return _page(request, project, kind, form, base=base, status=400)
    if base is not None:
        envelope = docs.envelope(base)
        start = drafting.initial(docs.display_body(base), [x.model_dump() for x in envelope.references], kind, 1)
    else:
        links = [{"role": role, "digest": request.GET[role]} for role in kind.links if role in request.GET]
        start = drafting.initial(drafting.skeleton(kind), links, kind, 1)
    return _page(request, project, kind, drafting.DraftForm(initial=start, kind=kind, project=project), base=base)


def _begin_guided(request: Request, base: Document | None) -> HttpResponse:
    """Save a policy's draft from a template, or from the version before, and go on in the guided editor."""
    chosen = POLICY_TEMPLATES.get(request.POST["template"])
    if chosen is None and base is None:
        raise NotFound("there is no such template")
    body = chosen.body() if chosen else docs.display_body(base) if base else {}
    made = service.draft_create(actor=request.user, project=None, kind=policy.KIND, body=body, base=base)
    messages.success(request, "Draft saved. Change what does not fit you.")
    return redirect("policy-draft", made.pk)


@signed_in
def guided(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """The guided editor of a policy's draft: a form a kind. The JSON view shows and edits the same draft."""
    found = draft_of(request, identifier)
    if found.kind != policy.KIND:
        raise NotFound("there is no guided editor for such a draft")
    if found.frozen_id:
        return redirect("document", found.frozen_id)
    if request.method != "POST":
        return _guided_page(request, found, PolicyForm(body=found.body, revision=found.revision))
    form = PolicyForm(request.POST, body=found.body, revision=found.revision)
    if not form.is_valid():
        return _guided_page(request, found, form, status=400)
    typed = drafting.DraftForm(
        drafting.initial(form.body(), [], KINDS[found.kind], form.head.cleaned_data["revision"]),
        kind=KINDS[found.kind],
        project=None,
    )
    typed.is_valid()
    try:
        service.draft_edit(
            actor=request.user, draft=found, revision=form.head.cleaned_data["revision"], body=form.body()
        )
    except Conflict as error:
        return _conflict(request, found, typed, error)
    messages.success(request, "Draft saved.")
    return redirect("policy-draft", found.pk)


def _guided_page(request: Request, found: Draft, form: PolicyForm, *, status: int = 200) -> HttpResponse:
    context = {
        "project": None,
        "tab": "documents",
        "kind": KINDS[found.kind],
        "draft": found,
        "form": form,
        "contributors": list(found.contributors.all()),
        "complaints": complaints(KINDS[found.kind], found.body),
    }
    return render(request, "governance/policy_draft.html", context, status=status)


@signed_in
def draft(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """The editor of a draft."""
    found = draft_of(request, identifier)
    if found.frozen_id:
        return redirect("document", found.frozen_id)
    kind = KINDS[found.kind]
    if request.method != "POST":
        start = drafting.initial(found.body, found.references, kind, found.revision)
        form = drafting.DraftForm(initial=start, kind=kind, project=found.project)
        return _page(request, found.project, kind, form, draft=found)
    form = drafting.DraftForm(request.POST, kind=kind, project=found.project)
    if not form.is_valid():
        return _page(request, found.project, kind, form, draft=found, status=400)
    try:
        service.draft_edit(
            actor=request.user,
            draft=found,
            revision=form.cleaned_data["revision"] or 0,
            body=form.cleaned_data["body"],
            references=form.references(),
        )
    except Conflict as error:
        return _conflict(request, found, form, error)
    except Invalid as error:
        return _page(request, found.project, kind, form, draft=found, status=400, invalid=error)
    messages.success(request, "Draft saved.")
    return redirect("draft", found.pk)


def _conflict(request: Request, found: Draft, form: drafting.DraftForm, error: Conflict) -> HttpResponse:
    """Show what the other person saved, keep what this one typed, and let a second save be a decision."""
    found.refresh_from_db()
    if found.frozen_id:
        raise error
    typed = form.data.copy()  # type: ignore[attr-defined]
    typed["revision"] = str(found.revision)
    again = drafting.DraftForm(typed, kind=form.kind, project=found.project)
    theirs = told(differences.between(found.body, form.cleaned_data["body"]))
    return _page(request, found.project, form.kind, again, draft=found, status=409, conflict=error, theirs=theirs)


@signed_in
def preview(request: Request, identifier: uuid.UUID) -> HttpResponseBase:
    """Return the draft as it would read in a report, as a PDF that says on every page that it is a draft."""
    found = draft_of(request, identifier)
    if found.frozen_id:
        return redirect("document", found.frozen_id)
    from governance.reports.preview import preview_pdf  # what sets pages is loaded when somebody asks for some

    pdf = preview_pdf(found)
    service.draft_printed(actor=request.user, draft=found)
    name = f"draft-{found.pk}-{found.revision}.pdf"
    return FileResponse(BytesIO(pdf), as_attachment=True, filename=name, content_type="application/pdf")


@require_POST
@signed_in
def freeze(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """Freeze the revision that was shown."""
    found = draft_of(request, identifier)
    kind = KINDS[found.kind]
    try:
        document = service.draft_freeze(actor=request.user, draft=found, revision=_revision(request))
    except Invalid as error:
        start = drafting.initial(found.body, found.references, kind, found.revision)
        form = drafting.DraftForm(initial=start, kind=kind, project=found.project)
        return _page(request, found.project, kind, form, draft=found, status=400, invalid=error)
    messages.success(request, f"Frozen as version {document.number}. Its digest names these exact bytes.")
    return redirect("document", document.digest)


def _revision(request: Request) -> int:
    """Return the revision that was shown; 0, which no draft has, for anything that is not a number."""
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _page(
    request: Request,
    project: Project | None,
    kind: Kind,
    form: drafting.DraftForm,
    *,
    base: Document | None = None,
    draft: Draft | None = None,
    status: int = 200,
    invalid: CountersignError | None = None,
    **more: Any,
) -> HttpResponse:
    context = {
        "project": project,
        "tab": "documents",
        "kind": kind,
        "form": form,
        "base": base,
        "draft": draft,
        "contributors": list(draft.contributors.all()) if draft else [],
        "complaints": complaints(kind, draft.body) if draft else [],
        "findings": findings_of(invalid) if invalid else [],
        "members": _members(kind),
        "guided": kind.name == policy.KIND,
        "form_template": extensions.form_template(kind.name),
        "templates": _templates(kind) if not draft and not base else (),
    }
    return render(request, "governance/draft.html", context | more, status=status)


def _templates(kind: Kind) -> Iterable[Template]:
    return POLICY_TEMPLATES.values() if kind.name == policy.KIND else kind.templates


def _members(kind: Kind) -> list[tuple[str, str, bool]]:
    """Return what the body holds: (member, what it is, required)."""
    schema = kind.schema.model_json_schema()
    wanted, defs = schema.get("required", []), schema.get("$defs", {})
    return [(name, _about(part, defs), name in wanted) for name, part in schema.get("properties", {}).items()]


def _about(part: dict[str, Any], defs: dict[str, Any]) -> str:
    if "description" in part:
        return str(part["description"])
    if "$ref" in part:
        return str(defs[part["$ref"].rsplit("/", 1)[-1]].get("description", "object")).split("\n")[0]
    if part.get("type") == "array":
        return f"list of: {_about(part.get('items', {}), defs) or 'values'}"
    if "anyOf" in part:
        return " or ".join(_about(branch, defs) for branch in part["anyOf"])
    if "enum" in part:
        return "one of " + ", ".join(map(str, part["enum"]))
    if "const" in part:
        return f"always {part['const']}"
    return {"string": "text", "integer": "whole number", "boolean": "true or false", "null": "null"}.get(
        str(part.get("type")), str(part.get("type") or "")
    )
