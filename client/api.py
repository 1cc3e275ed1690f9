"""Talking to the server: one call, one answer, every failure in words."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from client import settings
from client.failure import BY_STATUS, FAILED, UNREACHABLE, USAGE, Failure
from client.settings import Account

TIMEOUT = httpx.Timeout(60.0, connect=10.0)


class Api:
    """The REST API of one server, as one person."""

    def __init__(self, account: Account) -> None:
        self.account = account
        headers = {"Accept": "application/json"}
        if account.token:
            headers["Authorization"] = f"Bearer {account.token}"
        try:
            self._http = httpx.Client(base_url=f"{account.url}/api/v1/", headers=headers, timeout=TIMEOUT)
        except (httpx.InvalidURL, ValueError) as error:
            raise Failure(UNREACHABLE, f"{account.url!r} is no address of a server ({error})") from None

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of a GET; parameters that are None are left out."""
        return self._json("GET", path, params={k: v for k, v in query.items() if v is not None})

    def post(self, path: str, **body: Any) -> Any:
        """Return the JSON of a POST."""
        return self._json("POST", path, json=body)

    def send(self, path: str, data: dict[str, str], files: Sequence[Path], *, field: str = "files") -> bytes:
        """Return the bytes that a form with files (in `field`) is answered with. Failure when a file cannot be read."""
        with contextlib.ExitStack() as opened:
            try:
                parts = [(field, (file.name, opened.enter_context(file.open("rb")))) for file in files]
            except OSError as error:
                raise Failure(USAGE, f"{error.filename} cannot be read ({error.strerror})") from None
            with self._failing():
                answer = self._http.post(path, data=data, files=parts)
        self._check(answer)
        return answer.content

    def delete(self, path: str) -> None:
        """Send a DELETE."""
        with self._failing():
            self._check(self._http.delete(path))

    def download(self, path: str, target: Path) -> str:
        """Write the file to `target`, which appears only when it is complete; return its SHA-256 digest."""
        import hashlib

        digest = hashlib.sha256()
        scratch = target.with_name(f".{target.name}.part")
        try:
            with self._failing(), self._http.stream("GET", path) as answer, scratch.open("wb") as file:
                if answer.is_error:
                    answer.read()
                self._check(answer)
                for chunk in answer.iter_bytes():
                    digest.update(chunk)
                    file.write(chunk)
            scratch.replace(target)
        except OSError as error:
            raise Failure(FAILED, f"{target} cannot be written ({error.strerror})") from None
        finally:
            scratch.unlink(missing_ok=True)
        return f"sha256:{digest.hexdigest()}"

    def _json(self, method: str, path: str, **options: Any) -> Any:
        with self._failing():
            answer = self._http.request(method, path, **options)
        self._check(answer)
        try:
            return answer.json()
        except ValueError:
            raise Failure(
                UNREACHABLE, f"{self.account.url} answered with something that is not JSON; is it a Countersign server?"
            ) from None

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            raise Failure(
                UNREACHABLE, f"{self.account.url} cannot be reached ({str(error) or type(error).__name__})"
            ) from None

    def _check(self, answer: httpx.Response) -> None:
        if answer.is_success:
            return
        if answer.is_redirect:
            there = answer.headers.get("Location", "somewhere else")
            raise Failure(UNREACHABLE, f"{self.account.url} sends on to {there}; sign in with that address")
        try:
            body = answer.json()
            message, findings = str(body["detail"]), body.get("findings", [])
        except (ValueError, KeyError, TypeError):
            message, findings = f"the server answered {answer.status_code} {answer.reason_phrase}", []
        if answer.status_code == httpx.codes.UNAUTHORIZED and self.account.token:
            message = f"{message}; sign in anew with {settings.LOGIN}"
        raise Failure(BY_STATUS.get(answer.status_code, UNREACHABLE), message, findings)


def segment(text: str) -> str:
    """Return text somebody typed as one segment of a path, whatever it holds."""
    return quote(text, safe=":") or "-"


def connect() -> Api:
    """Return the API of the account in use. Failure when there is none."""
    return Api(settings.account())
