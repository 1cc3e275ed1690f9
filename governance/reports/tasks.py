"""The worker's task: build a report that was asked for, seal it, check it as its reader will, and record it."""

import logging
from functools import partial

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

from governance import keyfiles, store
from governance.anchors import Undelivered
from governance.anchors.timestamp import TimeStamps
from governance.models import Report
from governance.proof.checks.evidence import TimeStamped
from governance.proof.checks.keyrings import COMPROMISED
from governance.proof.checks.outcome import Verification
from governance.proof.files.report_file import verify_report
from governance.proof.files.uncollected import uncollected
from governance.proof.formats.fields import base64_text
from governance.proof.formats.keys import SignatureError
from governance.proof.history.passkeys import COMPROMISED_PASSKEY
from governance.registry import REPORTS
from governance.reports import for_programs, lineage, receipt
from governance.reports.build import build_pdf
from governance.reports.faults import Unreportable
from governance.reports.gather_evidence import evidence
from governance.reports.gathered import Gathered, gather
from governance.reports.lineage import called, organisation
from governance.reports.seal import seal
from governance.selectors import ledger
from governance.selectors.anchors import stamped_for
from governance.selectors.documents import DocumentCorrupt
from governance.selectors.ledger import LeafCorrupt
from governance.selectors.proofs import witnessed_after
from governance.selectors.witnesses import note_of
from governance.services import reports
from governance.services.checkpoints import checkpoint_at

log = logging.getLogger(__name__)
KNOWN = ("revocations", COMPROMISED, COMPROMISED_PASSKEY)


def build(report: Report) -> None:
    """Build a requested report and record the sealed file, or record in plain words why there is none.

    Building it again gives the same pages and evidence. Nothing is raised but OperationalError (the database was busy;
    try again): a report that cannot be made must not hold up the worker.
    """
    try:
        entry = store.put([_made(report)])
    except OperationalError:
        raise
    except (Unreportable, DocumentCorrupt, LeafCorrupt, SignatureError, ImproperlyConfigured, OSError) as problem:
        reports.failed(report=report, error=f"the report could not be made: {_why(problem)}")
    except Exception as problem:  # whatever it is, trying again at once would not mend it
        log.exception("report %s could not be built", report.id)
        name = type(problem).__name__
        reports.failed(report=report, error=f"the report could not be made ({name}); the worker's log says where")
    else:
        reports.sealed(report=report, file=entry)


def _why(problem: Exception) -> str:
    """Return what stands in the way in words; what the system says has its number and Python's quotes left out."""
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.strerror}: {problem.filename}" if problem.filename else problem.strerror
    return str(problem)


def _made(report: Report) -> bytes:
    """Return the file: pages that are sealed and checked or, of a kind without pages, what it makes itself."""
    own = REPORTS[report.kind].file if report.signature_id is None else None
    tell = partial(_tell, report)
    if own is not None:
        return own(report, note_of(checkpoint_at(report.ledger_size)), tell)
    tell("gathering the evidence")
    found = gather(report)
    tell("setting the pages")
    pages = unsealed(found)
    tell("sealing, and checking as a reader will")
    sealed = sealed_file(found, pages)
    check(found, sealed)
    return sealed


def _tell(report: Report, what: str) -> None:
    reports.progressing(report=report, what=what)


@uncollected()
def unsealed(found: Gathered) -> bytes:
    """Return the pages with the evidence attached and, of a report on a document, its lineage for programs.

    The same facts, and the same cosignatures and time stamps by then, give the same bytes, on any day and machine.
    """
    note = note_of(checkpoint_at(found.size))
    made = for_programs.made(found)
    proved = evidence(found, note, witnessed_after(found.size), _time_stamps(found.size), made.listed)
    tell = receipt.report_data if found.report.signature_id else lineage.report_data
    return build_pdf(tell(found), proved, made.files)


def _time_stamps(size: int) -> list[TimeStamped]:
    """Return the time stamp that tells most of the ledger at a size, with its way to or from there; or nothing."""
    row = stamped_for(size)
    if row is None:
        return []
    proof = ledger.consistency(*sorted((row.checkpoint_id, size)))
    reply = base64_text(bytes(row.receipt))
    return [TimeStamped(checkpoint=row.checkpoint.note, reply=reply, proof=[node.hex() for node in proof])]


@uncollected()
def sealed_file(found: Gathered, pdf: bytes) -> bytes:
    """Return the pages sealed by the installation's seal key at the time of the last entry they tell of."""
    entry = found.keyring.in_use("seal")
    if entry is None or entry.certificate is None:
        raise Unreportable("the keyring has no seal key in use; run manage.py rotate_key seal")
    reason = f"{called(found.report)} as of {found.size} ledger entries"
    certificate = entry.certificate.encode()
    sealed = partial(seal, pdf, keyfiles.signer("seal"), certificate, name=organisation(), reason=reason, at=found.time)
    if not settings.COUNTERSIGN_TIMESTAMP_URL or found.report.signature_id is not None:
        return sealed()
    from governance.reports.seal_time import SealStamper

    try:
        return sealed(stamper=SealStamper(TimeStamps.configured()))
    except (Undelivered, TimestampRequestError) as problem:
        # The ledger's own time stamps say the same of the checkpoint; nobody shall wait for an authority that is away.
        log.warning("report %s is sealed without a time stamp: %s", found.report.id, problem)
        return sealed()


def check(found: Gathered, sealed: bytes) -> Verification:
    """Verify the file as its reader will, and return the outcome.

    A revocation or a compromised key makes every honest reader say that something does not hold any more; page one
    says so too.

    Raises:
        Unreportable: anything else does not hold, so the file must not leave.
    """
    outcome = verify_report(sealed, found.fingerprint)
    wrong = [line for line in outcome.checks if line.ok is False and line.name not in KNOWN]
    if wrong or outcome.code == 2:
        said = "; ".join(f"{line.name}: {line.detail}" for line in wrong or outcome.checks)
        raise Unreportable(f"the file made does not verify: {said}")
    return outcome
