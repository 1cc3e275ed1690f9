"""Refusals and other errors as pages: what was found, what was expected, what mends it and who can."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from governance import request_memory
from governance.errors import Conflict, CountersignError, Finding, Invalid, Refused, Unavailable
from governance.selectors.documents import DocumentCorrupt
from governance.selectors.ledger import LeafCorrupt

log = logging.getLogger(__name__)

# These doors speak JSON and translate errors themselves.
MACHINES = ("/api/", "/control/")

ALTERED = "A record was altered"
TITLES = {
    400: "That cannot be accepted as it is",
    403: "Not allowed",
    404: "Not found",
    409: "Refused",
    500: "Something went wrong",
    503: "It cannot be done just now",
}


def findings_of(error: CountersignError) -> list[Finding]:
    """Return what an error has to say, as findings."""
    if isinstance(error, Refused):
        return error.findings
    if isinstance(error, Conflict):
        return [error.finding]
    if isinstance(error, Unavailable):
        return [
            Finding("the service", str(error), "to be able to do it", "Tell the owner; try again later.", "operator")
        ]
    if isinstance(error, Invalid):
        return [Finding(error.field, error.reason, "", "Mend it and try again.", "you")]
    return []


class RememberRoles:
    """Reads things once in a request, above all who holds which role: pages ask it of every part they might offer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with request_memory.during_request():
            return self.get_response(request)


class ErrorPages:
    """Renders the product's own errors for people; an htmx request gets a fragment with the same status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page for a CountersignError; leave every other exception, and the machines' doors, alone."""
        if request.path.startswith(MACHINES):
            return None
        if isinstance(exception, DocumentCorrupt | LeafCorrupt):
            log.error("%s %s: %s", request.method, request.path, exception)
            context = {
                "title": ALTERED,
                "status": 500,
                "message": f"{exception}. Tell the owner; run manage.py verify_ledger",
            }
            return render(request, "governance/error.html", context, status=500)
        if not isinstance(exception, CountersignError):
            return None
        log.info("%s %s: %s %s", request.method, request.path, exception.status, exception)
        title = "Somebody was faster" if isinstance(exception, Conflict) else TITLES.get(exception.status, TITLES[500])
        context = {
            "title": title,
            "status": exception.status,
            "message": "" if findings_of(exception) else str(exception),
            "findings": findings_of(exception),
            "recorded": isinstance(exception, Refused) and request.method == "POST",
        }
        fragment = bool(request.headers.get("HX-Request"))
        template = "governance/_error.html" if fragment else "governance/error.html"
        return render(request, template, context, status=exception.status)
