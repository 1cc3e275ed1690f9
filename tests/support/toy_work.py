"""The entry point of the tests' own purpose. It leaves "ran" beside the work folder: proof that work was done."""

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from governance.proof.formats.envelope import Envelope
from governance.runner.protocol import Outcome, OutputFile, RunFailed


def run(work: Path, permit: Any, report: Any) -> Outcome:
    body = Envelope.from_bytes((work / "inputs/documents/work.json").read_bytes()).body
    (work / "journal").mkdir(exist_ok=True)
    with (work / "journal" / "attempts").open("a+") as journal:
        journal.write(f"{permit.attempt}\n")
        journal.seek(0)
        known = {"pid": os.getpid(), "environment": dict(os.environ), "journal": journal.read().split()}
    (work.parent / "ran").write_text(json.dumps(known))
    stubborn = body["manner"] == "stubborn"
    if stubborn:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    until = time.monotonic() + body["milliseconds"] / 1000
    while time.monotonic() < until:
        report.progress(0.5, "working", loss=float("nan"), step=1)
        if report.stopping() and not stubborn:
            raise RunFailed("stopped")
        time.sleep(0.02)
    if body["manner"] == "blabbing":
        said = " and ".join(os.environ.get(name, "nothing") for name in permit.variables)
        report.log(f"log: {said}")
        report.progress(0.9, f"progress: {said}")
        sys.stdout.write(f"printed: {said}\n")
        sys.stdout.flush()
        raise RunFailed(f"reason: {said}")
    if body["manner"] == "badly":
        raise RunFailed("it could not be done")
    outputs = work / "outputs"
    outputs.mkdir(exist_ok=True)
    (outputs / "made.txt").write_text(f"made by {permit.attempt}")
    return Outcome({"title": "Made"}, [OutputFile("made.txt", outputs / "made.txt")])
