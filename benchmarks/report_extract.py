"""Ledger extracts of ten and of a hundred thousand rows: made, sealed, verified; beside WeasyPrint on the same table.

The ledger is filled, a report made of it, and that verified, each in a process of its own, so that each peak of memory
is its own. The entries are written in bulk, past the services, with their true hashes.
"""

import os
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.installed import begin, environment
from benchmarks.ledger_million import MEGABYTE, fill
from benchmarks.measurement import Goal, Measurement
from benchmarks.peers.environment import NoPeer, run

SMALL, LARGE = 10_000, 100_000
LIMIT = 1024  # megabytes that the page for auditors lets a verification have (`governance.proof.__main__`)


def measure() -> list[Measurement]:
    """Return seconds and megabytes of making and of verifying both sizes, and the peer's of the smaller."""
    (made, verified), (made_large, verified_large) = extract(SMALL), extract(LARGE)
    peer: dict[str, Any] = {"seconds": None, "megabytes": None}
    try:
        peer = run("weasyprint_table", {"columns": made["columns"], "rows": made["rows"]})
        beside = "WeasyPrint, the table alone, untagged and unsealed"
    except NoPeer as problem:
        beside = str(problem)[:80]
    more = Goal("ratio", "<=", LARGE / SMALL)
    few, many = f"{SMALL:,} rows", f"{LARGE:,} rows"
    megabytes = verified_large["megabytes"]
    return [
        Measurement(
            f"ledger extract of {few}, sealed", made["seconds"], "s", Goal("value", "<=", 5), peer["seconds"], beside
        ),
        Measurement("its peak of memory", made["megabytes"], "MB", Goal("value", "<=", 250), peer["megabytes"], beside),
        Measurement(f"verifying it, {few}", verified["seconds"], "s", Goal("value", "<=", 3)),
        Measurement(f"ledger extract of {many}, sealed", made_large["seconds"], "s", Goal("value", "<=", 60)),
        Measurement(
            f"its peak of memory, {many}", made_large["megabytes"], "MB", more, made["megabytes"], f"that of {few}"
        ),
        Measurement(
            f"verifying it, {many}", verified_large["seconds"], "s", more, verified["seconds"], f"that of {few}"
        ),
        Measurement(f"peak of memory of verifying it, {many}", megabytes, "MB", Goal("value", "<=", LIMIT / 2)),
    ]  # fmt: skip


def extract(entries: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what `make` and `verify` measured of an installation with so many ledger entries."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone(prepare, folder, entries)
        return alone(make, folder), alone(verify, folder)


def alone(work: Callable[..., dict[str, Any]], *given: Any) -> dict[str, Any]:
    """Return what work measured in a process of its own."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def prepare(folder: Path, entries: int) -> dict[str, Any]:
    """Make an installation with so many ledger entries, and ask for the extract of all of them."""
    begin(folder)
    fill(entries)
    from governance.models import User
    from governance.services import reports

    reports.request(actor=User.objects.get(username="owner"), kind="ledger-extract")
    return {}


def make(folder: Path) -> dict[str, Any]:
    """Make the report that was asked for, as the worker does before it checks it."""
    os.environ.update(environment(folder))
    import django

    django.setup()
    from governance.models import Report
    from governance.proof.sections.blocks import DataTable
    from governance.reports import tasks
    from governance.reports.gathered import gather
    from governance.reports.lineage import report_data
    from governance.selectors.keys import root_fingerprint

    report = Report.objects.get()
    start = time.perf_counter()
    found = gather(report)
    sealed = tasks.sealed_file(found, tasks.unsealed(found))
    measured: dict[str, Any] = {"seconds": time.perf_counter() - start, "megabytes": _peak()}
    (folder / "report.pdf").write_bytes(sealed)
    (folder / "root").write_text(root_fingerprint())
    [table] = [block for block in report_data(found).first[1].blocks if isinstance(block, DataTable)]
    rows = [[str(value) for value in row] for row in table.rows] if len(table.rows) < LARGE else []
    return measured | {"columns": [column.title for column in table.columns], "rows": rows}


def verify(folder: Path) -> dict[str, Any]:
    """Verify the report that was made, as its reader does: what is imported on the way is counted."""
    from governance.proof.files.report_file import verify_report

    sealed, root = (folder / "report.pdf").read_bytes(), (folder / "root").read_text()
    start = time.perf_counter()
    outcome = verify_report(sealed, root)
    seconds = time.perf_counter() - start
    if outcome.code:
        raise AssertionError([line for line in outcome.checks if line.ok is False])
    return {"seconds": seconds, "megabytes": _peak()}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
