"""`countersign lifecycle`: base models, what sources say of when they end, and recording more of it."""

import json
from pathlib import Path
from typing import Any

from client import find, output
from client.api import connect, segment
from client.failure import FAILED, OK


def models(*, as_json: bool) -> int:
    """Print the catalogue, those that end first before."""
    with connect() as api:
        found = api.get("base-models", limit=200)["results"]
    if as_json:
        output.say_json(found)
        return OK
    rows = []
    for one in found:
        marks = [word for word, so in (("stale", one["stale"]), ("sources disagree", one["conflicts"])) if so]
        where = one["hosted"]["provider"] if one["hosted"] else "held here"
        ends = _date(one["ends"]) if one["ends"] else "unknown"
        rows.append((one["title"], where, ends, one["ends"]["source"] if one["ends"] else "", ", ".join(marks)))
    output.table(("model", "where", "ends", "says", ""), rows)
    return OK


def dates(model: str, *, size: int | None, as_json: bool) -> int:
    """Print what each source ever said of a model, the newest word first."""
    with connect() as api:
        found = api.get(f"base-models/{segment(find.digest(api, model))}/dates", size=size)
    if as_json:
        output.say_json(found)
        return OK
    for track in found["tracks"]:
        last = track["words"][-1]
        output.say(f"{track['source']}: {last['phase']} of {last['model']} on {last['channel']}", bold=True)
        for word in reversed(track["words"]):
            read = (word["read_again"] or [word["retrieved_at"]])[-1]
            output.say(f"  {_date(word)}  said {word['retrieved_at'][:10]}, found until {read[:10]}  “{word['words']}”")
    for words in found["conflicts"]:
        told = "; ".join(f"{_date(word)} ({word['source']})" for word in words)
        output.say(f"sources disagree on {words[0]['phase']}: {told}", colour="red")
    return OK


def sources(*, as_json: bool) -> int:
    """Print every source; exit 1 when one is stale."""
    with connect() as api:
        found = api.get("lifecycle/sources")
    if as_json:
        output.say_json(found)
    else:
        rows = []
        for one in found:
            read = one["retrieved_at"][:10] if one["retrieved_at"] else "never"
            failed = f"not read: {one['failure']['reason']}" if one["failure"] else ""
            rows.append((one["name"], one["rank"] or "", read, "stale" if one["stale"] else "", one["holding"], failed))
        output.table(("source", "rank", "read", "", "says", ""), rows)
    return FAILED if any(one["stale"] for one in found) else OK


def bring(file: Path, *, as_json: bool, **said: Any) -> int:
    """Send a feed to be recorded."""
    form = {name: str(value).lower() if value is True else str(value) for name, value in said.items() if value}
    with connect() as api:
        made = json.loads(api.send("lifecycle/feeds", form, [file], field="file"))
    return _told(made, as_json=as_json)


def observe(*, as_json: bool, **said: Any) -> int:
    """Record one thing that somebody read at a source."""
    with connect() as api:
        made = api.post("lifecycle/observations", **{name: value for name, value in said.items() if value is not None})
    return _told(made, as_json=as_json)


def _told(made: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        output.say_json(made)
        return OK
    counts = f"{made['new']} new, {made['moved']} moved, {made['gone']} gone, {made['same']} as before"
    output.say(f"{made['document']}  {made['title']}")
    output.say(counts, err=True)
    for note in made["notes"]:
        output.say(note, err=True)
    return OK


def _date(word: dict[str, Any]) -> str:
    if word["date"] is None:
        return "no date"
    return str(word["date"]) + ("" if word["precision"] == "exact" else f" ({word['precision']})")
