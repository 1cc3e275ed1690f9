"""The control API for runners, under /control/v1/: consume, inputs, heartbeat, talk and so on.

Not for people: its only credential is the permit with its secret, then the token that came with the receipt.
"""

import base64
import binascii
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from governance import store
from governance.api.errors import describe
from governance.errors import CountersignError, Invalid, NotFound
from governance.job_states import AttemptState
from governance.models import Attempt, Document
from governance.proof.formats.dsse import peek
from governance.proof.formats.permit import Permit
from governance.selectors import jobs as select
from governance.services import attempts, permits

log = logging.getLogger(__name__)
MAX_JSON = 8 * 1024 * 1024


def _door(method: str) -> Callable[..., Callable[..., HttpResponseBase]]:
    def wrap(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @csrf_exempt
        @require_http_methods([method])
        def guarded(request: HttpRequest, **parts: str) -> HttpResponseBase:
            try:
                return view(request, **parts)
            except CountersignError as problem:
                return JsonResponse(describe(problem), status=problem.status)
            except OSError as problem:  # the runner tells it, and is told to try again
                log.exception("the store failed")
                detail = f"the server's storage failed: {problem.strerror or 'no reason given'}"
                return JsonResponse({"error": "storage", "detail": detail}, status=503)

        return guarded

    return wrap


@_door("POST")
def consume(request: HttpRequest) -> HttpResponseBase:
    """Consume a permit: {permit (base64), secret, nonce} → {receipt (base64), token, lease_seconds}."""
    body = _json(request)
    try:
        permit = base64.b64decode(str(body.get("permit", "")), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("permit", "found no base64, expected the permit's bytes in base64") from None
    secret, nonce = str(body.get("secret", "")), str(body.get("nonce", ""))
    for name, value in (("nonce", nonce), ("secret", secret)):
        if not 16 <= len(value) <= 64 or not value.isascii() or not value.isprintable():
            raise Invalid(name, f"found {len(value)} characters, expected 16 to 64 random ones of ASCII")
    receipt, token = permits.consume(permit=permit, secret=secret, nonce=nonce)
    return JsonResponse(
        {
            "receipt": base64.b64encode(receipt).decode(),
            "token": token,
            "lease_seconds": int(permits.lease().total_seconds()),
        }
    )


@_door("GET")
def read_input(request: HttpRequest, name: str) -> HttpResponseBase:
    """Stream an input that the attempt's permit names; the runner checks its hash."""
    attempt = _attempt(request)
    wanted = next((i for i in _permit(attempt).inputs if i.name == name), None)
    if wanted is None:
        raise NotFound(f"the permit names no input {name!r}")
    document = Document.objects.filter(pk=wanted.sha256).values_list("content", flat=True).first()
    if document is not None:
        chunks: Iterator[bytes] = iter([bytes(document)])
        size = len(bytes(document))
    elif store.has(wanted.sha256):
        chunks, size = store.stream(wanted.sha256), store.path_of(wanted.sha256).stat().st_size
    else:
        raise NotFound(f"nothing is stored under {wanted.sha256}")
    # With its length stated the runner has all bytes, and finds them wrong, before a corrupt stream breaks off.
    headers = {"Content-Length": str(size)}
    return StreamingHttpResponse(chunks, content_type="application/octet-stream", headers=headers)


@_door("POST")
def heartbeat(request: HttpRequest) -> HttpResponseBase:
    """Renew the lease: {progress, lines} → {stop}."""
    body = _json(request)
    progress, lines = body.get("progress"), body.get("lines") or []
    if not (progress is None or isinstance(progress, dict)) or not isinstance(lines, list):
        raise Invalid("progress", "expected an object or null, and a list of lines")
    stop = attempts.heartbeat(attempt=_attempt(request), progress=progress, lines=[str(line) for line in lines])
    return JsonResponse({"stop": stop})


@_door("POST")
def talk(request: HttpRequest) -> HttpResponseBase:
    """Take what a runner says to its own purpose, and answer it; most purposes have nothing to talk about."""
    attempt = _attempt(request)
    answer = select.purpose(attempt.job.spec).talk
    if answer is None:
        raise Invalid("purpose", "found one whose runners deliver a result and say nothing before")
    return JsonResponse(answer(attempt, _json(request)))


@_door("PUT")
def upload(request: HttpRequest, sha256: str) -> HttpResponseBase:
    """Take an output file; the address names its digest, and other bytes are refused."""
    attempt = _attempt(request)
    try:
        store.path_of(sha256)
    except ValueError as problem:
        raise Invalid("sha256", str(problem)) from None
    entry = attempts.keep_upload(attempt=attempt, digest=sha256, chunks=iter(lambda: request.read(store.CHUNK), b""))
    return JsonResponse({"sha256": entry.sha256, "size": entry.size})


@_door("POST")
def result(request: HttpRequest) -> HttpResponseBase:
    """Take the result: {body, files}. It is judged later; sending it again changes nothing."""
    attempts.receive(attempt=_attempt(request), result=_json(request))
    return JsonResponse({"received": True})


@_door("POST")
def failed(request: HttpRequest) -> HttpResponseBase:
    """Take a clean failure: {reason, again}. With `again` it is tried once more, as often as policy allows."""
    said = _json(request)
    reason = str(said.get("reason", ""))[:10_000].replace("\0", "") or "the runner gave no reason"
    again = said.get("again") is True
    attempts.end(attempt=_attempt(request), state=AttemptState.FAILED, reason=reason, retry=again)
    return JsonResponse({"received": True})


def _attempt(request: HttpRequest) -> Attempt:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return attempts.by_token(token if scheme == "Bearer" else "")


def _permit(attempt: Attempt) -> Permit:
    return Permit.model_validate_json(peek(bytes(attempt.permit)).payload)


def _json(request: HttpRequest) -> dict[str, Any]:
    if int(request.headers.get("Content-Length") or 0) > MAX_JSON:
        raise Invalid("body", f"found more than {MAX_JSON} bytes, expected less")
    try:
        body = json.loads(request.body)
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()  # no NaN; half of a surrogate pair is no text
    except (ValueError, RecursionError):
        raise Invalid("body", "found no JSON, expected an object") from None
    if not isinstance(body, dict):
        raise Invalid("body", "found no object, expected one")
    return body


urlpatterns = [
    path("consume", consume),
    path("inputs/<path:name>", read_input),
    path("heartbeat", heartbeat),
    path("talk", talk),
    path("uploads/<str:sha256>", upload),
    path("result", result),
    path("failed", failed),
]
