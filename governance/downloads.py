"""Answers that hand out bytes which somebody else made: saved, never shown, never run, and kept nowhere."""

from urllib.parse import quote

from django.http import HttpResponse

from governance.selectors.attachments import Content


def sandboxed(content: Content) -> HttpResponse:
    """Return a file as a download under its own name (RFC 6266), with everything a browser might do with it denied."""
    response = HttpResponse(content.data, content_type="application/octet-stream")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(content.name)}"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "no-store"
    return response
