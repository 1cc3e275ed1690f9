"""The runner's side of the control API: plain HTTP, no Django."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

CHUNK = 1024 * 1024
TRIES = 8
BUSY = (502, 503, 504)


class Lost(Exception):
    """The control plane says this attempt is over: stop, its result will not be accepted."""


class NotAllowed(Exception):
    """The control plane refused; the text is its reason, `status` the HTTP status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status


class OutOfReach(Exception):
    """The control plane does not answer."""


class Interrupted(Exception):
    """A transfer broke off; it can be begun again."""


class ControlPlane:
    """A connection to the control plane for one attempt."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address.rstrip("/") + "/control/v1/", timeout=httpx.Timeout(60, connect=10))
        self.lease_seconds = 0.0

    def consume(self, permit: bytes, secret: str, nonce: str) -> tuple[bytes, str]:
        """Consume the permit and return the receipt; from now on calls carry the token that came with it."""
        body = {"permit": base64.b64encode(permit).decode(), "secret": secret, "nonce": nonce}
        answer = self._send("POST", "consume", json=body)
        token = str(answer["token"])
        self._http.headers["Authorization"] = f"Bearer {token}"
        self.lease_seconds = float(answer["lease_seconds"])
        return base64.b64decode(answer["receipt"]), token

    def heartbeat(self, progress: dict[str, Any] | None, lines: list[str]) -> bool:
        """Renew the lease, tell the progress, and return whether to stop."""
        return bool(self._send("POST", "heartbeat", json={"progress": progress, "lines": lines})["stop"])

    def talk(self, said: dict[str, Any]) -> dict[str, Any]:
        """Say something to the purpose's own side of the control plane and return its answer."""
        return self._send("POST", "talk", json=said)

    def fetch(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of an input the permit names. Interrupted: the connection broke; begin again."""
        try:
            with self._http.stream("GET", f"inputs/{quote(name)}") as response:
                if response.status_code in BUSY:
                    raise Interrupted(f"the control plane answered {response.status_code}")
                if response.status_code >= 400:
                    response.read()
                    _raise(response)
                yield from response.iter_bytes(CHUNK)
        except httpx.TransportError as problem:
            raise Interrupted(str(problem)) from problem

    def upload(self, path: Path, sha256: str) -> None:
        """Deliver an output file."""

        def chunks() -> Iterator[bytes]:
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk

        length = {"Content-Length": str(path.stat().st_size)}  # a body of stated length: WSGI reads no chunked one
        for attempt in range(TRIES):
            try:
                response = self._http.put(f"uploads/{sha256}", content=chunks(), headers=length, timeout=600)
            except httpx.TransportError as problem:
                pause(attempt, problem)
                continue
            if response.status_code in BUSY:
                pause(attempt, response.status_code)
                continue
            _raise(response)
            return

    def result(self, body: dict[str, Any], files: list[dict[str, Any]]) -> None:
        """Deliver the result."""
        self._send("POST", "result", json={"body": body, "files": files})

    def failed(self, reason: str, *, again: bool) -> None:
        """Tell that the work ended without a result, and whether another attempt may go on with it."""
        self._send("POST", "failed", json={"reason": reason, "again": again})

    def _send(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        for attempt in range(TRIES):
            try:
                response = self._http.request(method, path, **options)
            except httpx.TransportError as problem:
                pause(attempt, problem)
                continue
            if response.status_code in BUSY:
                pause(attempt, response.status_code)
                continue
            _raise(response)
            return dict(response.json())
        raise OutOfReach(f"no answer from the control plane to {method} {path}")


def pause(attempt: int, problem: object) -> None:
    """Wait before the next of TRIES tries, longer each time. OutOfReach: that was the last one."""
    if attempt == TRIES - 1:
        raise OutOfReach(f"the control plane does not answer: {problem}")
    time.sleep(min(0.25 * 2**attempt, 5))


def _raise(response: httpx.Response) -> None:
    if response.status_code < 400:
        return
    try:
        detail = str(response.json().get("detail", ""))
    except ValueError:
        detail = response.text[:500]
    if response.status_code in (401, 404, 409) and response.request.headers.get("Authorization"):
        raise Lost(detail)
    raise NotAllowed(response.status_code, detail)
