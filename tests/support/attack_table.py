"""`python -m tests.support.attack_table [RESULTS …]`: write the table of attacks into THREAT_MODEL.md.

The rows are the marked tests as pytest collects them. RESULTS are files that `pytest --attacks=FILE` wrote; when any
are given, every attack must have been carried out in them on each database that its row names, and caught each time, or
nothing is written (exit code 1).
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.support import attacks
from tests.support.attacks import Attack

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "THREAT_MODEL.md"
BEGIN, END = "<!-- attacks: written by make threats -->", "<!-- end of attacks -->"
HEAD = ("| Attack | Caught by | Unless | Database | Shown by |", "|---|---|---|---|---|")
NAMES = {attacks.SQLITE: "SQLite", attacks.POSTGRESQL: "PostgreSQL", attacks.NONE: "none"}


def collected() -> list[Attack]:
    """Return the attacks of all tests, as pytest collects them in a process of its own."""
    files = [str(p) for p in sorted((ROOT / "tests").rglob("test_*.py")) if "mark.attack(" in p.read_text("utf-8")]
    if not files:
        return []
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "attacks.json"
        arguments = ["--collect-only", "-q", "-n", "0", "-m", "attack", f"--attacks={found}", *files]
        run = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if run.returncode != 0:
            raise RuntimeError(f"the attacks could not be collected:\n{run.stdout[-3000:]}{run.stderr[-3000:]}")
        return attacks.agree(
            Attack(**{word: row[word] for word in ("path", *attacks.WORDS)}, databases=tuple(row["databases"]))
            for row in json.loads(found.read_text("utf-8"))
        )


def table(rows: Iterable[Attack]) -> str:
    """Return the rows as a table in Markdown."""
    lines = [f"| {row.name} | {row.caught_by} | {row.unless} | {_where(row)} | `{row.path}` |" for row in rows]
    return "\n".join((*HEAD, *lines))


def _where(row: Attack) -> str:
    used = [name for name in row.databases if name != attacks.NONE]
    return "both" if len(used) > 1 else NAMES[used[0] if used else attacks.NONE]


def put(page: str, made: str) -> str:
    """Return the page with what stands between its two marks replaced."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"found no place for the table; expected {BEGIN} and {END} in it")
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


def missing(rows: Iterable[Attack], results: Iterable[Path]) -> list[str]:
    """Return what keeps the results from showing that every attack is caught; empty when nothing does."""
    rows, problems = list(rows), []
    carried_out: set[tuple[str, str]] = set()
    for ended in attacks.read(results):
        carried_out.add((ended["name"], ended["database"]))
        if ended["outcome"] != attacks.PASSED:
            problems.append(f"{ended['name']}: {ended['test']} {ended['outcome']} ({NAMES[ended['database']]})")
    lacking = [(row.name, name) for row in rows for name in row.databases if (row.name, name) not in carried_out]
    return [f"not carried out: {name} (database: {NAMES[where]})" for name, where in lacking] + problems


def main(results: list[Path]) -> int:
    """Write the table; return the exit code."""
    rows = collected()
    problems = missing(rows, results) if results else []
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    PAGE.write_text(put(PAGE.read_text("utf-8"), table(rows)), "utf-8")
    print(f"{len(rows)} attacks in {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main([Path(argument) for argument in sys.argv[1:]]))
