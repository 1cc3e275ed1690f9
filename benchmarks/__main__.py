"""Run every benchmark in a process of its own, write `var/bench.json`, print the table.

`python -m benchmarks [NAME …]` runs the named modules of this package, or all. A module offers `measure()`, which
returns one `Measurement` or several. Exit code: 0 when every goal holds, 1 when one does not, 2 when a benchmark could
not run.
"""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.collect import alone, names


def write(rows: list[dict[str, Any]], path: Path) -> None:
    """Replace `path` by the rows as JSON, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".json.new")
    scratch.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    scratch.replace(path)


def table(rows: Iterable[dict[str, Any]]) -> Table:
    """Return the rows as a table for the terminal."""
    result = Table("name", "value", "unit", "peer", "ratio", "goal", "holds", title="Benchmarks")
    for row in rows:
        peer = "" if row["peer"] is None else f"{row['peer']:,.4g}"
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.3g}"
        holds = "yes" if row["holds"] else "[bold red]no"
        result.add_row(row["name"], f"{row['value']:,.4g}", row["unit"], peer, ratio, row["goal"], holds)
    return result


def main(chosen: list[str]) -> int:
    """Run the chosen benchmarks, or all; return the exit code."""
    if unknown := sorted(set(chosen) - set(names())):
        print(f"No benchmark called {', '.join(unknown)}; there are: {', '.join(names())}", file=sys.stderr)
        return 2
    rows: list[dict[str, Any]] = []
    failed = []
    for name in chosen or names():
        print(f"{name} …", flush=True)
        try:
            rows += alone(name)
        except Exception as error:  # noqa: BLE001 - one that cannot run must not hide the others' figures
            failed.append(name)
            print(f"{name} could not run: {type(error).__name__}: {error}", file=sys.stderr)
    path = Path(os.environ.get("COUNTERSIGN_VAR", "var")) / "bench.json"
    write(rows, path)
    # A file or pipe has no width of its own: there, each benchmark keeps to few lines.
    Console(width=None if sys.stdout.isatty() else 160).print(table(rows))
    print(f"Written to {path}")
    if failed:
        return 2
    return 0 if all(row["holds"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
