"""Verify a report as a file: open the PDF, check its seal, then check the evidence that is attached to it."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cryptography.x509 import Certificate

from governance.proof.checks.checkpoints import TIME_STAMP, read_checkpoint
from governance.proof.checks.elsewhere import NOTHING, Elsewhere
from governance.proof.checks.evidence import ATTACHMENT, Evidence
from governance.proof.checks.keyrings import COMPROMISED, compromised_line, read_keyrings
from governance.proof.checks.outcome import CheckLine, Verification
from governance.proof.checks.renewal import NAME as RENEWAL
from governance.proof.checks.renewal import longest, renewal_lines
from governance.proof.checks.verify import Examined, examine
from governance.proof.files.attached import Attached, attached_lines, read_attached
from governance.proof.files.seal_check import SealError, check_seal
from governance.proof.files.structure import structure_lines
from governance.proof.files.uncollected import uncollected
from governance.proof.formats import time_stamp
from governance.proof.formats.canonical import NotCanonical, is_digest
from governance.proof.formats.keys import SignatureError
from governance.proof.formats.time_stamp import TimeStampError
from governance.proof.pages.claims import PAGES, page_lines
from governance.proof.words.watermark import is_preview

# What remains of a sealed report however it is damaged: any one of these makes a file that cannot be read a broken
# report (code 1) rather than some other file (code 2).
_TRACES = re.compile(
    rb"/ByteRange|/ETSI\.CAdES\.detached|>Countersign</xmp:CreatorTool>|<[0-9A-F]{512}|"
    + re.escape(ATTACHMENT.encode())
)
SEAL_TIME = "time of the seal"
MAX_SIZE = 512 * 1024 * 1024


@uncollected()
def verify_report(
    report: Path | str | bytes, root_fingerprint: str | None, elsewhere: Elsewhere = NOTHING
) -> Verification:
    """Return whether the sealed report (a path, or the file's bytes) holds, trusting only `root_fingerprint`.

    Code 0: seal and evidence hold. Code 1: something does not, or the file was damaged. Code 2: it could not be
    checked, because no fingerprint was given, the file cannot be read, or it is no sealed report at all. Code 3: with
    a checkpoint kept `elsewhere` it proves that the log signed two histories. Nothing is raised for a bad file, and
    nothing goes on line.
    """
    try:
        data = report if isinstance(report, bytes) else read_file(Path(report))
    except OSError as error:
        return Verification.impossible("file", f"cannot be read: {error}")
    if is_preview(data) and not is_report(data):
        return Verification.impossible(
            "file",
            "it is a preview of a draft, by its own word, and proves nothing: it is not sealed, nothing is attached, "
            "and what it shows was no record when it was made; once the draft is frozen, ask for a report on it",
        )
    if not is_digest(root_fingerprint) or root_fingerprint is None:
        return without_fingerprint(root_fingerprint)
    if not is_report(data):
        return Verification.impossible("file", "found no sealed report: expected a PDF with a seal and evidence")
    try:
        attached = read_attached(data)
    except SealError as error:
        return Verification.of([CheckLine("file", False, str(error))])
    parsed = _parsed(attached.evidence)
    evidence = parsed if isinstance(parsed, Evidence) else None
    # What was read of it is kept alone: a long ledger's evidence has fifty megabytes.
    attached = replace(attached, evidence=b"")
    try:
        known = longest([elsewhere.keyrings, *(renewal.envelopes for renewal in elsewhere.renewals)])
    except SignatureError as error:
        return Verification.of([CheckLine("keyring", False, str(error))])
    elsewhere = replace(elsewhere, keyrings=known)
    sealed = _seal_lines(data, evidence, root_fingerprint, elsewhere)
    examined = examine(parsed, root_fingerprint, elsewhere) if isinstance(parsed, Evidence) else parsed
    found = [*sealed, *examined.lines, *_told_lines(data, attached, sealed, examined)]
    renewed = _renewed(data, evidence, root_fingerprint, elsewhere)
    return Verification.of([*(_stood_for(line, renewed) for line in found), *renewed])


def without_fingerprint(found: str | None) -> Verification:
    """Return the outcome where what should be a root fingerprint is none."""
    return Verification.impossible(
        "root fingerprint",
        f"found {repr(found) if found else 'none'}, expected 'sha256:' and 64 hexadecimal digits; get the fingerprint "
        "from the organisation by another way than this file",
    )


def _parsed(evidence: bytes) -> Evidence | Examined:
    """Return the evidence, which is read once; where it is none, what there is to say of it."""
    try:
        return Evidence.from_bytes(evidence)
    except NotCanonical as error:
        return Examined([CheckLine("evidence", False, str(error))])


def _renewed(data: bytes, evidence: Evidence | None, root_fingerprint: str, elsewhere: Elsewhere) -> list[CheckLine]:
    """Return what is to be said of the renewals that were given; nothing where the evidence they are for is none."""
    if not elsewhere.renewals:
        return []
    broken = [CheckLine(RENEWAL, None, "not looked at: the evidence that it renews does not hold")]
    if evidence is None:
        return broken
    try:
        keyring = read_keyrings(evidence, root_fingerprint, elsewhere.keyrings).last
        head = read_checkpoint(evidence, keyring)
    except SignatureError:
        return broken
    return [
        line
        for renewal in elsewhere.renewals
        for line in renewal_lines(
            renewal,
            data,
            head,
            keyring,
            witnesses=elsewhere.witnesses,
            second_key=elsewhere.second_key,
            authorities=elsewhere.authorities,
        )
    ]


def _stood_for(line: CheckLine, renewed: Sequence[CheckLine]) -> CheckLine:
    """Return a line on who else vouched for report or checkpoint, or that others vouched for what covers both.

    A renewal that holds names this file's digest: no byte of it, such as of a stamp beside the seal, was changed since.
    """
    wanted = f"renewed {TIME_STAMP if line.name == SEAL_TIME else line.name}"
    if line.ok is not False or not any(one.ok and one.name == wanted for one in renewed):
        return line
    return CheckLine(line.name, None, f"{line.detail}; the renewal’s stands for it")


def _told_lines(data: bytes, attached: Attached, sealed: Sequence[CheckLine], examined: Examined) -> list[CheckLine]:
    """Return whether file, attachments and pages say what the evidence does; where that fails it is not asked."""
    if examined.facts is None or any(line.ok is False and line.name != COMPROMISED for line in sealed):
        detail = "what pages and attachments say was not compared: seal or evidence do not hold"
        return [CheckLine(PAGES, None, detail)]
    return [
        *structure_lines(data, examined.facts.evidence.report),
        *attached_lines(attached, examined.facts),
        *page_lines(data, examined.facts, attached.places),
    ]


def is_report(data: bytes) -> bool:
    """Return whether bytes are, or were before they were damaged, a sealed report."""
    return _TRACES.search(data) is not None


def checkpoint_in(report: bytes) -> str:
    """Return the signed note that a report's evidence holds, unchecked. Raises ValueError: none can be read."""
    try:
        return Evidence.from_bytes(read_attached(report).evidence).checkpoint
    except (SealError, NotCanonical) as error:
        raise ValueError(f"the report holds no checkpoint that can be read: {error}") from error


def read_file(path: Path) -> bytes:
    """Return the bytes of a file. Raises OSError: it cannot be read, or is larger than anything that is verified."""
    if path.stat().st_size > MAX_SIZE:
        raise OSError(f"{path} is larger than {MAX_SIZE} bytes, which nothing of ours is")
    return path.read_bytes()


def _seal_lines(data: bytes, evidence: Evidence | None, root_fingerprint: str, elsewhere: Elsewhere) -> list[CheckLine]:
    """Return whether the seal holds: by a seal key that had not ended by the report's ledger size."""
    if evidence is None:
        return [CheckLine("seal", False, "the attached evidence is malformed, so no seal key is known")]
    try:
        ring, size = read_keyrings(evidence, root_fingerprint, elsewhere.keyrings).last, evidence.report.ledger_size
        alive = {e.keyid: e for e in ring.keys if e.purpose == "seal" and (e.until is None or size < e.until)}
        seal = check_seal(data, alive)
    except SignatureError as error:
        return [CheckLine("seal", False, f"no seal key is known: {error}")]
    except SealError as error:
        return [CheckLine("seal", False, str(error))]
    entry = seal.entry
    if entry.compromised_at(size):
        return [compromised_line(entry, f"a report as of ledger size {size}")]
    # No clock is asked: neither the day of reading nor the end of the certificate changes what was sealed.
    detail = f"the whole file, {len(data)} bytes, is sealed by key {entry.keyid}, which counts as of ledger size {size}"
    result = [CheckLine("seal", True, detail)]
    if entry.compromised_since is not None:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        detail = f"its key was declared compromised later: that {digest} was sealed before shows only in the ledger"
        result.append(CheckLine("seal", None, detail))
    elif entry.until is not None:
        detail = f"its key ended at ledger size {entry.until}: that the file was sealed before shows only in the ledger"
        result.append(CheckLine("seal", None, detail))
    if seal.stamp is None:
        detail = "no authority stamped the seal: when it was made is the word of whoever has its key"
        result.append(CheckLine(SEAL_TIME, None, detail))
    else:
        result.append(_stamp_line(seal.stamp, seal.signature, elsewhere.authorities))
    return result


def _stamp_line(reply: bytes, signature: bytes, authorities: Sequence[Certificate]) -> CheckLine:
    """Return the line on the time stamp in the seal: when an authority saw that the file was sealed."""
    try:
        if not authorities:
            said = time_stamp.read(reply, signature)
            return CheckLine(SEAL_TIME, None, f"stamped by {said}, it says; not checked: no certificate was given")
        said = time_stamp.verify(reply, signature, authorities)
    except TimeStampError as error:
        return CheckLine(SEAL_TIME, False, str(error))
    return CheckLine(SEAL_TIME, True, f"{said} saw that the file was sealed")
