"""`countersign login`, `logout` and `tokens`."""

import getpass
import platform
import sys
from typing import Any
from urllib.parse import urlsplit

from client import output, settings
from client.api import Api, connect, segment
from client.failure import OK, USAGE, Failure
from client.settings import Account

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def login(url: str, username: str | None, *, password_stdin: bool, code: str | None = None, **asked: Any) -> int:
    """Exchange username and password, and a one-time code where the server asks for one, for a token and keep it.

    `asked` is what the token shall be: its `scopes` and `days`.
    """
    url = settings.normal(url)
    if not url:
        raise Failure(USAGE, "found no address, expected the server's, such as https://countersign.example.org")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Failure(USAGE, f"found the address {url!r}, expected one such as https://host ({error})") from None
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        output.say(f"Warning: {url} is not encrypted; others on the network can read the password.", err=True)
    if username is None:
        if not sys.stdin.isatty():
            raise Failure(USAGE, "found no username and no terminal to ask at; give --username")
        username = input("Username: ")
    password = _password(from_stdin=password_stdin)
    with Api(Account(url, "")) as api:
        name = f"command line on {platform.node() or 'a computer'}"[:100]
        made = _token(api, username=username, password=password, code=code, name=name, **asked)
    kept = settings.keep(Account(url, made["token"], made["username"], made["expires_at"]))
    output.say(f"Signed in to {url} as {made['username']} until {made['expires_at']}. The token is in {kept}.")
    return OK


def logout() -> int:
    """End the kept token, on the server too if it can be reached."""
    stored = settings.load()
    if stored is None:
        output.say("You were not signed in.")
        return OK
    try:
        with Api(stored) as api:
            api.delete("tokens")
    except Failure as failure:
        output.say(f"Warning: the server did not end the token ({failure.message}); it runs out by itself.", err=True)
    settings.forget()
    output.say(f"Signed out of {stored.url}.")
    return OK


def tokens(*, as_json: bool) -> int:
    """Print one's own tokens, the newest first."""
    with connect() as api:
        page = api.get("tokens", limit=200)
    if as_json:
        output.say_json(page)
        return OK
    columns = ("token", "for", "may", "until", "last used")
    rows = [
        (row["id"], row["name"], ", ".join(row["scopes"]), row["expires_at"], row["last_used"] or "never")
        for row in page["results"]
    ]
    output.table(columns, rows)
    return OK


def end_token(identifier: str) -> int:
    """End one of one's own tokens."""
    with connect() as api:
        api.delete(f"tokens/{segment(identifier)}")
    output.say(f"Token {identifier} is ended.")
    return OK


def _token(api: Api, *, code: str | None, **asked: Any) -> Any:
    if code is not None:
        return api.post("tokens", code=code, **asked)
    try:
        return api.post("tokens", **asked)
    except Failure as failure:
        wanted = any(finding.get("check") == "second factor" for finding in failure.findings)
        if not wanted or not sys.stdin.isatty():
            raise
    return api.post("tokens", code=getpass.getpass("One-time code: "), **asked)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Failure(USAGE, "found no terminal to ask for the password at; give --password-stdin")
    return getpass.getpass("Password: ")
