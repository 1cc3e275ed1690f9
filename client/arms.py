"""`countersign arms`: the arms of a plan side by side, and having what others answered measured."""

import json
from pathlib import Path
from typing import Any

from client import find, output
from client.api import connect, segment
from client.failure import OK

SHOWN = ("pass_rate", "exact_match", "macro_f1", "record_exact", "cost_mean", "latency_p50", "tokens_mean")


def show(plan: str, *, as_json: bool) -> int:
    """Print every accepted result of a plan, and how each differs from the base model."""
    with connect() as api:
        path = f"plans/{segment(find.digest(api, plan))}/arms"
        found = api.get(path)
        base = any(arm["arm"] == "base" for arm in found["arms"])
        told = api.get(f"{path}/differences")["arms"] if base and len(found["arms"]) > 1 else {}
    if as_json:
        output.say_json(found | {"differences": told})
        return OK
    names = [name for name in SHOWN if any(name in arm["metrics"].get("all", {}) for arm in found["arms"])]
    rows = []
    for arm in found["arms"]:
        figures = arm["metrics"].get("all", {})
        differs = told.get(arm["result"], {}).get("all", {})
        rows.append((arm["arm"], arm["answered"], *(_figure(figures.get(n), differs.get(n)) for n in names)))
    output.table(("arm", "what answered", *(name.replace("_", " ") for name in names)), rows)
    return OK


def _figure(measure: dict[str, Any] | None, differs: dict[str, Any] | None) -> str:
    if measure is None:
        return ""
    sign = "" if differs is None else f" ({differs['value']}{' times' if differs['how'] == 'ratio' else ''})"
    return f"{measure['value']}{sign}"


def record(plan: str, file: Path, *, as_json: bool, arm: str, note: str, **recording: str | None) -> int:
    """Freeze the specification that measures recorded answers."""
    said = json.dumps({name: value for name, value in recording.items() if value})
    with connect() as api:
        path = f"plans/{segment(find.digest(api, plan))}/arms/recorded"
        made = json.loads(api.send(path, {"arm": arm, "recording": said, "note": note}, [file], field="file"))
    return _told(made, as_json=as_json)


def ask(plan: str, *, as_json: bool, arm: str, note: str, **endpoint: Any) -> int:
    """Freeze the specification that measures a model behind an endpoint."""
    with connect() as api:
        path = f"plans/{segment(find.digest(api, plan))}/arms"
        said = {name: value for name, value in endpoint.items() if value is not None}
        made = api.post(path, arm=arm, endpoint=said, note=note)
    return _told(made, as_json=as_json)


def _told(made: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        output.say_json(made)
    else:
        output.say(f"{made['digest']}  {made['title']}")
        output.say(f"countersign launch {made['digest']} has it measured", err=True)
    return OK
