"""`countersign report`: ask for a report, wait until it is sealed, download it."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from client import find, output
from client.api import Api, connect
from client.failure import FAILED, OK, UNREACHABLE, Failure

INTERVAL = 1.0  # seconds between two looks
PATIENCE = 900.0  # seconds a report may take


def run(
    meant: str, *, target: str | None, as_json: bool, interval: float = INTERVAL, patience: float = PATIENCE
) -> int:
    """Write the sealed report on a document to a file and print its name and digest."""
    with connect() as api:
        subject = find.digest(api, meant)
        asked = api.post("reports", subject=subject, kind="lineage")
        made = _wait(api, asked, interval=interval, patience=patience, quiet=as_json)
        if made["state"] != "ready":
            raise Failure(FAILED, f"the report could not be made: {made['error'] or 'the worker gave no reason'}")
        name = f"countersign-{made['kind']}-{subject.removeprefix('sha256:')[:12]}.pdf"
        file = Path(target or name)
        digest = api.download(f"reports/{made['id']}/file", file)
    if digest != made["file_sha256"]:
        raise Failure(FAILED, f"{file} has the digest {digest}, expected {made['file_sha256']}; download it again")
    if as_json:
        output.say_json({"file": str(file), "sha256": digest, "report": made})
    else:
        output.say(f"{file}  {digest}")
        output.say(f"Check it with: countersign verify {file} --root FINGERPRINT", err=True)
    return OK


def _wait(api: Api, asked: Mapping[str, Any], *, interval: float, patience: float, quiet: bool) -> Mapping[str, Any]:
    waited, made = 0.0, asked
    status = _Status(quiet=quiet)
    try:
        while made["state"] == "requested":
            if waited >= patience:
                raise Failure(
                    UNREACHABLE, f"report {made['id']} still waits for the worker after {waited:.0f} s; is it running?"
                )
            status.tell(f"report {made['id']}: waiting for the worker")
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
        self._told = False

    def tell(self, text: str) -> None:
        if self._quiet or self._told:
            return
        self._told = True
        if not output.is_terminal():
            output.say(text, err=True)
            return
        from rich.console import Console

        self._spinner = Console(stderr=True).status(text)
        self._spinner.start()

    def close(self) -> None:
        if self._spinner is not None:
            self._spinner.stop()
