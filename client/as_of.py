"""`countersign as-of`: what was in force at a moment."""

from typing import Any

from client import find, output
from client.api import connect
from client.failure import FAILED, OK


def run(time: str, *, as_json: bool, document: str | None, **asked: Any) -> int:
    """Print what was in force at a time; for one document return FAILED when it was not."""
    with connect() as api:
        digest = find.digest(api, document) if document is not None else None
        found = api.get("as-of", time=time, document=digest, **asked)
    if as_json:
        output.say_json(found)
    else:
        _say(found)
    return OK if document is None or any(row["in_force"] for row in found["documents"]) else FAILED


def _say(found: Any) -> None:
    covered = found["checkpoint"]
    output.say(f"As of {found['time']}: ledger size {found['ledger_size']}, root {found['root']}", err=True)
    cover = f"Covered by the checkpoint of size {covered['size']}" if covered else "No checkpoint covers it yet"
    output.say(cover, err=True)
    if found["policy"]:
        output.say(f"Governed by {found['policy']['title']} v{found['policy']['number']}", err=True)
    output.table(
        ("digest", "title", "v", "standing", "since", "until", "signed by", "policy"),
        (
            (
                row["digest"],
                row["title"],
                row["number"],
                row["standing"],
                row["since"],
                row["until"],
                ", ".join(f"{one['printed_name']} ({one['role']}, {one['method']})" for one in row["signers"]),
                row["policy"]["digest"] if row["policy"] else "",
            )
            for row in found["documents"]
        ),
    )
    for row in found["changes"] or ():
        output.say(f"changed: {row['title']} v{row['number']}: {row['why']}")
