"""Ledger extracts of ten and of a hundred thousand rows: made, sealed, verified; beside WeasyPrint on the same table.

Each size is made in a process of its own, so that its peak of memory is its own. The entries are written in bulk, past
the services, with their true hashes.
"""

import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.installed import begin
from benchmarks.ledger_million import MEGABYTE, fill
from benchmarks.measurement import Goal, Measurement
from benchmarks.peers.environment import NoPeer, run

SMALL, LARGE = 10_000, 100_000


def measure() -> list[Measurement]:
    """Return seconds and megabytes of both sizes, seconds of verifying the smaller, and the peer's seconds."""
    small, large = alone(SMALL), alone(LARGE)
    try:
        peer = run("weasyprint_table", {"columns": small["columns"], "rows": small["rows"]})["seconds"]
        beside = "WeasyPrint, the table alone, untagged and unsealed"
    except NoPeer as problem:
        peer, beside = None, str(problem)[:80]
    return [
        Measurement(
            f"ledger extract of {SMALL:,} rows, sealed", small["seconds"], "s", Goal("value", "<=", 5), peer, beside
        ),
        Measurement("its peak of memory", small["megabytes"], "MB", Goal("value", "<=", 250)),
        Measurement(
            "verifying it", small["verified"], "s", Goal("value", "<=", 3)
        ),
        Measurement(f"ledger extract of {LARGE:,} rows, sealed", large["seconds"], "s", Goal("value", "<=", 60)),
        Measurement(
            "its peak of memory, beside ten times the rows", large["megabytes"], "MB",
            Goal("ratio", "<=", LARGE / SMALL), small["megabytes"], f"the peak of {SMALL:,} rows",
        ),
    ]  # fmt: skip


def alone(entries: int) -> dict[str, Any]:
    """Return what `extract` measured in a process of its own."""
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as pool:
        return pool.submit(extract, entries).result()


def extract(entries: int) -> dict[str, Any]:
    """Make an installation with so many ledger entries, and the extract of all of them."""
    with tempfile.TemporaryDirectory() as name:
        begin(Path(name))
        fill(entries)
        from governance.models import User
        from governance.proof.report_file import verify_report
        from governance.reports import tasks
        from governance.reports.gathered import gather
        from governance.reports.lineage import report_data
        from governance.reports.model import DataTable
        from governance.selectors.keys import root_fingerprint
        from governance.services import reports

        report = reports.request(actor=User.objects.get(username="owner"), kind="ledger-extract")
        start = time.perf_counter()
        found = gather(report)
        sealed = tasks.sealed_file(found, tasks.unsealed(found))
        seconds = time.perf_counter() - start
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
        start = time.perf_counter()
        outcome = verify_report(sealed, root_fingerprint())
        verified = time.perf_counter() - start
        if outcome.code:
            raise AssertionError([line for line in outcome.checks if line.ok is False])
        [table] = [b for b in report_data(found).first[1].blocks if isinstance(b, DataTable)]
        rows = [[str(value) for value in row] for row in table.rows] if entries == SMALL else []
        columns = [column.title for column in table.columns]
        return {
            "seconds": seconds, "megabytes": megabytes, "verified": verified, "rows": rows, "columns": columns,
            "pages": sealed.count(b"/Type /Page"), "bytes": len(sealed),
        }  # fmt: skip
