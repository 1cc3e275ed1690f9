"""`countersign verify`: check a report, or the proof of one ledger entry, offline, trusting keys obtained elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from client import output
from governance.proof.outcome import COULD_NOT_CHECK, DOES_NOT_HOLD, FORKED, HOLDS, CheckLine, Verification

if TYPE_CHECKING:
    from governance.proof.elsewhere import Elsewhere
    from governance.proof.kept_checkpoints import Kept

WORDS = {
    HOLDS: "HOLDS",
    DOES_NOT_HOLD: "DOES NOT HOLD",
    COULD_NOT_CHECK: "COULD NOT BE CHECKED",
    FORKED: "DOES NOT HOLD: THE LOG SIGNED TWO HISTORIES",
}
COLOURS = {HOLDS: "green", DOES_NOT_HOLD: "red", COULD_NOT_CHECK: "yellow", FORKED: "red"}
_MAX_PROOF = 1024 * 1024  # bytes; a longer file is no proof of one entry
# What no file can show about itself, whatever its checks say.
LIMITS = (
    "that everything which happened was recorded: a log proves what is in it, not what never got there",
    "that fingerprint and keys are whose they are said to be: get them by another way than this file",
    "that nothing was revoked after the report's ledger size: ask for a newer report",
)


@dataclass(frozen=True)
class Given:
    """What the reader gave besides the file, as they gave it: keys as text, the rest as files."""

    root: str | None = None
    log_key: str | None = None
    second_key: str | None = None
    witnesses: Sequence[str] = ()
    quorum: int | None = None
    keyrings: Path | None = None
    authorities: Sequence[Path] = ()
    checkpoints: Sequence[Path] = ()
    consistency: Sequence[Path] = ()


def run(file: Path, given: Given, *, as_json: bool) -> int:
    """Print what holds, what does not and what this does not prove; return 0, 1, 2 or 3."""
    found = _verified(file, given)
    if as_json:
        output.say_json(as_dict(file, given.root, found))
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


def _verified(file: Path, given: Given) -> Verification:
    from governance.proof.proof_file import is_proof, verify_proof
    from governance.proof.report_file import verify_report

    try:
        elsewhere = _elsewhere(given)
    except (OSError, ValueError) as error:
        return Verification.impossible("what was given", str(error))
    try:
        with file.open("rb") as opened:
            beginning = opened.read(_MAX_PROOF)
    except OSError as error:
        return Verification.impossible("file", f"cannot be read: {error}")
    if is_proof(beginning):
        return verify_proof(beginning, given.log_key, elsewhere)
    return verify_report(file, given.root, elsewhere)


def _elsewhere(given: Given) -> "Elsewhere":
    """Return what was given, read. Raises OSError, ValueError: it cannot be read, or makes no sense."""
    from governance.proof.elsewhere import Elsewhere
    from governance.proof.kept_checkpoints import Consistency
    from governance.proof.second_key import second_key_of
    from governance.proof.time_stamp import roots_of
    from governance.proof.witnesses import WitnessPolicy

    if given.quorum is not None and not given.witnesses:
        raise ValueError("found a quorum without witnesses, expected --witness with their keys")
    return Elsewhere(
        keyrings=given.keyrings.read_bytes().splitlines() if given.keyrings else [],
        witnesses=WitnessPolicy.of(given.witnesses, given.quorum) if given.witnesses else None,
        second_key=second_key_of(given.second_key) if given.second_key else None,
        authorities=[root for file in given.authorities for root in roots_of(file.read_bytes())],
        checkpoints=[_kept(file) for file in given.checkpoints],
        consistency=[Consistency.from_bytes(file.read_bytes()) for file in given.consistency],
    )


def _kept(file: Path) -> "Kept":
    """Return the checkpoint in a file: a signed note, or the one that an older report holds."""
    from governance.proof.kept_checkpoints import Kept
    from governance.proof.report_file import checkpoint_in, is_report

    content = file.read_bytes()
    return Kept(file.name, checkpoint_in(content) if is_report(content) else content.decode("utf-8"))


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
