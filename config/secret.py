"""A development secret made once per installation, so that none is ever in the repository."""

import os
import secrets
from pathlib import Path


def development_secret_key(var: Path) -> str:
    """Return the installation's own secret, making it (readable by its owner only) the first time."""
    path = var / "secret_key"
    try:
        return path.read_text()
    except FileNotFoundError:
        var.mkdir(parents=True, exist_ok=True)
        value = secrets.token_urlsafe(64)
        scratch = var / f".secret_key.{os.getpid()}"
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(value)
        try:
            os.link(scratch, path)  # fails if another process was first: then theirs is the secret
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
        return path.read_text()
