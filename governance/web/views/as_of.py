"""What was in force at a moment: the past, as it was."""

from datetime import UTC, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from governance.errors import Invalid
from governance.models import Document
from governance.selectors import as_of as select
from governance.selectors import documents as docs
from governance.selectors.due import SHELF
from governance.selectors.people import is_member, projects_of
from governance.web.forms.lists import AsOfForm
from governance.web.requests import Request, signed_in


@require_GET
@signed_in
def as_of(request: Request) -> HttpResponse:
    """Each document as it stood at a moment: since when, until when, signed by whom and how, under which policy."""
    projects = list(projects_of(request.user))
    places = [(p.slug, p.name) for p in projects] + ([(SHELF, "Shelf")] if is_member(request.user) else [])
    asked = request.GET.copy()
    asked.setdefault("time", f"{timezone.now() - timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}")
    form = AsOfForm(asked, projects=places)
    context: dict[str, Any] = {"form": form}
    status = 200
    if form.is_valid():
        try:
            context |= _answer(request, form.cleaned_data, {p.slug: p for p in projects})
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.reason)
    if form.errors:
        status = 400
    return render(request, "governance/as_of.html", context, status=status)


def _answer(request: Request, wanted: dict[str, Any], projects: dict[str, Any]) -> dict[str, Any]:
    then = select.at(wanted["time"].replace(tzinfo=UTC))
    rows, slug = docs.visible(request.user), wanted["project"]
    if slug:
        rows = rows.filter(project=projects.get(slug))
    one: Document | None = docs.get(request.user, wanted["document"]) if wanted["document"] else None
    if one is not None:
        rows = rows.filter(pk=one.digest)
    documents = select.frozen_by(rows, then)
    since = select.at(wanted["since"].replace(tzinfo=UTC)) if wanted["since"] else None
    found = select.answer(documents, then, since=since, governed=[projects.get(slug)] if slug else [])
    shown = [line for line in found.lines if wanted["all"] or one is not None or line.in_force]
    return {
        "then": then,
        "lines": shown,
        "hidden": len(found.lines) - len(shown),
        "one": one,
        "policy": found.policy,
        "slug": slug,
        "since": since,
        "changes": found.changes,
    }
