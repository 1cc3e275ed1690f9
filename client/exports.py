"""`countersign export`: the lineage of a document for other programs."""

from pathlib import Path

from client import find, output
from client.api import connect
from client.failure import OK, USAGE, Failure


def run(meant: str, *, kind: str, as_of: int | None, target: str | None, as_json: bool) -> int:
    """Write the lineage of a document to a file; print its name and digest."""
    with connect() as api:
        digest = find.digest(api, meant)
        known = {one["name"]: one for one in api.get(f"documents/{digest}/exports")}
        if kind not in known:
            raise Failure(USAGE, f"found the format {kind!r}, expected one of {', '.join(known)} for this document")
        file = Path(target or known[kind]["filename"])
        asked = f"?ledger_size={as_of}" if as_of is not None else ""
        written = api.download(f"documents/{digest}/exports/{kind}{asked}", file)
    if as_json:
        output.say_json({"file": str(file), "sha256": written})
    else:
        output.say(f"{file}  {written}")
    return OK
