"""Processes that write at the same time: a row with its leaf, and the same row with a plain audit row, in turns.

`python -m benchmarks.writers NAME FOLDER SLICES SECONDS` is one of them: it says that it is ready, waits for the
others, changes the kind of write after each slice of SECONDS, and prints how many it wrote in each.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.installed import Environment, audit_row

WARM_UP = 20
PATIENCE = 60.0


def race(
    count: int, environment: Environment, folder: Path, *, slices: int, seconds: float
) -> tuple[list[float], list[float]]:
    """Let `count` processes write; return writes a second in each slice, with leaves and with audit rows.

    `environment` names the installation, `folder` (a new one) is where they meet.

    Raises:
        RuntimeError: a process ended with an error.
    """
    folder.mkdir()
    arguments = [str(folder), str(slices), str(seconds)]
    command = [sys.executable, "-m", "benchmarks.writers"]
    running = [
        subprocess.Popen(
            [*command, f"w{count}-{number}", *arguments],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]
    _wait(lambda: len(list(folder.glob("*.ready"))) == count or any(p.poll() for p in running))
    (folder / "go.new").write_text(str(time.monotonic() + 0.2))
    (folder / "go.new").replace(folder / "go")
    totals = [0] * (2 * slices)
    for process in running:
        out, _ = process.communicate(timeout=PATIENCE + 2 * slices * seconds)
        if process.returncode:
            raise RuntimeError(f"a writer ended with {process.returncode}")
        totals = [a + b for a, b in zip(totals, json.loads(out), strict=True)]
    return [n / seconds for n in totals[::2]], [n / seconds for n in totals[1::2]]


def _wait(done: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > limit:
            raise RuntimeError("the writers are not ready")
        time.sleep(0.01)


def governed(name: str) -> None:
    """Write a project and its leaf."""
    from governance import events
    from governance.models import Project
    from governance.services.ledger import mutation

    with mutation(actor=None, action="project.create") as m:
        project = Project.objects.create(name=name, slug=name)
        m.append(events.PROJECT_CREATED, subjects=[f"project:{project.id}"], data={"project": str(project.id)})


def audited(name: str) -> None:
    """Write a project and a plain audit row."""
    from django.db import transaction

    from governance.models import Project

    with transaction.atomic():
        project = Project.objects.create(name=name, slug=name)
        audit_row().objects.create(
            at=datetime.now(UTC),
            actor="system",
            action="project.create",
            object=f"project:{project.id}",
            change={"old": None, "new": {"name": name, "slug": name}},
        )


def _write(name: str, folder: Path, slices: int, seconds: float) -> list[int]:
    kinds: tuple[Callable[[str], Any], ...] = (governed, audited)
    for number in range(WARM_UP):
        for kind in kinds:
            kind(f"{name}-warm-{kind.__name__}-{number}")
    (folder / f"{name}.ready").touch()
    _wait((folder / "go").exists)
    end = float((folder / "go").read_text())
    time.sleep(max(0.0, end - time.monotonic()))
    counts = []
    for turn in range(2 * slices):
        end += seconds
        number = 0
        while time.monotonic() < end:
            kinds[turn % 2](f"{name}-{turn}-{number}")
            number += 1
        counts.append(number)
    return counts


def main(name: str, folder: str, slices: str, seconds: str) -> None:
    """Write as told and print the counts."""
    import django

    django.setup()
    print(json.dumps(_write(name, Path(folder), int(slices), float(seconds))))


if __name__ == "__main__":
    main(*sys.argv[1:])
