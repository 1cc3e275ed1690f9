"""`countersign consistency`: the proof that one state of the ledger goes on from an older one."""

import json
from pathlib import Path

from client import output
from client.api import connect
from client.failure import OK


def run(sizes: tuple[int, int], *, target: str | None, as_json: bool) -> int:
    """Write the proof between two sizes to a file; it is the same whichever is named first."""
    old, new = sorted(sizes)
    with connect() as api:
        found = api.get("ledger/consistency", old=old, new=new)
    file = Path(target or f"{old}-{new}.consistency.json")
    file.write_text(json.dumps(found) + "\n", encoding="utf-8")
    if as_json:
        output.say_json({"file": str(file), **found})
    else:
        output.say(f"{file}: give it to countersign verify --consistency, with the checkpoint that you kept")
    return OK
