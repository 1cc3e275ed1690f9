"""`countersign watch`: follow a job to its end; a lost connection is waited out."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from client import output
from client.api import Api, connect, segment
from client.failure import CANCELLED, CLOSED, FAILED, LOST, OK, UNREACHABLE, Failure

BY_STATE = {"succeeded": OK, "failed": FAILED, "refused": CLOSED, "lost": LOST, "cancelled": CANCELLED}
INTERVAL = 1.0  # seconds between two looks
LONGEST_WAIT = 15.0  # seconds between two looks at a server that does not answer
PATIENCE = 600.0  # seconds a server may be away before the watch is given up

Job = Mapping[str, Any]


class Display(Protocol):
    """Where progress is shown."""

    def show(self, job: Job) -> None: ...
    def note(self, text: str) -> None: ...
    def close(self) -> None: ...


def run(job_id: str, *, as_json: bool, interval: float = INTERVAL, patience: float = PATIENCE) -> int:
    """Show progress until the job ends; return the exit code of its final state."""
    display: Display = Silent() if as_json else Bar() if output.is_terminal() else Lines()
    try:
        with connect() as api:
            job = follow(api, job_id, display, interval=interval, patience=patience)
    finally:
        display.close()
    if as_json:
        output.say_json(job)
    else:
        report(job)
    return BY_STATE.get(job["state"], FAILED)


def follow(
    api: Api,
    job_id: str,
    display: Display,
    *,
    interval: float,
    patience: float,
    sleep: Callable[[float], None] = time.sleep,
) -> Job:
    """Return the job once it has ended.

    Raises:
        Failure: the job is not there, or the server stayed away longer than `patience` seconds.
    """
    away, wait = 0.0, interval
    while True:
        try:
            job: Job = api.get(f"jobs/{segment(job_id)}")
        except Failure as failure:
            if failure.code != UNREACHABLE or away >= patience:
                raise
            if away == 0:
                display.note(f"{failure.message}; the job goes on without this watch, trying again")
            sleep(wait)
            away, wait = away + wait, min(wait * 2, LONGEST_WAIT)
            continue
        if away:
            display.note("connected again")
        away, wait = 0.0, interval
        display.show(job)
        if not job["live"]:
            return job
        sleep(interval)


def report(job: Job) -> None:
    """Print how a job ended."""
    good = job["state"] == "succeeded"
    output.say(f"Job {job['id']}: {job['label']}", colour="green" if good else "red", bold=True)
    if job["reason"]:
        output.say(f"      {job['reason']}")
    if job["output"]:
        output.say(f"      made {job['output']}")
    if job["state"] == "refused":
        for check in job["verdict"]["checks"]:
            if check["blocks"]:
                output.say(f"BLOCKS  {check['title']}", colour="red")
                output.finding(check)


def percent(progress: Mapping[str, Any]) -> str:
    """Return how much of a job is done as text, or nothing when it has not said."""
    done = share(progress)
    return "" if done is None else f"{done:.0%}"


def share(progress: Mapping[str, Any]) -> float | None:
    """Return how much is done, from 0 to 1; None when a runner said nothing usable."""
    done = progress.get("done")
    if not isinstance(done, int | float) or not math.isfinite(done):
        return None
    return min(max(float(done), 0.0), 1.0)


def figures(progress: Mapping[str, Any]) -> str:
    """Return the figures a runner told, such as its loss, as text."""
    told = progress.get("figures")
    return " ".join(f"{name}={value}" for name, value in told.items()) if isinstance(told, dict) else ""


class Silent:
    """Shows nothing: for `--json`."""

    def show(self, job: Job) -> None:
        """Leave it to the JSON at the end."""

    def note(self, text: str) -> None:
        output.say(text, err=True)

    def close(self) -> None:
        """Nothing is open."""


class Lines(Silent):
    """A line whenever something changed: for logs."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, job: Job) -> None:
        progress = job["progress"]
        done = share(progress)
        tenth = "" if done is None else f"{int(done * 10) * 10}%"
        key = f"{job['state']} {tenth}"
        if key != self._last:
            self._last = key
            words = (job["state"], percent(progress), str(progress.get("message", "")), figures(progress))
            output.say(" ".join(word for word in words if word))


class Bar(Silent):
    """A progress bar with loss and estimated time: for terminals."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            Progress,
            TaskProgressColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("eta"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}", markup=False),
        )
        self._task = self._progress.add_task("…", total=None, figures="")
        self._progress.start()

    def show(self, job: Job) -> None:
        progress = job["progress"]
        done = share(progress)
        self._progress.update(
            self._task,
            description=output.printable(str(progress.get("message") or job["label"]))[:60],
            total=None if done is None else 1.0,
            completed=done or 0.0,
            figures=output.printable(figures(progress))[:80],
        )

    def note(self, text: str) -> None:
        self._progress.console.print(output.printable(text), markup=False)

    def close(self) -> None:
        self._progress.stop()
