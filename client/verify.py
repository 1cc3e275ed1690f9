"""`countersign verify`: check a report, or the proof of one ledger entry, offline, trusting keys obtained elsewhere."""

from collections.abc import Sequence
from pathlib import Path

from client import output
from governance.proof.outcome import COULD_NOT_CHECK, DOES_NOT_HOLD, HOLDS, CheckLine, Verification

WORDS = {HOLDS: "HOLDS", DOES_NOT_HOLD: "DOES NOT HOLD", COULD_NOT_CHECK: "COULD NOT BE CHECKED"}
COLOURS = {HOLDS: "green", DOES_NOT_HOLD: "red", COULD_NOT_CHECK: "yellow"}
_MAX_PROOF = 1024 * 1024  # bytes; a longer file is no proof of one entry
# What no file can show about itself, whatever its checks say.
LIMITS = (
    "that everything which happened was recorded: a log proves what is in it, not what never got there",
    "that fingerprint and keys are whose they are said to be: get them by another way than this file",
    "that nothing was revoked after the report's ledger size: ask for a newer report",
)


def run(
    file: Path,
    root: str | None,
    witnesses: Sequence[str] = (),
    *,
    quorum: int | None = None,
    log_key: str | None = None,
    second_key: str | None = None,
    keyrings: Path | None = None,
    as_json: bool,
) -> int:
    """Print what holds, what does not and what this does not prove; return 0, 1 or 2."""
    found = _verified(file, root, witnesses, quorum, (log_key, second_key), keyrings)
    if as_json:
        output.say_json(as_dict(file, root, found))
        return found.code
    output.say(f"{file}: {WORDS[found.code]}", colour=COLOURS[found.code], bold=True)
    _lines("Does not hold", [c for c in found.checks if c.ok is False], "red")
    _lines("Holds", [c for c in found.checks if c.ok is True], "green")
    _lines("Not shown by the file", [c for c in found.checks if c.ok is None], "yellow")
    if found.code != COULD_NOT_CHECK:
        output.say("This does not prove")
        for limit in LIMITS:
            output.say(f"  - {limit}")
    return found.code


def _verified(
    file: Path,
    root: str | None,
    witnesses: Sequence[str],
    quorum: int | None,
    log_keys: tuple[str | None, str | None],
    keyrings: Path | None,
) -> Verification:
    from governance.proof.proof_file import is_proof, verify_proof
    from governance.proof.report_file import verify_report
    from governance.proof.second_key import second_key_of
    from governance.proof.witnesses import WitnessPolicy

    try:
        if quorum is not None and not witnesses:
            raise ValueError("found a quorum without witnesses, expected --witness with their keys")
        policy = WitnessPolicy.of(witnesses, quorum) if witnesses else None
        second = second_key_of(log_keys[1]) if log_keys[1] else None
    except ValueError as error:
        return Verification.impossible("keys", str(error))
    try:
        with file.open("rb") as opened:
            beginning = opened.read(_MAX_PROOF)
    except OSError as error:
        return Verification.impossible("file", f"cannot be read: {error}")
    if is_proof(beginning):
        return verify_proof(beginning, log_keys[0], policy, second)
    try:
        known = keyrings.read_bytes().splitlines() if keyrings else []
    except OSError as error:
        return Verification.impossible("keyrings", f"cannot be read: {error}")
    return verify_report(file, root, known, policy, second)


def as_dict(file: Path, root: str | None, found: Verification) -> dict[str, object]:
    """Return the outcome for machines."""
    return {
        "file": str(file),
        "root": root,
        "code": found.code,
        "verdict": WORDS[found.code].lower(),
        "checks": [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in found.checks],
        "does_not_prove": list(LIMITS),
    }


def _lines(title: str, checks: Sequence[CheckLine], colour: str) -> None:
    if checks:
        output.say(title, colour=colour)
    for check in checks:
        output.say(f"  {check.name:<18} {check.detail}")
