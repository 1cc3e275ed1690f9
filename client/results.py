"""`countersign results`: reading what an evaluation left behind."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from client import find, output
from client.api import connect, segment
from client.failure import OK

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
