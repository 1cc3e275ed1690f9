"""`countersign report`: ask for a report, wait until it is sealed, download it."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from client import find, output
from client.api import Api, connect
from client.failure import FAILED, OK, UNREACHABLE, USAGE, Failure

INTERVAL = 1.0  # seconds between two looks
PATIENCE = 900.0  # seconds a report may take


def run(
    meant: str | None,
    *,
    kind: str = "lineage",
    project: str | None = None,
    settings: Sequence[str] = (),
    as_of: int | None = None,
    target: str | None,
    as_json: bool,
    interval: float = INTERVAL,
    patience: float = PATIENCE,
) -> int:
    """Write the sealed report on a document, a project or the organisation to a file; print its name and digest."""
    with connect() as api:
        asked = _ask(api, meant, kind=kind, project=project, settings=settings, as_of=as_of)
        made = _wait(api, asked, interval=interval, patience=patience, quiet=as_json)
        if made["state"] != "ready":
            raise Failure(FAILED, f"the report could not be made: {made['error'] or 'the worker gave no reason'}")
        file = Path(target or made["filename"])
        digest = api.download(f"reports/{made['id']}/file", file)
    if digest != made["file_sha256"]:
        raise Failure(FAILED, f"{file} has the digest {digest}, expected {made['file_sha256']}; download it again")
    if as_json:
        output.say_json({"file": str(file), "sha256": digest, "report": made})
    else:
        output.say(f"{file}  {digest}")
        output.say(f"{made['called']}, as of {made['ledger_size']} ledger entries.", err=True)
        output.say(f"Check it with: countersign verify {file} --root FINGERPRINT", err=True)
    return OK


def kinds(*, as_json: bool) -> int:
    """Print the kinds of report there are, and what each asks."""
    with connect() as api:
        found = api.get("reports/kinds")
    if as_json:
        output.say_json(found)
        return OK
    for one in found:
        output.say(f"{one['name']}: {one['title']}, of {' or '.join(one['of'])}. {one['about']}")
        for name, field in one["parameters"].get("properties", {}).items():
            output.say(f"    --set {name}=…  {field.get('title', name)}. {field.get('description', '')}".rstrip())
    return OK


def _ask(
    api: Api, meant: str | None, *, kind: str, project: str | None, settings: Sequence[str], as_of: int | None
) -> Mapping[str, Any]:
    known = {one["name"]: one for one in api.get("reports/kinds")}
    if kind not in known:
        raise Failure(USAGE, f"found the kind {kind!r}, expected one of {', '.join(sorted(known))}")
    properties = known[kind]["parameters"].get("properties", {})
    body: dict[str, Any] = {"kind": kind, "parameters": _parameters(settings, properties)}
    if meant is not None:
        body["subject"] = find.digest(api, meant)
    elif project is not None:
        body["project"] = project
    if as_of is not None:
        body["ledger_size"] = as_of
    asked: Mapping[str, Any] = api.post("reports", **body)
    return asked


def _parameters(settings: Sequence[str], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return name=value pairs as JSON: whole numbers, yes and no where the report's schema wants them."""
    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or name not in properties:
            known = ", ".join(sorted(properties)) or "nothing"
            raise Failure(USAGE, f"found --set {setting}, expected NAME=VALUE; this report asks for {known}")
        shapes = [properties[name], *properties[name].get("anyOf", [])]
        types = {shape.get("type") for shape in shapes}
        if "integer" in types and value.lstrip("-").isdigit():
            found[name] = int(value)
        elif "boolean" in types and value in ("yes", "no", "true", "false"):
            found[name] = value in ("yes", "true")
        else:
            found[name] = value
    return found


def _wait(api: Api, asked: Mapping[str, Any], *, interval: float, patience: float, quiet: bool) -> Mapping[str, Any]:
    waited, made = 0.0, asked
    status = _Status(quiet=quiet)
    try:
        while made["state"] == "requested":
            if waited >= patience:
                raise Failure(
                    UNREACHABLE, f"report {made['id']} still waits for the worker after {waited:.0f} s; is it running?"
                )
            status.tell(f"report {made['id']}: {made.get('progress') or 'waiting for the worker'}")
            time.sleep(interval)
            waited += interval
            made = api.get(f"reports/{made['id']}")
    finally:
        status.close()
    return made


class _Status:
    """A spinner at a terminal, one line elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._spinner: Any = None
        self._told = ""

    def tell(self, text: str) -> None:
        if self._quiet or text == self._told:
            return
        self._told = text
        if not output.is_terminal():
            output.say(text, err=True)
        elif self._spinner is not None:
            self._spinner.update(text)
        else:
            from rich.console import Console

            self._spinner = Console(stderr=True).status(text)
            self._spinner.start()

    def close(self) -> None:
        if self._spinner is not None:
            self._spinner.stop()
