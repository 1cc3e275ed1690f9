"""`countersign assess`: have the quality checks run on data, and wait for what they find."""

from collections.abc import Mapping, Sequence

from client import find, output, watch
from client.api import connect
from client.failure import OK


def run(datasets: Sequence[str], named: Mapping[str, str], *, follow: bool, as_json: bool) -> int:
    """Ask for the checks; with `follow`, wait for the report, print its findings and return how the job ended.

    `named` holds the other documents by what they are to the checks. Findings do not change the exit code: whether
    data may be trained on is the gate's to say.
    """
    with connect() as api:
        asked = {role: find.digest(api, meant) for role, meant in named.items()}
        job = api.post("quality-reports", datasets=[find.digest(api, one) for one in datasets], **asked)
    if not follow:
        if as_json:
            output.say_json(job)
        else:
            output.say(f"Job {job['id']}: {job['label']}")
            output.say(f"Watch it with: countersign watch {job['id']}")
        return OK
    code = watch.run(job["id"], as_json=as_json)
    if code == OK and not as_json:
        with connect() as api:
            made = api.get(f"jobs/{job['id']}")["output"]
            report = api.get(f"documents/{made}")
        for finding in report["envelope"]["body"]["findings"]:
            colour = {"ok": "green", "warn": "yellow"}.get(finding["status"], "red")
            output.say(f"{finding['status'].upper():<5} {finding['check']}: {finding['found']}", colour=colour)
    return code
