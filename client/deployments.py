"""`countersign deployments`: which services depend on which base model."""

import json
from pathlib import Path
from typing import Any

from client import find, output
from client.api import Api, connect, segment
from client.failure import OK

PAGE = 200


def listed(project: str, *, as_json: bool) -> int:
    """Print the deployments of a project."""
    with connect() as api:
        found = rows(api, project)
    if as_json:
        output.say_json(found)
        return OK
    shown = [
        (
            one["service"],
            one["environment"],
            one["origin"],
            one["criticality"],
            one["since"],
            one["until"] or "",
            one["need_until"] or "unknown",
        )
        for one in found
    ]
    output.table(("service", "environment", "origin", "criticality", "since", "until", "needed until"), shown)
    return OK


def read_in(project: str, file: Path, *, as_json: bool) -> int:
    """Register the deployments of a table."""
    with connect() as api:
        made = json.loads(api.send("deployments/table", {"project": project}, [file], field="file"))
    if as_json:
        output.say_json(made)
    else:
        output.say(f"{len(made['documents'])} registered, {made['unchanged']} were on record already")
    return OK


def below(base: str, *, as_json: bool) -> int:
    """Print what is downstream of a base model, each indented below what it rests on."""
    with connect() as api:
        found = api.get(f"base-models/{segment(find.digest(api, base))}/dependants")
    if as_json:
        output.say_json(found)
        return OK
    origins = {one["digest"]: one["origin"] for one in found["deployments"]}
    named = {one["digest"] for one in found["documents"]}
    for one in found["documents"]:
        state = origins.get(one["digest"], one["standing"])
        output.say(f"{'  ' * one['depth']}{one['title']}  [{state}]")
    for one in found["deployments"]:
        if one["digest"] not in named:
            output.say(f"  {one['title']}  [said to run on it]")
    if not found["everything"]:
        output.say("of your projects alone: others may rest on it, too", err=True)
    return OK


def rows(api: Api, project: str) -> list[dict[str, Any]]:
    """Return all deployments of a project."""
    found: list[dict[str, Any]] = []
    while True:
        page = api.get("deployments", project=project, limit=PAGE, offset=len(found))
        found += page["results"]
        if page["next"] is None or not page["results"]:
            return found
