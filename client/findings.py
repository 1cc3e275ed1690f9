"""`countersign findings`: what auditors found, who answers for it, how it ended."""

from pathlib import Path
from typing import Any

from client import find, output
from client.api import connect, segment
from client.failure import FAILED, OK, USAGE, Failure

PAGE = 200


def listed(*, as_json: bool, fail_open: bool, **filters: Any) -> int:
    """Print findings; with `fail_open` return FAILED when one is not closed."""
    rows: list[dict[str, Any]] = []
    with connect() as api:
        while True:
            page = api.get("findings", limit=PAGE, offset=len(rows), **filters)
            rows += page["results"]
            if page["next"] is None or not page["results"]:
                break
    if as_json:
        output.say_json(rows)
    else:
        columns = ("finding", "severity", "state", "due", "owner", "on", "")
        output.table(columns, (_line(row) for row in rows))
    return FAILED if fail_open and any(row["state"] in ("open", "answered") for row in rows) else OK


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    over = "overdue" if row["overdue"] else ""
    return (row["id"], row["severity"], row["state"], row["due"][:10], row["owner"], row["record_label"], over)


def show(identifier: str, *, as_json: bool) -> int:
    """Print a finding with everything said of it."""
    with connect() as api:
        return _said(api.get(f"findings/{segment(identifier)}"), as_json=as_json)


def raised(record: str, *, as_json: bool, **given: str) -> int:
    """Raise a finding on a record: "job:…", "entry:…", or a document by digest or title."""
    with connect() as api:
        subject = record if record.startswith(("job:", "entry:")) else find.digest(api, record)
        return _said(api.post("findings", record=subject, **given), as_json=as_json)


def act(identifier: str, verb: str, *, as_json: bool, **given: str) -> int:
    """Answer, hand over or close a finding."""
    with connect() as api:
        return _said(api.post(f"findings/{segment(identifier)}/{verb}", **given), as_json=as_json)


def words(text: str | None, file: Path | None) -> str:
    """Return what is to be said, from the command line or from a file."""
    if (text is None) == (file is None):
        raise Failure(USAGE, "say it with --text, or name a --file that says it")
    if file is None:
        return text or ""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(USAGE, f"{file} cannot be read ({error})") from None


def _said(row: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        output.say_json(row)
        return OK
    output.say(f"{row['id']}  {row['severity']}, {row['state']}{', overdue' if row['overdue'] else ''}", bold=True)
    output.say(f"on {row['record_label']}{', ' + row['place'] if row['place'] else ''}")
    output.say(f"{row['owner']} answers for it by {row['due'][:10]}")
    output.say(f"{row['raised_at'][:19]}  {row['raised_by']}: {_text(row['text'])}")
    for one in row["said"]:
        what = one["outcome"] or (f"handed over to {one['to']}" if one["to"] else "")
        said = "" if one["to"] else _text(one["text"])
        output.say(f"{one['at'][:19]}  {one['by']}{f' ({what})' if what else ''}{f': {said}' if said else ''}")
    return OK


def _text(text: str | None) -> str:
    return text if text is not None else "(erased)"
