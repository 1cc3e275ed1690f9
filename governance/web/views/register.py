"""The register of runs, attempts, releases and refused acts: as a page and as tables for spreadsheets."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from governance import access
from governance.errors import Invalid
from governance.models import Project
from governance.proof.checks.periods import Days
from governance.proof.history import register as made
from governance.proof.pages.register import printed
from governance.selectors import register as select
from governance.selectors.people import projects_of
from governance.web import spreadsheet
from governance.web.forms.audit import RegisterFilter
from governance.web.requests import Request, signed_in
from governance.web.tags import kind_label, purpose_label
from governance.web.views.projects import project_of

PER_PAGE = 100
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
TABLES = {
    "runs": (made.RUN_COLUMNS, made.RUNS),
    "releases": (made.RELEASE_COLUMNS, made.RELEASES),
    "refused": (made.REFUSAL_COLUMNS, made.REFUSED),
}


@require_GET
@signed_in
def register(request: Request) -> HttpResponse:
    """A page of one table of the register, newest last, with what there is in all."""
    form, project = _form(request)
    found, problem = _asked(form, project)
    many = problem if isinstance(problem, select.TooMany) else None
    table = (form.cleaned_data.get("table") or "runs") if form.is_valid() else "runs"
    rows = getattr(found, table) if found is not None else ()
    page = Paginator(rows[::-1], PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "form": form,
        "project": project,
        "register": found,
        "problem": problem.reason if problem else "",
        "many": many is not None,
        "fits": _fitting(request, many.fits) if many is not None and many.fits is not None else "",
        "days": _days(form) if many is not None else "",
        "tab": "register",
        "may_seal": access.can(request.user, "ledger.report", project),
        "table": table,
        "page": page,
        "columns": TABLES[table][0],
        "caption": TABLES[table][1],
        "rows": [_cells(TABLES[table][0], row) for row in page.object_list],
        "query": query.urlencode(),
    }
    return render(request, "governance/register.html", context, status=400 if problem else 200)


@require_GET
@signed_in
def exported(request: Request) -> HttpResponseBase:
    """One whole table as CSV, oldest first."""
    form, project = _form(request)
    found, problem = _asked(form, project)
    if problem is not None or found is None:
        raise problem or Invalid("since", "found no register, expected one")
    table = form.cleaned_data.get("table") or "runs"
    rows = ([spreadsheet.plain(str(cell)) for cell in row] for row in getattr(found, table))
    return spreadsheet.table(f"register-{table}-{found.first}-{found.stop}.csv", TABLES[table][0], rows)


@dataclass(frozen=True)
class Cell:
    """A cell as the page draws it: a time, digests, or a text that leads to a page."""

    column: str
    text: str
    time: bool = False
    digests: tuple[str, ...] = ()
    before: str = ""
    page: str = ""
    key: str = ""


def _cells(columns: Sequence[str], row: made.Row) -> list[Cell]:
    attempt = "." in str(row[0])
    return [_cell(column, str(value), attempt) for column, value in zip(columns, row, strict=True)]


def _cell(column: str, text: str, attempt: bool) -> Cell:
    if column == "When":
        return Cell(column, text, time=True)
    if column == "Identifier":
        return Cell(column, text[:8]) if attempt else Cell(column, text[:8], page="run", key=text)
    digests = tuple(text.split(", "))
    if column in ("Rests on", "Digest", "About") and all(map(DIGEST.fullmatch, digests)):
        page = "" if attempt else "document"
        return Cell(column, text, digests=digests, before="permit" if attempt else "", page=page)
    if column == "What":
        return Cell(column, purpose_label(kind_label(text)))
    return Cell(column, str(*printed((column,), (text,))))


def _form(request: Request) -> tuple[RegisterFilter, Project | None]:
    """Return what is asked, and of which project; somebody who may see one project alone is asked nothing first."""
    own = list(projects_of(request.user))
    everything = access.can(request.user, "ledger.read", None)
    form = RegisterFilter(request.GET, projects=[(one.slug, one.name) for one in own], everything=everything)
    slug = form.cleaned_data["project"] if form.is_valid() else ""
    project = project_of(request.user, slug) if slug else None
    if project is None and not everything and own:
        project = own[0]
    select.require(request.user, project)
    return form, project


def _fitting(request: Request, day: date) -> str:
    """Return the address's question for the newest entries that a page can read: from that day on."""
    query = request.GET.copy()
    query["since"] = day.isoformat()
    return query.urlencode()


def _days(form: RegisterFilter) -> str:
    """Return the days asked for, as the page asks for the sealed register of them."""
    given = {"p-first": form.cleaned_data["since"], "p-last": form.cleaned_data["until"]}
    return urlencode({name: day.isoformat() for name, day in given.items() if day})


def _asked(form: RegisterFilter, project: Project | None) -> tuple[made.Register | None, Invalid | None]:
    if not form.is_valid():
        return None, Invalid("since", "choose one of the projects offered, and days")
    given: dict[str, Any] = form.cleaned_data
    days = Days(given["since"], given["until"])
    try:
        return select.of(project, *select.span(days.since, days.until)), None
    except Invalid as error:
        return None, error
