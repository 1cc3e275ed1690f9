"""How refusals look in the API: one JSON shape for all of them.

{"error": "refused", "detail": "…", "findings": [{check, found, expected, remedy, who}]}
{"error": "invalid", "detail": "…", "field": "…", "reason": "…", "errors": [{field, reason}]}
"""

import errno
import logging
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler

from governance.errors import Conflict, CountersignError, Invalid, Refused
from governance.selectors.documents import DocumentCorrupt
from governance.selectors.ledger import LeafCorrupt
from governance.store import BytesCorrupt, BytesMissing

log = logging.getLogger(__name__)

NAMES = {
    400: "invalid",
    401: "not signed in",
    403: "denied",
    404: "not found",
    405: "not allowed",
    406: "not acceptable",
    409: "refused",
    413: "too large",
    415: "unsupported",
    429: "too many",
    503: "unavailable",
}
FULL = (errno.ENOSPC, errno.EDQUOT)
CORRUPT = (DocumentCorrupt, LeafCorrupt, BytesCorrupt, BytesMissing)


class TooLarge(exceptions.APIException):
    """The request's body is larger than the service takes."""

    status_code = 413
    default_code = "too_large"


class LockedOut(exceptions.APIException):
    """Too many failed sign-ins from one address."""

    status_code = 429
    default_code = "locked_out"
    default_detail = "too many failed sign-ins; wait a quarter of an hour, or ask the owner"


class FindingOut(serializers.Serializer[Any]):
    """Why something was refused, and who can mend it how."""

    check = serializers.CharField()
    found = serializers.CharField()
    expected = serializers.CharField()
    remedy = serializers.CharField()
    who = serializers.CharField()


class FieldErrorOut(serializers.Serializer[Any]):
    """What is wrong with one field."""

    field = serializers.CharField()
    reason = serializers.CharField()


class ProblemOut(serializers.Serializer[Any]):
    """Any answer that is not a yes."""

    error = serializers.CharField()
    detail = serializers.CharField()
    findings = FindingOut(many=True, required=False)
    field = serializers.CharField(required=False)
    reason = serializers.CharField(required=False)
    errors = FieldErrorOut(many=True, required=False)  # type: ignore[assignment]


def handle(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Translate the product's errors, the framework's, and hostile requests into the one shape; leave bugs alone."""
    if isinstance(exception, CountersignError):
        return Response(describe(exception), status=exception.status)
    if isinstance(exception, CORRUPT):
        log.error("stored bytes cannot be trusted: %s", exception)
        return Response({"error": "corrupt", "detail": f"{exception}; run manage.py verify_ledger"}, status=500)
    if isinstance(exception, OSError) and exception.errno in FULL:
        log.error("the disk is full: %s", exception)
        return Response({"error": "storage full", "detail": "the server's disk is full; tell its operator"}, status=507)
    if isinstance(exception, TooManyFieldsSent | TooManyFilesSent | SuspiciousOperation):
        exception = exceptions.ParseError(str(exception) or "the request is malformed")
    response = exception_handler(exception, context)
    if response is None:
        return None
    response.data = _framework(exception, response)
    return response


def describe(error: CountersignError) -> dict[str, Any]:
    """Return an error as the API and the runners' control API show it."""
    body: dict[str, Any] = {"error": NAMES.get(error.status, "error"), "detail": str(error)}
    if isinstance(error, Refused):
        body["findings"] = [finding.as_dict() for finding in error.findings]
    if isinstance(error, Conflict):
        body["error"] = "conflict"
        body["findings"] = [error.finding.as_dict()]
    if isinstance(error, Invalid):
        problem = {"field": error.field, "reason": error.reason}
        body |= {**problem, "errors": [problem]}
    return body


def _framework(exception: Exception, response: Response) -> dict[str, Any]:
    name = NAMES.get(response.status_code, "error")
    if not isinstance(exception, exceptions.ValidationError):
        detail = response.data.get("detail") if isinstance(response.data, dict) else response.data
        body: dict[str, Any] = {"error": name, "detail": str(detail)}
        if isinstance(exception, exceptions.ParseError):
            body |= {"field": "body", "reason": str(detail), "errors": [{"field": "body", "reason": str(detail)}]}
        return body
    problems = [{"field": field, "reason": reason} for field, reason in _flat(exception.detail)]
    first = problems[0] if problems else {"field": "body", "reason": "the input is not acceptable"}
    return {"error": name, "detail": f"{first['field']}: {first['reason']}", **first, "errors": problems}


def _flat(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (field, reason) for every message of a nested validation error; fields of fields are dotted."""
    if isinstance(detail, dict):
        for key, value in detail.items():
            own = path if key == "non_field_errors" else f"{path}.{key}" if path else str(key)
            yield from _flat(value, own)
    elif isinstance(detail, list):
        for value in detail:
            yield from _flat(value, path)
    else:
        yield path or "body", str(detail)
