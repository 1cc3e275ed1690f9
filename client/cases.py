"""`countersign cases`: reading, converting and comparing cases. The server does the reading; files are sent to it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from client import find, output
from client.api import connect, segment
from client.failure import FAILED, OK, USAGE, Failure


def formats(*, as_json: bool) -> int:
    """Print the formats there are."""
    with connect() as api:
        found = api.get("case-formats")
    if as_json:
        output.say_json(found)
    else:
        rows = ((row["name"], row["label"], " ".join(row["endings"])) for row in found)
        output.table(("name", "format", "files"), rows)
    return OK


def check(files: Sequence[Path], *, as_json: bool, **asked: Any) -> int:
    """Print what is understood of files and what is not."""
    with connect() as api:
        told = json.loads(api.send("cases/read", _form(**asked), files))
    if as_json:
        output.say_json(told)
        return OK if told["ok"] else FAILED
    for problem in told["problems"]:
        where = ", ".join(part for part in (problem["file"], problem["at"]) if part)
        output.say(f"{where}: found {problem['found']}, expected {problem['expected']}", colour="red")
    if told["untold"]:
        output.say(f"and {told['untold']} problems more", colour="red")
    for note in told["notes"]:
        where = ", ".join(part for part in (note["file"], note["at"]) if part)
        output.say(f"{note['kind']}: {note['what']} ({note['count']} ×, first in {where}): {note['why']}")
    output.say(f"{told['cases']} cases understood" + ("" if told["ok"] else "; nothing can be taken over"), err=True)
    return OK if told["ok"] else FAILED


def convert(files: Sequence[Path], *, to: str, target: Path, **asked: Any) -> int:
    """Write files of one format as one file of another."""
    with connect() as api:
        content = api.send("cases/convert", {**_form(**asked), "to": to}, files)
    try:
        target.write_bytes(content)
    except OSError as error:
        raise Failure(FAILED, f"{target} cannot be written ({error.strerror})") from None
    output.say(f"{target}  {len(content)} bytes")
    return OK


def diff(document: str, *, base: str | None, as_json: bool) -> int:
    """Print what became of the cases between two versions."""
    with connect() as api:
        digest = find.digest(api, document)
        earlier = find.digest(api, base) if base else None
        told = api.get(f"evaluation-sets/{segment(digest)}/changes", base=earlier)
    if as_json:
        output.say_json(told)
        return OK
    for word, colour in (("added", "green"), ("removed", "red")):
        for one in told[word]:
            output.say(f"{word:<8} {one['case']['id']}{_by(one['author'])}", colour=colour)
    for one in told["changed"]:
        output.say(f"changed  {one['id']}{_by(one['author'])}", bold=True)
        for field in one["fields"]:
            words = "".join(_marked(piece) for piece in field["pieces"])
            output.say(f"  {field['name']}: {words}")
    output.say(f"{told['same']} the same", err=True)
    return OK


def _marked(piece: dict[str, str]) -> str:
    marks = {"removed": ("[-", "-]"), "added": ("{+", "+}"), "same": ("", "")}
    before, after = marks[piece["kind"]]
    return f"{before}{piece['text']}{after}"


def _by(author: dict[str, Any] | None) -> str:
    return f"  v{author['number']}, {', '.join(author['people'])}" if author else ""


def _form(*, project: str, form: str, purpose: str, columns: Sequence[str]) -> dict[str, str]:
    named = {}
    for column in columns:
        ours, mark, theirs = column.partition("=")
        if not mark or not ours or not theirs:
            raise Failure(USAGE, f"found --column {column}, expected ours=theirs such as input=question")
        named[ours] = theirs
    return {"project": project, "format": form, "purpose": purpose, "columns": json.dumps(named)}
