"""The register of my own signatures, with a receipt for each."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from governance import access
from governance.proof.formats.fields import rfc3339
from governance.selectors import signatures as select
from governance.selectors.signatures import Registered
from governance.web import spreadsheet
from governance.web.requests import Request, signed_in

PER_PAGE = 50
COLUMNS = (
    "time (UTC)",
    "documents",
    "digests",
    "role",
    "meaning",
    "reason",
    "method",
    "for",
    "statement",
    "entry",
    "counts",
)


@signed_in
def signatures(request: Request) -> HttpResponse:
    """What I signed, newest first."""
    page = Paginator(select.of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": select.register(page.object_list)}
    return render(request, "governance/signatures.html", context)


@signed_in
def exported(request: Request) -> StreamingHttpResponse:
    """The whole register as a table for a spreadsheet."""
    return spreadsheet.table("my-signatures.csv", COLUMNS, map(_line, select.register(select.of(request.user))))


def _line(one: Registered) -> tuple[Any, ...]:
    said = one.said
    return (
        rfc3339(one.signature.at),
        "; ".join(spreadsheet.plain(str(document)) for document, _ in one.papers),
        "; ".join(document.digest for document, _ in one.papers),
        access.label(one.signature.role),
        spreadsheet.plain(said.meaning) if said else "",
        spreadsheet.plain(said.reason) if said else "",
        said.method.label if said else "does not verify",
        spreadsheet.plain(said.on_behalf_of.printed_name) if said and said.on_behalf_of else "",
        one.signature.statement_digest,
        one.signature.seq,
        "yes" if one.counts else "no",
    )
