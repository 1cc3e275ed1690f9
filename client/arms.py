"""`countersign arms`: having what others answered measured by a plan, beside the model."""

import json
from pathlib import Path
from typing import Any

from client import find, output
from client.api import connect, segment
from client.failure import OK


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
