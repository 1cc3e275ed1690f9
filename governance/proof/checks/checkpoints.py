"""Checks of the checkpoint that a report's evidence hangs on: who signed it, who cosigned it, who stamped the time."""

from collections.abc import Sequence
from typing import Protocol

from cryptography.x509 import Certificate

from governance.proof.checks.evidence import Evidence, TimeStamped, Witnessed
from governance.proof.checks.outcome import CheckLine
from governance.proof.checks.witnesses import WitnessPolicy, witness_line
from governance.proof.formats import time_stamp
from governance.proof.formats.checkpoint import Checkpoint, open_checkpoint
from governance.proof.formats.fields import base64_bytes
from governance.proof.formats.keyring import Keyring
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.merkle import ProofError, verify_consistency
from governance.proof.formats.note import Note
from governance.proof.formats.time_stamp import TimeStampError

TIME_STAMP = "time stamp"


class Covered(Protocol):
    """A checkpoint with what others said of it, or of ones before and after it: evidence, or its renewal."""

    @property
    def checkpoint(self) -> str: ...
    @property
    def witnessed(self) -> Witnessed | None: ...
    @property
    def time_stamps(self) -> list[TimeStamped]: ...


def read_checkpoint(evidence: Evidence, keyring: Keyring) -> Checkpoint:
    """Return the checkpoint, if a log key of its time or later signed it for the keyring's log at the report's size.

    Raises:
        SignatureError: none did, or only one declared compromised by then; or it is of another log or size.
    """
    size = evidence.report.ledger_size
    try:
        checkpoint = open_checkpoint(evidence.checkpoint, keyring.origin, keyring.telling_of("log", size))
    except SignatureError as error:
        if any(entry.purpose == "log" and entry.compromised_at(size) for entry in keyring.compromised):
            raise SignatureError(
                f"{error}; a log key was declared compromised by then: ask for a new report"
            ) from error
        raise
    if (checkpoint.origin, checkpoint.size) != (keyring.origin, size):
        raise SignatureError(
            f"found a checkpoint of {checkpoint.origin} at size {checkpoint.size}, expected {keyring.origin} at {size}"
        )
    return checkpoint


def retired_lines(evidence: Covered, keyring: Keyring) -> list[CheckLine]:
    """Return the line on a checkpoint whose log key has ended since; none where one in use signed it.

    What an ended key signed in its time stays right, and whoever has kept that key can sign more of the same time.
    """
    now = keyring.in_use("log")
    try:
        open_checkpoint(evidence.checkpoint, keyring.origin, {} if now is None else {now.keyid: now.key})
    except SignatureError:
        detail = (
            "its log key has ended since: that it was signed before shows by witnesses, a time stamp, a checkpoint "
            "that was kept, or a renewal"
        )
        return [CheckLine("checkpoint", None, detail)]
    return []


def open_head(note: str, keyring: Keyring) -> Checkpoint:
    """Return the checkpoint of `note` if a log key that counts for its size signed it for the keyring's log.

    Raises:
        SignatureError: none did, or it is no checkpoint of that log.
    """
    try:
        size = Checkpoint.from_text(Note.parse(note).text).size
    except ValueError as error:
        raise SignatureError(f"found no checkpoint: {error}") from error
    head = open_checkpoint(note, keyring.origin, keyring.telling_of("log", size))
    if head.origin != keyring.origin:
        raise SignatureError(f"found a checkpoint of {head.origin}, expected {keyring.origin}")
    return head


def check_witnesses(
    evidence: Covered, keyring: Keyring, checkpoint: Checkpoint, policy: WitnessPolicy | None
) -> CheckLine:
    """Return the line on the witnesses of the evidence's checkpoint, or of a later one that is proved to extend it."""
    later = evidence.witnessed
    line = witness_line(evidence.checkpoint, checkpoint, policy)
    if later is None or line.ok or (policy and policy.judge(evidence.checkpoint, checkpoint).faults):
        return line
    try:
        head = open_head(later.checkpoint, keyring)
        proof = [bytes.fromhex(node) for node in later.proof]
        verify_consistency(checkpoint.size, head.size, checkpoint.root, head.root, proof)
    except (SignatureError, ProofError) as error:
        return CheckLine("witnesses", False, f"the later checkpoint does not extend this one: {error}")
    found = witness_line(later.checkpoint, head, policy)
    return CheckLine(found.name, found.ok, f"{found.detail}; on a later checkpoint, of {head.size} entries")


def check_time_stamps(
    evidence: Covered, keyring: Keyring, checkpoint: Checkpoint, authorities: Sequence[Certificate]
) -> list[CheckLine]:
    """Return a line for each time stamp, and one where the reader knows an authority and there is none to check."""
    if authorities and not evidence.time_stamps:
        return [CheckLine(TIME_STAMP, False, "there is none, and a certificate was given to check one with")]
    return [_time_stamp(stamped, keyring, checkpoint, authorities) for stamped in evidence.time_stamps]


def _time_stamp(
    stamped: TimeStamped, keyring: Keyring, checkpoint: Checkpoint, authorities: Sequence[Certificate]
) -> CheckLine:
    try:
        head = open_head(stamped.checkpoint, keyring)
        smaller, larger = sorted((head, checkpoint), key=lambda each: each.size)
        proof = [bytes.fromhex(node) for node in stamped.proof]
        verify_consistency(smaller.size, larger.size, smaller.root, larger.root, proof)
        reply, signed = base64_bytes(stamped.reply), stamped.checkpoint.encode()
        if not authorities:
            said = time_stamp.read(reply, signed)
            detail = f"in the name of {said}: not checked because no certificate was given (--tsa-certificate)"
            return CheckLine(TIME_STAMP, None, detail)
        said = time_stamp.verify(reply, signed, authorities)
    except (SignatureError, TimeStampError, ValueError) as error:
        return CheckLine(TIME_STAMP, False, str(error))
    if head.size < checkpoint.size:
        detail = f"by {said}: holds, for the first {head.size} of the {checkpoint.size} entries"
    else:
        detail = f"by {said}: holds, all {checkpoint.size} entries were there by then"
    return CheckLine(TIME_STAMP, True, detail)
