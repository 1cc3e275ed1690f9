"""`countersign due`: what falls due."""

from typing import Any

from client import output
from client.api import connect
from client.failure import FAILED, OK


def listing(*, as_json: bool, fail_overdue: bool, **filters: Any) -> int:
    """Print what falls due, earliest first; with `fail_overdue` return FAILED when something is overdue."""
    rows: list[dict[str, Any]] = []
    with connect() as api:
        while True:
            page = api.get("due", limit=200, offset=len(rows), **filters)
            rows += page["results"]
            if not page["next"] or not page["results"]:
                break
    if as_json:
        output.say_json(rows)
    else:
        output.table(
            ("due", "what", "title", "project", "who", ""),
            (
                (
                    row["at"][:10],
                    row["what"],
                    row["title"],
                    row["project"] or "shelf",
                    row["who"],
                    " ".join(word for word in ("overdue", "mine") if row[word]),
                )
                for row in rows
            ),
        )
        if not rows:
            output.say("Nothing falls due.", err=True)
    return FAILED if fail_overdue and any(row["overdue"] for row in rows) else OK
