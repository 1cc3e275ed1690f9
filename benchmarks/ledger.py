"""Ledger appends beside a plain audit row: one change each, by processes that write at the same time.

Each change is one row and its record in one transaction: a leaf of the ledger, or a JSON row in an audit table. Both
run in turns on one database with the settings of an installation (SQLite: journal in WAL, full synchronisation;
PostgreSQL: fsync), so that what disk and machine do falls on both.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.installed import ENGINES, Environment, prepared
from benchmarks.measurement import Goal, Measurement
from benchmarks.writers import race

WRITERS = (1, 4, 8)
SLICES = 4
SECONDS = 1.0
SHARE = 0.7  # of the peer's throughput


def measure() -> list[Measurement]:
    """Return appends a second for each database and number of writers."""
    return [found for engine in ENGINES for found in appending(engine)]


def appending(engine: str) -> list[Measurement]:
    """Return appends a second on one database, beside changes with a plain audit row; medians of the slices.

    Raises:
        AssertionError: the ledger that was written has a gap or does not hold.
    """
    with tempfile.TemporaryDirectory() as name, prepared(engine, Path(name)) as environment:
        found = []
        for count in WRITERS:
            ours, plain = race(count, environment, Path(name) / f"race-{count}", slices=SLICES, seconds=SECONDS)
            found.append(
                Measurement(
                    f"change with its leaf, {count} writer{'s' if count > 1 else ''} on {engine}",
                    statistics.median(ours),
                    "1/s",
                    Goal("ratio", ">=", SHARE),
                    peer=statistics.median(plain),
                    beside="the same change with a plain audit row",
                )
            )
        _holds(environment)
        return found


def _holds(environment: Environment) -> None:
    command = [sys.executable, "manage.py", "verify_ledger", "--json"]
    run = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    checks = {check["name"]: check for check in json.loads(run.stdout)["checks"]}
    # The rows that the peer wrote have no leaf; the tree and its index are what must hold.
    for name in ("tree", "ledger index"):
        if not checks[name]["ok"]:
            raise AssertionError(f"the ledger that was just written does not hold: {checks[name]['problems'][0]}")
