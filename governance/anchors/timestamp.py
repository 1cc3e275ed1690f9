"""Time stamps (RFC 3161): an authority signs that the checkpoint existed at its time.

The token is verified before it is kept, against the authority's root certificate that the operator obtained: over these
bytes, for this request. It covers the note as the log signed it, without cosignatures.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.x509 import Certificate
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from governance.anchors import TIME_STAMP, Departure, Undelivered
from governance.authorities import trusted
from governance.proof.formats import time_stamp
from governance.proof.formats.time_stamp import TimeStampError

SECONDS = 15.0
MAX_REPLY = 256 * 1024
QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"  # RFC 3161 §3.4


@dataclass(frozen=True)
class TimeStamps:
    """A time-stamp authority at `url` whose certificates lead to one of `roots`."""

    url: str
    roots: tuple[Certificate, ...]
    every: int
    for_reports: bool = True
    proves: str = "that the ledger was so no later than the authority's time, if the authority is honest"

    @classmethod
    def configured(cls) -> "TimeStamps":
        """Return the authority that the environment names. Raises ImproperlyConfigured."""
        url, path = settings.COUNTERSIGN_TIMESTAMP_URL, settings.COUNTERSIGN_TIMESTAMP_ROOT
        if not url.startswith(("http://", "https://")):
            raise ImproperlyConfigured(f"COUNTERSIGN_TIMESTAMP_URL is {url!r}; expected http:// or https://")
        try:
            roots = time_stamp.roots_of(Path(path).read_bytes())
        except (OSError, ValueError) as error:
            raise ImproperlyConfigured(
                f"COUNTERSIGN_TIMESTAMP_ROOT is {path!r}, expected a file with the authority's root certificate in PEM "
                f"format: {error}"
            ) from error
        return cls(url, roots, settings.COUNTERSIGN_TIMESTAMP_SECONDS)

    @property
    def name(self) -> str:
        """The name in records."""
        return f"{TIME_STAMP}{self.url}"

    def deliver(self, departure: Departure) -> bytes:
        """Return the authority's reply (DER, RFC 3161 §2.4.2) for the note as the log signed it."""
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

        content = departure.signed.encode()
        request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True)
        query = request.cert_request(cert_request=True).build()
        reply = self.ask(query.as_bytes())
        self._verify(reply, content, nonce=query.nonce)
        return reply

    def ask(self, query: bytes) -> bytes:
        """Return the authority's answer to a query (both DER, RFC 3161 §2.4), not looked at.

        Raises:
            Undelivered: it cannot be reached, answered with an error, or with too much.
        """
        import httpx

        reply = bytearray()
        try:
            with httpx.stream(
                "POST",
                self.url,
                content=query,
                headers={"Content-Type": QUERY},
                timeout=SECONDS,
                verify=trusted(),
            ) as response:
                for chunk in response.iter_bytes():
                    reply += chunk
                    if len(reply) > MAX_REPLY:
                        raise Undelivered(f"the authority answered with more than {MAX_REPLY} bytes")
        except httpx.HTTPError as error:
            raise Undelivered(f"the authority cannot be reached ({type(error).__name__}: {error})") from error
        if response.status_code != 200:
            raise Undelivered(f"the authority answered {response.status_code}")
        return bytes(reply)

    def time_of(self, token: bytes, signed: str) -> datetime:
        """Return the time at which the authority saw exactly this note. Raises Undelivered: the token does not hold."""
        return self._verify(token, signed.encode(), nonce=None)

    def _verify(self, reply: bytes, content: bytes, *, nonce: int | None) -> datetime:
        try:
            return time_stamp.verify(reply, content, self.roots, nonce=nonce).time
        except TimeStampError as error:
            raise Undelivered(str(error)) from error
