"""`countersign custody`: what restore drills and probes of a base model found."""

from typing import Any

from client import find, output
from client.api import connect, segment
from client.failure import OK

CHANGED = {True: "changed", False: "no change found", None: "nothing to compare with"}


def shown(base: str, *, as_json: bool) -> int:
    """Print drills and probes of a base model, the newest first."""
    with connect() as api:
        found = api.get(f"base-models/{segment(find.digest(api, base))}/custody")
    if as_json:
        output.say_json(found)
        return OK
    if not found["hosted"]:
        output.say(f"custody {'verified' if found['verified'] else 'not verified'}")
    rows = [(one["on"], "drill", one["outcome"], one["finding"] or "") for one in found["drills"]]
    for probe in found["probes"]:
        rows += [(one["on"], probe["title"], CHANGED[one["changed"]], one["finding"]) for one in probe["results"]]
    rows += [_unfinished(one) for one in found["unfinished"]]
    output.table(("on", "what", "outcome", "finding"), rows)
    return OK


def _unfinished(one: dict[str, Any]) -> tuple[str, str, str, str]:
    return one["asked_at"][:10], one["title"], f"no result: {one['state']}", one["reason"]
