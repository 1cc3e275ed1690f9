"""Which server, and as whom: from the environment, else from what `login` kept.

COUNTERSIGN_URL    the server's address
COUNTERSIGN_TOKEN  an API token

The file lies in the user's own configuration folder and only its owner may read it. Its token is sent to no other
server than the one that gave it.
"""

import json
import os
import stat
from dataclasses import asdict, dataclass
from pathlib import Path

from client.failure import NOT_ALLOWED, USAGE, Failure

LOGIN = "countersign login URL"


@dataclass(frozen=True)
class Account:
    """A server and the token for it."""

    url: str
    token: str
    username: str = ""
    expires_at: str = ""


def path() -> Path:
    """Return the file that `login` writes."""
    from platformdirs import user_config_path

    return user_config_path("countersign") / "account.json"


def account() -> Account:
    """Return the account to use.

    Raises:
        Failure: there is none, the file is damaged, or others can read it.
    """
    url = normal(os.environ.get("COUNTERSIGN_URL", ""))
    token = os.environ.get("COUNTERSIGN_TOKEN", "")
    if url and token:
        return Account(url, token)
    stored = load()
    if stored is None or (url and url != stored.url and not token):
        where = f" for {url}" if url else ""
        raise Failure(NOT_ALLOWED, f"not signed in{where}; run {LOGIN}, or set COUNTERSIGN_URL and COUNTERSIGN_TOKEN")
    return Account(url or stored.url, token or stored.token, stored.username, stored.expires_at)


def load() -> Account | None:
    """Return what `login` kept, or None."""
    file = path()
    try:
        with file.open() as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            text = opened.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Failure(NOT_ALLOWED, f"{file} cannot be read ({error.strerror})") from None
    if mode & 0o077:
        raise Failure(
            NOT_ALLOWED, f"{file} has mode {mode:04o}, expected 0600: others may know the token; {LOGIN} anew"
        )
    try:
        return Account(**json.loads(text))
    except (ValueError, TypeError):
        raise Failure(NOT_ALLOWED, f"{file} is damaged; delete it and run {LOGIN}") from None


def keep(kept: Account) -> Path:
    """Write the account for its owner's eyes alone; return the file."""
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    scratch = file.with_suffix(f".{os.getpid()}")
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as opened:
        json.dump(asdict(kept), opened)
    scratch.replace(file)
    return file


def forget() -> bool:
    """Delete what `login` kept; return whether there was anything."""
    try:
        path().unlink()
    except FileNotFoundError:
        return False
    return True


def normal(url: str) -> str:
    """Return a server's address without a slash at its end, or "" for none.

    Raises:
        Failure: it is no http or https address.
    """
    url = url.strip().rstrip("/")
    if url and not url.startswith(("http://", "https://")):
        raise Failure(USAGE, f"found the address {url!r}, expected one that begins with http:// or https://")
    return url
