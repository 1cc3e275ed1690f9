"""`countersign documents`, `show` and `submit`."""

import json
import sys
from pathlib import Path
from typing import Any

from client import find, output
from client.api import connect
from client.failure import OK, USAGE, Failure

KEYS = {"project", "kind", "body", "references", "base"}


def listing(*, as_json: bool, **filters: Any) -> int:
    """Print documents, newest first."""
    with connect() as api:
        page = api.get("documents", **filters)
    if as_json:
        output.say_json(page)
        return OK
    columns = ("digest", "kind", "title", "v", "project", "standing")
    output.table(
        columns,
        (
            (row["digest"], row["kind"], row["title"], row["number"], row["project"] or "shelf", row["standing"])
            for row in page["results"]
        ),
    )
    if page["next"]:
        output.say(f"{page['count']} in all; --limit and --offset show more.", err=True)
    return OK


def show(meant: str, *, as_json: bool) -> int:
    """Print one document."""
    with connect() as api:
        row = api.get(f"documents/{find.digest(api, meant)}")
    if as_json:
        output.say_json(row)
        return OK
    by = row["created_by"] or "the system"
    output.say(f"{row['title']} v{row['number']}", bold=True)
    for name, value in (
        ("digest", row["digest"]),
        ("kind", f"{row['kind']}/{row['version']}"),
        ("project", row["project"] or "shelf"),
        ("frozen", f"{row['created_at']} by {by}, ledger entry {row['seq']}"),
        ("standing", row["standing"]),
    ):
        output.say(f"{name:<9} {value}")
    for signed in row["signoff"]["signatures"]:
        output.say(f"  signed  {signed['printed_name']} as {signed['role']}, {signed['at']}, entry {signed['seq']}")
    for missing in row["signoff"]["missing"]:
        output.say(f"  missing {missing['count']} × {missing['role']}")
    for fault in row["signoff"]["faults"]:
        output.say(f"  fault   {fault}", colour="red")
    for name, links in (("refers to", row["references"]), ("referred to by", row["referenced_by"])):
        for link in links:
            other = link["document"]
            output.say(f"{name}  {link['role']}: {other['digest']}  {other['title']} v{other['number']}")
    output.say_json(row["body"])
    return OK


def preview(draft: str, *, target: str | None, as_json: bool) -> int:
    """Write a draft as it would read in a report to a file: marked as a draft, sealed by nobody."""
    with connect() as api:
        found = api.get(f"drafts/{draft}")
        file = Path(target or f"draft-{found['id']}-{found['revision']}.pdf")
        digest = api.download(f"drafts/{draft}/preview", file)
    if as_json:
        output.say_json({"file": str(file), "sha256": digest, "draft": found["id"], "revision": found["revision"]})
    else:
        output.say(f"{file}  {digest}")
        output.say("A preview of a draft: no record, and nothing to verify.", err=True)
    return OK


def submit(file: str, *, as_json: bool) -> int:
    """Freeze the document that a JSON file describes: {project, kind, body, references?, base?}."""
    body = _read(file)
    with connect() as api:
        row = api.post("documents", **body)
    if as_json:
        output.say_json(row)
    else:
        output.say(f"Frozen: {row['title']} v{row['number']}, ledger entry {row['seq']}", err=True)
        output.say(row["digest"])
    return OK


def _read(file: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        body = json.loads(text)
    except OSError as error:
        raise Failure(USAGE, f"{file} cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise Failure(USAGE, f"{file} is not JSON in UTF-8 ({error})") from None
    if not isinstance(body, dict) or not {"kind", "body"} <= set(body) <= KEYS:
        found = ", ".join(sorted(body)) if isinstance(body, dict) else type(body).__name__
        raise Failure(
            USAGE, f"{file}: found {found or 'nothing'}, expected project, kind, body, and perhaps references, base"
        )
    return {"project": None, **body}
