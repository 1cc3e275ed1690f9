"""The control API for runners, under /control/v1/: consume, inputs, heartbeat, uploads, result, failed.

Not for people: its only credential is the permit with its secret, then the token that came with the receipt.
"""

import base64
import binascii
import json
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
from governance.proof.dsse import peek
from governance.proof.permit import Permit
from governance.services import attempts, permits

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

        return guarded

    return wrap


@_door("POST")
def consume(request: HttpRequest) -> HttpResponseBase:
    """Consume a permit: {permit (base64), secret, nonce} → {receipt (base64), token}."""
    body = _json(request)
    try:
        permit = base64.b64decode(str(body.get("permit", "")), validate=True)
    except (binascii.Error, ValueError):
        raise Invalid("permit", "found no base64, expected the permit's bytes in base64") from None
    nonce = str(body.get("nonce", ""))
    if not 16 <= len(nonce) <= 64:
        raise Invalid("nonce", f"found {len(nonce)} characters, expected 16 to 64 random ones")
    receipt, token = permits.consume(permit=permit, secret=str(body.get("secret", "")), nonce=nonce)
    return JsonResponse({"receipt": base64.b64encode(receipt).decode(), "token": token})


@_door("GET")
def read_input(request: HttpRequest, name: str) -> HttpResponseBase:
    """Stream an input that the attempt's permit names; the runner checks its hash."""
    attempt = _attempt(request)
    wanted = next((i for i in _permit(attempt).inputs if i.name == name), None)
    if wanted is None:
        raise NotFound(f"the permit names no input {name!r}")
    document = Document.objects.filter(pk=wanted.sha256).values_list("content", flat=True).first()
    chunks: Iterator[bytes] = iter([bytes(document)]) if document is not None else _stored(wanted.sha256)
    return StreamingHttpResponse(chunks, content_type="application/octet-stream")


@_door("POST")
def heartbeat(request: HttpRequest) -> HttpResponseBase:
    """Renew the lease: {progress, lines} → {stop}."""
    body = _json(request)
    progress, lines = body.get("progress"), body.get("lines") or []
    if not (progress is None or isinstance(progress, dict)) or not isinstance(lines, list):
        raise Invalid("progress", "expected an object or null, and a list of lines")
    stop = attempts.heartbeat(attempt=_attempt(request), progress=progress, lines=[str(line) for line in lines])
    return JsonResponse({"stop": stop})


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
    """Take a clean failure: {reason}."""
    reason = str(_json(request).get("reason", ""))[:10_000] or "the runner gave no reason"
    attempts.end(attempt=_attempt(request), state=AttemptState.FAILED, reason=reason, retry=False)
    return JsonResponse({"received": True})


def _attempt(request: HttpRequest) -> Attempt:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return attempts.by_token(token if scheme == "Bearer" else "")


def _permit(attempt: Attempt) -> Permit:
    return Permit.model_validate_json(peek(bytes(attempt.permit)).payload)


def _stored(sha256: str) -> Iterator[bytes]:
    if not store.has(sha256):
        raise NotFound(f"nothing is stored under {sha256}")
    return store.stream(sha256)


def _json(request: HttpRequest) -> dict[str, Any]:
    if int(request.headers.get("Content-Length") or 0) > MAX_JSON:
        raise Invalid("body", f"found more than {MAX_JSON} bytes, expected less")
    try:
        body = json.loads(request.body)
    except (ValueError, UnicodeDecodeError):
        raise Invalid("body", "found no JSON, expected an object") from None
    if not isinstance(body, dict):
        raise Invalid("body", "found no object, expected one")
    return body


urlpatterns = [
    path("consume", consume),
    path("inputs/<path:name>", read_input),
    path("heartbeat", heartbeat),
    path("uploads/<str:sha256>", upload),
    path("result", result),
    path("failed", failed),
]
