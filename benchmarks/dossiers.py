"""The dossiers of a plan and of a release, from documents and ledger to the pages with their evidence, before sealing.

The world is the tests' story whose answers are really graded. What single answers come to is asked of a process of its
own once and remembered; how long that first look takes is measured apart.
"""

import os
import statistics
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any

from benchmarks.installed import environment
from benchmarks.measurement import Goal, Measurement

PAGES = 20
SECONDS = 2.0
FIRST_LOOK = 15.0
RUNS = 5


def measure() -> list[Measurement]:
    """Return the seconds of twenty pages of each dossier, and of a release dossier whose answers nobody looked at."""
    with tempfile.TemporaryDirectory() as name:
        os.environ.update(environment(Path(name)))
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        from tests.support.measured import Measured

        story = Measured()
        story.tell()
        began = time.perf_counter()
        _built(story, "release")
        first = time.perf_counter() - began
        found = [_measured(story, subject) for subject in ("thresholds", "release")]
    look = Measurement("release dossier, first look at the answers", first, "s", Goal("value", "<=", FIRST_LOOK))
    return [*found, look]


def _measured(story: Any, subject: str) -> Measurement:
    import pikepdf

    seconds, pdf = [], b""
    for _ in range(RUNS):
        began = time.perf_counter()
        pdf = _built(story, subject)
        seconds.append(time.perf_counter() - began)
    with pikepdf.open(BytesIO(pdf)) as opened:
        pages = len(opened.pages)
    name = {"thresholds": "evaluation-plan dossier", "release": "release dossier"}[subject]
    value = statistics.median(seconds) * PAGES / pages
    return Measurement(f"{PAGES} pages of {name} ({pages} pages)", value, "s", Goal("value", "<=", SECONDS))


def _built(story: Any, subject: str) -> bytes:
    """Return a dossier as of now: what was asked before is asked again, since the ledger has grown by the request."""
    from governance.reports import tasks
    from governance.reports.gathered import gather

    return tasks.unsealed(gather(story.report(subject)))
