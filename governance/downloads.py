"""Answers that hand out bytes which somebody else made: saved, never shown, never run, and kept nowhere."""

from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from governance.selectors.attachments import Content

Answer = TypeVar("Answer", bound=HttpResponseBase)


def sandboxed(content: Content) -> HttpResponse:
    """Return a file as a download under its own name (RFC 6266), with everything a browser might do with it denied."""
    return _denied(HttpResponse(content.data, content_type="application/octet-stream"), content.name)


def streamed(name: str, chunks: Iterable[bytes]) -> StreamingHttpResponse:
    """Return a file as `sandboxed` does, sent as its chunks are made: for what may be too large to hold."""
    return _denied(StreamingHttpResponse(chunks, content_type="application/octet-stream"), name)


def _denied(response: Answer, name: str) -> Answer:
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response
