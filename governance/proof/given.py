"""One question to the offline verifier: a file, and what its reader got elsewhere, as they gave it.

The command, the page and the API ask in this form, so that they cannot answer differently.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.proof.checks.elsewhere import Elsewhere
from governance.proof.checks.kept_checkpoints import Consistency, Kept
from governance.proof.checks.outcome import COULD_NOT_CHECK, DOES_NOT_HOLD, FORKED, HOLDS, Verification
from governance.proof.checks.proof_file import is_proof, verify_proof
from governance.proof.checks.renewal import Renewal
from governance.proof.checks.second_key import second_key_of
from governance.proof.checks.witnesses import WitnessPolicy
from governance.proof.files.package_file import verify_package
from governance.proof.files.report_file import checkpoint_in, is_report, verify_report
from governance.proof.files.sample_file import is_sample, verify_sample
from governance.proof.formats import dsse
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.leaf import Leaf, leaves_in
from governance.proof.formats.time_stamp import roots_of
from governance.proof.formats.zip_file import is_zip

WORDS = {
    HOLDS: "HOLDS",
    DOES_NOT_HOLD: "DOES NOT HOLD",
    COULD_NOT_CHECK: "COULD NOT BE CHECKED",
    FORKED: "DOES NOT HOLD: THE LOG SIGNED TWO HISTORIES",
}
MEANING = {
    HOLDS: "Everything that was checked holds. What the file cannot show is listed, too: that is somebody's word.",
    DOES_NOT_HOLD: "Something does not hold: rely on nothing in this file, keep it, and ask for it again elsewhere.",
    COULD_NOT_CHECK: "Nothing is decided: neither that the file is right nor that it is wrong.",
    FORKED: "The log's key signed two histories that contradict each other. Keep both files: they prove it to anybody.",
}
# What no file can show about itself, whatever its checks say.
LIMITS = (
    "that everything which happened was recorded: a log proves what is in it, not what never got there",
    "that fingerprint and keys are whose they are said to be: get them by another way than this file",
    "that nothing was revoked after the report's ledger size: ask for a newer report",
)
_MAX_PROOF = 1024 * 1024  # bytes; a longer file is no proof of one entry


@dataclass(frozen=True)
class Given:
    """What the reader gave besides the file: keys as text, the rest as files."""

    root: str | None = None
    log_key: str | None = None
    second_key: str | None = None
    witnesses: Sequence[str] = ()
    quorum: int | None = None
    keyrings: Path | None = None
    authorities: Sequence[Path] = ()
    checkpoints: Sequence[Path] = ()
    consistency: Sequence[Path] = ()
    renewals: Sequence[Path] = ()
    least: int | None = None
    leaves: Path | None = None


def verified(file: Path, given: Given) -> Verification:
    """Return whether the file, a sealed report, a package of them, an audit sample or the proof of one entry, holds.

    Nothing is raised for a bad file.
    """
    try:
        elsewhere, leaves = _elsewhere(given), _leaves(given)
    except (OSError, ValueError) as error:
        return Verification.impossible("what was given", str(error))
    try:
        with file.open("rb") as opened:
            beginning = opened.read(_MAX_PROOF)
            sample = is_zip(beginning) and is_sample(opened)
    except OSError as error:
        return Verification.impossible("file", f"cannot be read: {error}")
    if leaves is not None and not sample:
        return Verification.impossible("what was given", "a list of leaves goes with an audit sample, and this is none")
    if is_proof(beginning):
        if given.renewals:
            return Verification.impossible("what was given", "a renewal is of a report; ask for a newer proof instead")
        return verify_proof(beginning, given.log_key, elsewhere)
    if is_zip(beginning):
        if given.renewals:
            return Verification.impossible("what was given", "a renewal is of a report; verify that by itself with it")
        if sample:
            return verify_sample(file, given.root, elsewhere, leaves)
        return verify_package(file, given.root, elsewhere)
    return verify_report(file, given.root, elsewhere)


def as_dict(found: Verification) -> dict[str, Any]:
    """Return the outcome for machines."""
    return {
        "code": found.code,
        "verdict": WORDS[found.code].lower(),
        "meaning": MEANING[found.code],
        "checks": [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in found.checks],
        "does_not_prove": list(LIMITS),
    }


def _elsewhere(given: Given) -> Elsewhere:
    """Return what was given, read. Raises OSError, ValueError: it cannot be read, or makes no sense."""
    if given.quorum is not None and not given.witnesses:
        raise ValueError("found a quorum without witnesses, expected --witness with their keys")
    return Elsewhere(
        keyrings=_keyrings(given.keyrings) if given.keyrings else [],
        witnesses=WitnessPolicy.of(given.witnesses, given.quorum) if given.witnesses else None,
        second_key=second_key_of(given.second_key) if given.second_key else None,
        authorities=[root for file in given.authorities for root in roots_of(file.read_bytes())],
        checkpoints=[_kept(file) for file in given.checkpoints],
        consistency=[Consistency.from_bytes(file.read_bytes()) for file in given.consistency],
        renewals=[Renewal.from_bytes(file.read_bytes()) for file in given.renewals],
        least=given.least,
    )


def _leaves(given: Given) -> list[Leaf] | None:
    """Return the list of leaves that was given. Raises OSError, ValueError: it cannot be read, or is none."""
    if given.leaves is None:
        return None
    with given.leaves.open("rb") as lines:
        try:
            return leaves_in(lines)
        except ValueError as error:
            raise ValueError(f"{given.leaves.name}, given as the list of leaves: {error}") from error


def _keyrings(file: Path) -> list[bytes]:
    """Return the envelopes in a file, one a line. Raises ValueError: it is another file than one of keyrings."""
    envelopes = file.read_bytes().splitlines()
    try:
        for envelope in envelopes:
            dsse.peek(envelope)
    except SignatureError as error:
        raise ValueError(f"{file.name}, given as the keyrings of today: {error}") from error
    if not envelopes:
        raise ValueError(f"{file.name}, given as the keyrings of today, is empty")
    return envelopes


def _kept(file: Path) -> Kept:
    """Return the checkpoint in a file: a signed note, or the one that an older report holds."""
    content = file.read_bytes()
    return Kept(file.name, checkpoint_in(content) if is_report(content) else content.decode("utf-8"))
