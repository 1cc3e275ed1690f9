"""Pages of inventories: bringing one, and what comes of holding it against what is known here."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from governance import access
from governance.errors import CountersignError, Invalid
from governance.models import Project
from governance.proof.sections.inventories import SOURCES
from governance.selectors.people import projects_of
from governance.web import spreadsheet
from governance.web.refusals import refused
from governance.web.requests import Request, signed_in
from governance.web.views.projects import project_of
from training.inventory import matching, reading
from training.kinds.inventories import ACTION
from training.selectors import reconciliation as select
from training.services import inventories as service
from training.web.inventory_forms import InventoryForm

PER_PAGE = 100
TONES = {
    matching.MATCHED: ("ok", "check-circle-fill"),
    matching.UNKNOWN: ("bad", "question-circle"),
    matching.CONFLICT: ("bad", "exclamation-octagon"),
    matching.REPEATED: ("bad", "copy"),
    matching.MISSING: ("wait", "dash-circle"),
}


@require_safe
@signed_in
def inventories(request: Request) -> HttpResponse:
    """The inventories I may see, the newest first."""
    page = Paginator(select.listed(request.user), PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "training/inventories.html", {"page": page, "tab": "inventories", "may": bool(_places(request))}
    )


@signed_in
def bring(request: Request) -> HttpResponse:
    """Bring an inventory: read whole, or refused with line and reason."""
    today = timezone.now().date()
    initial = {"covers_from": today.replace(day=1), "covers_until": today, "preset": "plain"}
    form = InventoryForm(request.POST or None, request.FILES or None, places=_places(request), initial=initial)
    more: dict[str, Any] = {}
    status = 400 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        project: Project | None = project_of(request.user, given["project"]) if given["project"] else None
        try:
            made = service.bring(
                actor=request.user,
                project=project,
                title=given["title"],
                source=given["source"],
                system=given["system"],
                covers=(given["covers_from"].isoformat(), given["covers_until"].isoformat()),
                environments=given["environments"].split(","),
                columns=form.mapping,
                form=given["format"],
                file=given["file"].chunks(),
            )
        except CountersignError as error:
            more, status = _refused(form, error), error.status
        else:
            messages.success(request, "The inventory is on record; this is how it agrees with what is known here.")
            return redirect("reconciliation", made.digest)
    context = {"form": form, "columns": reading.COLUMNS, "presets": reading.PRESETS}
    return render(request, "training/inventory_bring.html", context | more, status=status)


@require_safe
@signed_in
def reconciliation(request: Request, digest: str) -> HttpResponse:
    """An inventory held against what is known here: differences first, each of which can become a finding."""
    held = select.of(request.user, digest)
    wanted = request.GET.get("outcome", "")
    rows = [one for outcome in matching.OUTCOMES if wanted in ("", outcome) for one in _rows(held.result, outcome)]
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    may = access.can(request.user, "finding.raise", held.document.project)
    context = {
        "held": held,
        "document": held.document,
        "project": held.document.project,
        "tab": "documents",
        "page": page,
        "outcome": wanted,
        "query": urlencode({"outcome": wanted}) if wanted else "",
        "counts": [(outcome, *TONES[outcome], held.result.counts[outcome]) for outcome in matching.OUTCOMES],
        "source": SOURCES[held.body.source],
        "rows": [row | {"finding": _finding(digest, row) if may else ""} for row in page.object_list],
    }
    return render(request, "training/reconciliation.html", context)


@require_safe
@signed_in
def exported(request: Request, digest: str) -> HttpResponseBase:
    """The same as a table for a spreadsheet."""
    held = select.of(request.user, digest)
    rows = (row for outcome in matching.OUTCOMES for row in _rows(held.result, outcome))
    lines = ([spreadsheet.plain(str(row[name])) for name in COLUMNS] for row in rows)
    return spreadsheet.table(f"reconciliation-{digest[7:19]}.csv", COLUMNS, lines)


COLUMNS = ("outcome", "place", "there", "here", "note", "record")


def _rows(result: matching.Reconciliation, outcome: str) -> list[dict[str, Any]]:
    tone, symbol = TONES[outcome]
    shape = {"outcome": outcome, "tone": tone, "symbol": symbol}
    if outcome == matching.MISSING:
        return [
            shape | {"place": "", "there": "", "here": one.label, "page": one.page, "key": one.key,
                     "record": one.subject, "note": "known here in that time, and in no row"}
            for one in result.missing
        ]  # fmt: skip
    return [
        shape
        | {
            "place": f"line {line.row.number}",
            "there": line.row.source_id or line.row.service or line.row.job or line.row.digest,
            "here": line.known.label if line.known else "",
            "page": line.known.page if line.known else "",
            "key": line.known.key if line.known else "",
            "record": line.known.subject if line.known else "",
            "note": line.note,
        }
        for line in result.of(outcome)
    ]


def _finding(digest: str, row: dict[str, Any]) -> str:
    if row["outcome"] == matching.MATCHED:
        return ""
    place = row["place"] or f"not seen there: {row['here']}"
    return f"{reverse('finding-begin')}?{urlencode({'record': digest, 'place': place[:300]})}"


def _places(request: Request) -> list[tuple[str, str]]:
    found = [(one.slug, one.name) for one in projects_of(request.user) if access.can(request.user, ACTION, one)]
    return [*([("", "the whole organisation")] if access.can(request.user, ACTION, None) else []), *found]


def _refused(form: InventoryForm, error: CountersignError) -> dict[str, Any]:
    if isinstance(error, Invalid) and error.field.removeprefix("body.") in form.fields:
        form.add_error(error.field.removeprefix("body."), error.reason)
        return {}
    return refused(form, error)
