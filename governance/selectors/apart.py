"""Asking a module in a process of its own: it needs libraries that this one must not load, or reads hostile files."""

import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from governance.errors import Invalid

log = logging.getLogger(__name__)
SECONDS = 600
REFUSED = 2
"""How such a process exits when it says no, with the reason on standard error."""


def ask(
    module: str,
    request: Mapping[str, Any],
    field: str,
    failed: str,
    *,
    bare: bool = False,
    seconds: float | None = None,
) -> str:
    """Return what `python -m MODULE` prints when it reads `request` as JSON.

    A `bare` process gets nothing of this one's environment, where addresses and passwords may stand.

    Raises:
        Invalid: it said no, took longer than `seconds` (`SECONDS` unless given), or was stopped; of `field`, beginning
            with what `failed`.
    """
    patience = SECONDS if seconds is None else seconds
    try:
        done = subprocess.run(
            [sys.executable, "-m", module],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            cwd=settings.BASE_DIR,
            env={} if bare else None,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Invalid(field, f"{failed}: it took more than {patience} seconds") from None
    if done.returncode == REFUSED:
        raise Invalid(field, f"{failed}: {done.stderr.strip()[-2000:]}")
    if done.returncode:
        log.error("%s exited with %s: %s", module, done.returncode, done.stderr.strip()[-2000:])
        raise Invalid(field, f"{failed}: it was stopped, as if it had taken more memory or time than it may")
    return done.stdout
