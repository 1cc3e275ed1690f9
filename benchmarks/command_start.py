"""What `countersign gate` costs before it asks the server anything, beside the libraries that it is made of.

In processor time, which other processes of a busy machine do not lengthen.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

from benchmarks.measurement import Goal, Measurement
from client.failure import NOT_ALLOWED

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 5
COMMAND = ["-m", "client.main", "gate", "x"]
LIBRARIES = ["-c", "import httpx, typer.main"]


def measure() -> Measurement:
    """Return the processor time of a command that finds no sign-in, and of a process that imports its libraries."""
    taken: dict[str, list[float]] = {"command": [], "libraries": []}
    for _ in range(ROUNDS):
        taken["command"].append(_seconds(COMMAND, NOT_ALLOWED))
        taken["libraries"].append(_seconds(LIBRARIES, 0))
    return Measurement(
        name="`countersign gate` until it asks the server",
        value=min(taken["command"]) * 1000,
        unit="ms CPU",
        goal=Goal("value", "<=", 500),
        peer=min(taken["libraries"]) * 1000,
        beside="importing httpx and typer alone",
    )


def _seconds(arguments: list[str], code: int) -> float:
    env = {k: v for k, v in os.environ.items() if not k.startswith("COUNTERSIGN")} | {"XDG_CONFIG_HOME": "/nonexistent"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run([sys.executable, *arguments], capture_output=True, cwd=ROOT, env=env, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ran.returncode != code:
        raise RuntimeError(f"{arguments}: ended with {ran.returncode}, expected {code}: {ran.stderr.decode()[-300:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
