"""`countersign gate`: ask the gate without launching anything."""

from collections.abc import Mapping, Sequence
from typing import Any

from client import find, output
from client.api import connect
from client.failure import CLOSED, OK

Check = Mapping[str, Any]


def run(spec: str, *, as_json: bool) -> int:
    """Print the checklist and return the exit code: OK for an open gate, CLOSED for a closed one."""
    with connect() as api:
        digest = find.digest(api, spec, launchable=True)
        verdict = api.get(f"documents/{digest}/gate")
    if as_json:
        output.say_json({"spec": digest, **verdict})
    else:
        output.say(f"Gate of {digest}")
        checklist(verdict["checks"])
        summary(verdict)
    return OK if verdict["open"] else CLOSED


def checklist(checks: Sequence[Check]) -> None:
    """Print the checks: those that block first, then what is only advised against or waived, then what passed."""
    for check in sorted(checks, key=_order):
        mark, colour = _mark(check)
        output.say(f"{mark:<7} {check['title']}  [{check['group']}: {check['check']}]", colour=colour)
        if not check["passed"]:
            output.finding(check)
        if waiver := check.get("waiver"):
            output.say(f"        waived by {waiver['by']} until {waiver['until'][:10]}: {waiver['waiver']}")


def summary(verdict: Mapping[str, Any]) -> None:
    """Print the answer in one line."""
    blocking = [check for check in verdict["checks"] if check["blocks"]]
    passed = sum(1 for check in verdict["checks"] if check["passed"])
    if verdict["open"]:
        output.say(f"OPEN: {passed} of {len(verdict['checks'])} checks passed, none blocks.", colour="green", bold=True)
    else:
        names = ", ".join(check["check"] for check in blocking) or "there is nothing to check"
        output.say(
            f"CLOSED: {len(blocking)} of {len(verdict['checks'])} checks block: {names}.", colour="red", bold=True
        )


def _order(check: Check) -> int:
    return 0 if check["blocks"] else 1 if not check["passed"] else 2


def _mark(check: Check) -> tuple[str, str]:
    if check["passed"]:
        return "ok", "green"
    if check["blocks"]:
        return "BLOCKS", "red"
    return ("waived" if check["waived"] else "note"), "yellow"
