"""`countersign results`: reading what an evaluation left behind."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from client import find, output
from client.api import connect, segment
from client.failure import OK, USAGE, Failure

SHOWN = 300


def failures(result: str, *, as_json: bool, **asked: Any) -> int:
    """Print answers with what was asked, what was expected and every grade."""
    with connect() as api:
        digest = find.digest(api, result)
        page = api.get(f"results/{segment(digest)}/failures", **asked)
    if as_json:
        output.say_json(page)
        return OK
    for answer in page["results"]:
        _say(answer)
    output.say(f"{len(page['results'])} of {page['count']} answers", err=True)
    return OK


def counts(result: str, *, as_json: bool) -> int:
    """Print how many answers failed, by slice and criterion."""
    with connect() as api:
        rows = api.get(f"results/{segment(find.digest(api, result))}/failures/counts")
    if as_json:
        output.say_json(rows)
        return OK
    criteria = list(rows[0]["criteria"])
    output.table(
        ("slice", "failed", "unreadable", "missing", *criteria),
        (
            (
                row["slice"],
                f"{row['failing']} of {row['n']}",
                row["outcomes"]["unparsed"],
                row["outcomes"]["missing"],
                *(f"{row['criteria'][name]['failed']} of {row['criteria'][name]['n']}" for name in criteria),
            )
            for row in rows
        ),
    )
    return OK


def failures_file(result: str, *, target: Path, **asked: Any) -> int:
    """Write the answers as JSON Lines."""
    with connect() as api:
        digest = find.digest(api, result)
        query = urlencode({name: value for name, value in asked.items() if value})
        sha256 = api.download(f"results/{segment(digest)}/failures/file?{query}", target)
    output.say(f"{target}  {sha256}")
    return OK


def _say(answer: dict[str, Any]) -> None:
    repeat = f", repeat {answer['repeat']}" if answer["repeat"] > 1 else ""
    output.say(f"{answer['id']}{repeat}  {answer['outcome']}", bold=True)
    output.say(f"  asked     {_short(answer['case']['messages'][-1]['content'])}")
    if (target := answer["case"].get("target")) is not None:
        output.say(f"  expected  {_short(target)}")
    output.say(f"  said      {_short(answer['output']) if answer['output'] is not None else 'nothing'}")
    for grade in answer["grades"]:
        reason = f" ({grade['reason']})" if grade["reason"] else ""
        output.say(f"  {'met    ' if grade['met'] else 'not met'}   {grade['criterion']}{_short(reason)}")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def what_if(result: str, file: str, *, as_json: bool) -> int:
    """Print what other thresholds would have said."""
    asked = _object(file)
    with connect() as api:
        digest = find.digest(api, result)
        told = api.post(f"results/{segment(digest)}/what-if", thresholds=asked)
    if as_json:
        output.say_json(told)
        return OK
    output.say("WHAT IF: binds nothing, kept nowhere", bold=True)
    for line in told["judgement"]["verdicts"]:
        output.say(f"{line['verdict']:<12} {line['threshold']} ({line['importance']}): {line['reason']}")
    output.say(f"what if {told['judgement']['verdict']}, by thresholds that nobody signed", err=True)
    return OK


def inspect_log(result: str, *, target: Path) -> int:
    """Write a result as a log of Inspect."""
    with connect() as api:
        sha256 = api.download(f"results/{segment(find.digest(api, result))}/inspect-log", target)
    output.say(f"{target}  {sha256}")
    return OK


def mark(result: str, case: str, *, use: str, repeat: int, file: str | None, note: str, as_json: bool) -> int:
    """Mark a failure as a candidate."""
    content = None if file is None else _object(file)
    with connect() as api:
        digest = find.digest(api, result)
        body = {"case": case, "repeat": repeat, "use": use, "content": content, "note": note}
        made = api.post(f"results/{segment(digest)}/candidates", **body)
    if as_json:
        output.say_json(made)
    else:
        output.say(made["id"])
    return OK


def candidates(project: str, *, as_json: bool, limit: int, offset: int) -> int:
    """Print what was marked in a project."""
    with connect() as api:
        page = api.get("candidates", project=project, limit=limit, offset=offset)
    if as_json:
        output.say_json(page)
        return OK
    output.table(
        ("candidate", "use", "state", "by", "case"),
        (
            (
                one["id"],
                one["use"],
                "withdrawn" if one["withdrawn"] else "drafted" if one["drafts"] else "waits",
                one["by"],
                (one["content"] or {}).get("id") or one["fault"],
            )
            for one in page["results"]
        ),
    )
    return OK


def candidates_file(project: str, *, use: str, target: Path) -> int:
    """Write the candidates for one use as JSON Lines."""
    with connect() as api:
        sha256 = api.download(f"candidates/file?{urlencode({'project': project, 'use': use})}", target)
    output.say(f"{target}  {sha256}")
    return OK


def withdraw(candidate: str) -> int:
    """Withdraw a candidate."""
    with connect() as api:
        api.post(f"candidates/{segment(candidate)}/withdraw")
    output.say("withdrawn")
    return OK


def draft(evaluation_set: str, candidates: Sequence[str], *, slice_name: str | None, as_json: bool) -> int:
    """Draft candidate cases into the next version of a set."""
    with connect() as api:
        body: dict[str, Any] = {"evaluation_set": find.digest(api, evaluation_set), "candidates": list(candidates)}
        made = api.post("candidates/draft", **(body | ({"slice": slice_name} if slice_name else {})))
    if as_json:
        output.say_json(made)
    else:
        output.say(made["id"])
    return OK


def _object(file: str) -> dict[str, Any]:
    try:
        found = json.loads(sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise Failure(USAGE, f"{file} cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise Failure(USAGE, f"{file} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Failure(USAGE, f"{file}: found JSON of another kind, expected an object")
    return found
