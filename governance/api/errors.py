"""How refusals look in the API: one JSON shape for all of them.

    {"error": "refused", "detail": "…", "findings": [{check, found, expected, remedy, who}]}
    {"error": "invalid", "detail": "…", "field": "…", "reason": "…"}
"""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler

from governance.errors import Conflict, CountersignError, Invalid, Refused

NAMES = {400: "invalid", 403: "denied", 404: "not found", 409: "refused"}


def handle(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Translate the product's own errors; leave the framework's to the framework."""
    if isinstance(exception, CountersignError):
        return Response(describe(exception), status=exception.status)
    return exception_handler(exception, context)


def describe(error: CountersignError) -> dict[str, Any]:
    """Return an error as the API and the runners' control API show it."""
    body: dict[str, Any] = {"error": NAMES.get(error.status, "error"), "detail": str(error)}
    if isinstance(error, Refused):
        body["findings"] = [finding.as_dict() for finding in error.findings]
    if isinstance(error, Conflict):
        body["error"] = "conflict"
        body["findings"] = [error.finding.as_dict()]
    if isinstance(error, Invalid):
        body |= {"field": error.field, "reason": error.reason}
    return body
