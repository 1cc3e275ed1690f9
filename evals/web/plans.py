"""Pages of evaluation plans: the form of acceptance thresholds."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST
from pydantic import ValidationError

from evals import documents as kinds
from evals.engine.presets import PresetBody
from evals.engine.spec import EvaluationSetBody, RubricBody, ThresholdsBody
from evals.selectors import deciding, presets
from evals.web.thresholds_form import ThresholdsForm
from governance.errors import Conflict, NotFound
from governance.models import Document, Draft
from governance.registry import KINDS
from governance.selectors import documents as docs
from governance.selectors.drafts import complaints
from governance.services import documents as service
from governance.web import drafting
from governance.web.requests import Request, signed_in
from governance.web.views.drafts import draft_of
from governance.web.views.projects import project_of

KIND = kinds.THRESHOLDS
Linked = tuple[EvaluationSetBody | None, RubricBody | None, list[str]]
"""What a draft refers to, and the names of the measures that its project has."""


@require_POST
@signed_in
def begin(request: Request, slug: str) -> HttpResponse:
    """Save an empty draft, or one from the version before, and go on in the form."""
    project = project_of(request.user, slug)
    base = docs.get(request.user, request.POST["base"]) if request.POST.get("base") else None
    if base is not None and (base.kind != KIND or base.project != project):
        raise NotFound("there are no such thresholds here")
    made = service.draft_create(
        actor=request.user,
        project=project,
        kind=KIND,
        body=docs.display_body(base) if base else {"title": "", "preset": "standard", "thresholds": []},
        references=[x.model_dump() for x in docs.references(base)] if base else [],
        base=base,
    )
    messages.success(request, "Draft saved.")
    return redirect("thresholds-draft", made.pk)


@signed_in
def thresholds(request: Request, identifier: uuid.UUID) -> HttpResponse:
    """The form of a draft of acceptance thresholds. The JSON editor shows and edits the same draft."""
    found = draft_of(request, identifier)
    if found.kind != KIND:
        raise NotFound("there is no such form for this draft")
    if found.frozen_id:
        return redirect("document", found.frozen_id)
    linked = _linked(found)
    posted = request.POST if request.method == "POST" else None
    form = _form(posted, found, linked)
    start = drafting.initial(found.body, found.references, KINDS[KIND], found.revision)
    links = drafting.DraftForm(posted, initial=start, kind=KINDS[KIND], project=found.project)
    if posted is None:
        return _page(request, found, form, links)
    if form.act != "save":
        return _page(request, found, form, links, unsaved=True)
    del links.fields["body"]
    if not all([form.is_valid(), links.is_valid()]):
        return _page(request, found, form, links, status=400, wrong=True)
    try:
        service.draft_edit(
            actor=request.user,
            draft=found,
            revision=form.head.cleaned_data["revision"],
            body=form.body(_preset(links)),
            references=links.references(),
        )
    except Conflict as error:
        found.refresh_from_db()
        if found.frozen_id:
            raise
        typed = request.POST.copy()
        typed["revision"] = str(found.revision)
        again = _form(typed, found, linked)
        return _page(request, found, again, links, status=409, conflict=error)
    messages.success(request, "Draft saved.")
    return redirect("thresholds-draft", found.pk)


def _page(
    request: Request,
    found: Draft,
    form: ThresholdsForm,
    links: drafting.DraftForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {
        "project": found.project,
        "tab": "documents",
        "kind": KINDS[KIND],
        "draft": found,
        "form": form,
        "links": links,
        "contributors": list(found.contributors.all()),
        "complaints": complaints(KINDS[KIND], found.body),
        "tells": _tells(found),
    }
    return render(request, "evals/thresholds_draft.html", context | more, status=status)


def _tells(found: Draft) -> list[dict[str, str]]:
    """Return what the saved draft could show, once it says enough for that."""
    cases, rubric = (_reference(found, role) for role in ("evaluation_set", "rubric"))
    if cases is None or rubric is None:
        return []
    try:
        body = ThresholdsBody.model_validate(found.body)
    except ValidationError:
        return []
    shown = [{"label": one.threshold.id, "text": one.words} for one in deciding.preview(body, cases, rubric)]
    made = presets.preview(body, _reference(found, presets.ROLE))
    return [*shown, {"label": "Preset", "text": made.words}]


def _form(data: QueryDict | None, found: Draft, linked: Linked) -> ThresholdsForm:
    cases, rubric, measures = linked
    return ThresholdsForm(data, body=found.body, revision=found.revision, cases=cases, rubric=rubric, measures=measures)


def _linked(found: Draft) -> Linked:
    cases, rubric = (_reference(found, role) for role in ("evaluation_set", "rubric"))
    outside = docs.heads(found.project, kinds.MEASURES)
    return (
        docs.model_body(cases, EvaluationSetBody) if cases else None,
        docs.model_body(rubric, RubricBody) if rubric else None,
        sorted({m["name"] for document in outside for m in docs.envelope(document).body["measures"]}),
    )


def _preset(links: drafting.DraftForm) -> PresetBody | None:
    digest = links.cleaned_data.get(f"link_{presets.ROLE}")
    chosen = Document.objects.filter(digest=digest, kind=presets.KIND).first() if digest else None
    return presets.body(chosen) if chosen is not None else None


def _reference(found: Draft, role: str) -> Document | None:
    named = next((x["digest"] for x in found.references if x.get("role") == role), None)
    if named is None:
        return None
    here = Q(project=found.project) | Q(project=None)
    return Document.objects.filter(here, digest=named, kind__in=KINDS[KIND].links[role].kinds).first()
