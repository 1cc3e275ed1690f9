"""`countersign launch`, `cancel` and `jobs`."""

from typing import Any

from client import find, gate, output, watch
from client.api import connect, segment
from client.failure import CLOSED, OK, Failure

ARMED = "armed"


def launch(spec: str, *, arm: bool, follow: bool, as_json: bool) -> int:
    """Launch a spec, or arm it; with `follow`, watch it to its end and return that exit code."""
    with connect() as api:
        digest = find.digest(api, spec, launchable=True)
        try:
            job = api.post("jobs", spec=digest, arm=arm)
        except Failure as failure:
            if failure.code != CLOSED or as_json:
                raise
            output.say("Refused. Nothing was started, and the refusal is on the ledger.", colour="red", bold=True)
            for row in failure.findings:
                output.say(f"{'BLOCKS':<7} {row['check']}", colour="red")
                output.finding(row)
            if not arm:
                output.say("With --arm it starts by itself when the last check turns green.")
            return CLOSED
    if as_json and not follow:
        output.say_json(job)
        return OK
    if not as_json:
        output.say(f"Job {job['id']}: {job['label']}")
        if job["state"] == ARMED:
            gate.checklist([check for check in job["verdict"]["checks"] if check["blocks"]])
    if follow:
        return watch.run(job["id"], as_json=as_json)
    if not as_json:
        output.say(f"Watch it with: countersign watch {job['id']}")
    return OK


def cancel(job: str, *, reason: str, as_json: bool) -> int:
    """Cancel a job that has not ended."""
    with connect() as api:
        row = api.post(f"jobs/{segment(job)}/cancel", reason=reason)
    if as_json:
        output.say_json(row)
    else:
        output.say(f"Job {row['id']}: {row['label']}")
    return OK


def listing(*, as_json: bool, **filters: Any) -> int:
    """Print jobs, newest first."""
    with connect() as api:
        page = api.get("jobs", **filters)
    if as_json:
        output.say_json(page)
        return OK
    columns = ("job", "purpose", "project", "spec", "state", "done", "started by", "created")
    output.table(
        columns,
        (
            (
                row["id"],
                row["purpose"],
                row["project"],
                f"{row['spec']['title']} v{row['spec']['number']}",
                row["state"],
                watch.percent(row["progress"]),
                row["requested_by"],
                row["created_at"],
            )
            for row in page["results"]
        ),
    )
    return OK
