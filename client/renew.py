"""`countersign renew`: newer evidence of a report, before what was sealed into it weakens."""

import hashlib
import json
from pathlib import Path

from client import output
from client.api import connect
from client.failure import OK, USAGE, Failure


def run(report: Path, *, target: Path | None, as_json: bool) -> int:
    """Write the renewal of a sealed report to a file, and say what it covers it with."""
    try:
        digest = hashlib.sha256(report.read_bytes()).hexdigest()
    except OSError as error:
        raise Failure(USAGE, f"{report} cannot be read ({error.strerror})") from None
    with connect() as api:
        found = api.get("ledger/renewal", file=f"sha256:{digest}")
    file = target or report.with_suffix(".renewal.json")
    file.write_text(json.dumps(found) + "\n", encoding="utf-8")
    if as_json:
        output.say_json({"file": str(file), "renewal": found})
        return OK
    stamped = "with a time stamp" if found["time_stamps"] else "without a time stamp: no authority stamped one"
    output.say(
        f"{file}: entry {found['leaf']['index']} under the checkpoint of {found['consistency']['new']}, {stamped}"
    )
    output.say(f"Keep it with the report. Check both: countersign verify {report} --root FINGERPRINT --renewal {file}")
    return OK
