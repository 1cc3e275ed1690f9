"""The witnesses that the operator named, and how to talk to one (C2SP tlog-witness). No database.

A witness may be away, slow, or lie: whatever comes back is bounded in time and size, and only a signature counts.
"""

import hashlib
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from governance.authorities import trusted
from governance.proof.checks.witnesses import WitnessPolicy
from governance.proof.formats.add_checkpoint import MAX_BODY, PATH, AddCheckpoint
from governance.proof.formats.note import VerifierKey

SECONDS = 10.0  # for one question, answer included


class Unanswered(Exception):
    """A witness gave no answer that means anything; the text says what came instead."""


@dataclass(frozen=True)
class Witness:
    """A witness as configured: its key, and the address (submission prefix) to ask at."""

    key: VerifierKey
    url: str

    @property
    def target(self) -> str:
        """The name under which sendings to it are recorded."""
        return f"witness {self.key.name} {self.key.key_id.hex()}"


@dataclass(frozen=True)
class Answer:
    """What a witness answered."""

    status: int
    text: str


def configured() -> tuple[Witness, ...]:
    """Return the witnesses in COUNTERSIGN_WITNESSES.

    Raises:
        ImproperlyConfigured: an entry is no verifier key and address, or they make no policy.
    """
    return tuple(_witness(entry) for entry in settings.COUNTERSIGN_WITNESSES)


def policy() -> WitnessPolicy | None:
    """Return whose cosignatures count and how many must be there; None without witnesses. Raises as `configured`."""
    keys = tuple(witness.key for witness in configured())
    if not keys:
        return None
    try:
        return WitnessPolicy(keys, settings.COUNTERSIGN_WITNESS_QUORUM or len({key.name for key in keys}))
    except ValueError as error:
        raise ImproperlyConfigured(f"COUNTERSIGN_WITNESSES and COUNTERSIGN_WITNESS_QUORUM: {error}") from None


def submit(witness: Witness, request: AddCheckpoint) -> Answer:
    """Return the witness's answer to add-checkpoint. Raises Unanswered."""
    return _ask("POST", witness.url + PATH, request.to_text().encode())


def newest(witness: Witness, origin: str) -> str | None:
    """Return the newest checkpoint that the witness cosigned for the log, or None. Raises Unanswered."""
    answer = _ask("GET", f"{witness.url}/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint")
    return answer.text if answer.status == 200 else None


def _ask(method: str, url: str, body: bytes = b"") -> Answer:
    import httpx

    deadline, read = time.monotonic() + SECONDS, bytearray()
    try:
        with httpx.stream(method, url, content=body, timeout=SECONDS / 2, verify=trusted()) as response:
            for chunk in response.iter_bytes():
                read += chunk
                if len(read) > MAX_BODY:
                    raise Unanswered(f"answered with more than {MAX_BODY} bytes")
                if time.monotonic() > deadline:
                    raise Unanswered(f"still answering after {SECONDS:g} seconds")
            return Answer(response.status_code, read.decode("utf-8"))
    except httpx.HTTPError as error:
        raise Unanswered(f"cannot be reached ({type(error).__name__}: {error})") from error
    except UnicodeDecodeError as error:
        raise Unanswered("answered with bytes that are no text") from error


def _witness(entry: str) -> Witness:
    vkey, _, url = entry.strip().partition(" ")
    url = url.strip().rstrip("/")
    try:
        key = VerifierKey.from_text(vkey)
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"found the address {url!r}, expected http:// or https://")
    except ValueError as error:
        raise ImproperlyConfigured(f"COUNTERSIGN_WITNESSES: {error}; write 'VERIFIER-KEY URL'") from None
    return Witness(key, url)
