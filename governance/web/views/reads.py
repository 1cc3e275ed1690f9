"""The access log: who read what, for owners and auditors."""

import csv
from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from governance import access
from governance.models import AccessRecord
from governance.selectors import documents as docs
from governance.selectors import reads as select
from governance.web.forms.lists import ReadsFilter
from governance.web.requests import Request, signed_in

PER_PAGE = 100


class _Line:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


@signed_in
def reads(request: Request) -> HttpResponseBase:
    """Everything that was read, narrowed by person, subject and day; as a page or as CSV."""
    access.require(request.user, "record.list", None)
    form = ReadsFilter(request.GET or None)
    wanted = form.cleaned_data if form.is_bound and form.is_valid() else {}
    found = select.records(
        subject=(wanted.get("subject") or "").strip(),
        username=(wanted.get("person") or "").strip(),
        since=wanted.get("since"),
        until=wanted.get("until"),
    )
    if request.GET.get("form") == "csv":
        answer = StreamingHttpResponse(_csv(found.iterator(2000)), content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = 'attachment; filename="access-log.csv"'
        return answer
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    titles = select.titles(page.object_list)
    rows = [
        {"at": r.at, "user": r.user, "subject": r.subject, "via": r.via, "title": titles.get(r.subject)} for r in page
    ]
    context = {"form": form, "page": page, "rows": rows, "query": query.urlencode()}
    return render(request, "governance/reads.html", context)


@signed_in
def readers(request: Request, digest: str) -> HttpResponse:
    """Who read one document."""
    found = docs.get(request.user, digest)
    access.require(request.user, "record.list", found.project)
    page = Paginator(select.records(subject=found.digest), PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"document": found, "project": found.project, "page": page, "rows": list(page)}
    return render(request, "governance/reads.html", context)


def _csv(rows: Iterator[AccessRecord]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(["at", "person", "username", "subject", "via"])
    for row in rows:
        yield writer.writerow(
            [row.at.isoformat(), _plain(str(row.user)), _plain(row.user.username), row.subject, row.via]
        )


def _plain(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
