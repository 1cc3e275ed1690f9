"""Whom connections to other servers trust."""

import ssl
from functools import cache


@cache
def trusted() -> ssl.SSLContext:
    """Return the authorities that a server's certificate must lead to: read once, not anew for each question."""
    import httpx

    return httpx.create_ssl_context()
