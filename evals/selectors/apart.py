"""Asking the engine in a process of its own: it needs numerical libraries and graders, which this one must not load."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from governance.errors import Invalid

SECONDS = 600


def ask(module: str, request: Mapping[str, Any], field: str, failed: str) -> str:
    """Return what `python -m evals.engine.MODULE` prints when it reads `request` as JSON.

    Raises:
        Invalid: it said no, or took longer than `SECONDS`; of `field`, beginning with what `failed`.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", f"evals.engine.{module}"],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            cwd=settings.BASE_DIR,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Invalid(field, f"{failed}: it took more than {SECONDS} seconds") from None
    if done.returncode:
        raise Invalid(field, f"{failed}: {done.stderr.strip()[-2000:]}")
    return done.stdout
