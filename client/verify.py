"""`countersign verify`: check a report, or the proof of one ledger entry, offline, trusting keys obtained elsewhere."""

from collections.abc import Sequence
from pathlib import Path

from client import output
from governance.proof.given import LIMITS, MEANING, WORDS, Given, as_dict, verified
from governance.proof.outcome import COULD_NOT_CHECK, DOES_NOT_HOLD, FORKED, HOLDS, CheckLine

COLOURS = {HOLDS: "green", DOES_NOT_HOLD: "red", COULD_NOT_CHECK: "yellow", FORKED: "red"}


def run(file: Path, given: Given, *, as_json: bool) -> int:
    """Print what holds, what does not and what this does not prove; return 0, 1, 2 or 3."""
    found = verified(file, given)
    if as_json:
        output.say_json({"file": str(file), "root": given.root, **as_dict(found)})
        return found.code
    output.say(f"{file}: {WORDS[found.code]}", colour=COLOURS[found.code], bold=True)
    output.say(MEANING[found.code])
    _lines("Does not hold", [c for c in found.checks if c.ok is False], "red")
    _lines("Holds", [c for c in found.checks if c.ok is True], "green")
    _lines("Not shown by the file", [c for c in found.checks if c.ok is None], "yellow")
    if found.code != COULD_NOT_CHECK:
        output.say("This does not prove")
        for limit in LIMITS:
            output.say(f"  - {limit}")
    return found.code


def _lines(title: str, checks: Sequence[CheckLine], colour: str) -> None:
    if checks:
        output.say(title, colour=colour)
    for check in checks:
        output.say(f"  {check.name:<18} {check.detail}")
