"""`countersign inventory`: lists of serving, cloud and scheduler, held against what is known on the server."""

import json
from pathlib import Path
from typing import Any

from client import find, output
from client.api import connect, segment
from client.failure import FAILED, OK

PAGE = 200
DIFFERENT = ("conflict", "unknown here", "repeated", "not seen there")


def bring(file: Path, *, as_json: bool, **given: str) -> int:
    """Bring a list and print how it agrees with what is known."""
    with connect() as api:
        made = json.loads(api.send("inventories", given, [file], field="file"))
        counts = _counts(_lines(api, made["digest"], None))
    if as_json:
        output.say_json({**made, "counts": counts})
        return OK
    output.say(f"{made['digest']}  {made['title']}")
    output.say(", ".join(f"{number} {outcome}" for outcome, number in counts.items()) or "no row")
    return OK


def reconcile(meant: str, *, outcome: str | None, fail_on_difference: bool, as_json: bool) -> int:
    """Print the lines of an inventory; with `fail_on_difference` return FAILED where something does not agree."""
    with connect() as api:
        rows = _lines(api, find.digest(api, meant), outcome)
    if as_json:
        output.say_json(rows)
    else:
        columns = ("outcome", "line", "there", "here", "why")
        output.table(columns, ((r["outcome"], r["line"], r["there"], r["here"], r["note"]) for r in rows))
    different = any(row["outcome"] in DIFFERENT for row in rows)
    return FAILED if fail_on_difference and different else OK


def _lines(api: Any, digest: str, outcome: str | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        page = api.get(f"inventories/{segment(digest)}/reconciliation", limit=PAGE, offset=len(rows), outcome=outcome)
        rows += page["results"]
        if page["next"] is None or not page["results"]:
            return rows


def _counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        found[row["outcome"]] = found.get(row["outcome"], 0) + 1
    return found
