"""What must be true of rows before a permit is issued or used: the ledger tells the same.

Rows can be altered by anybody who reaches the database. Here a job, an attempt or a document counts only as far as
leaves of the ledger say so.
"""

from pydantic import ValidationError

from governance.errors import Finding, Invalid, Refused
from governance.job_states import AttemptState, JobState
from governance.models import Attempt, Document, Job
from governance.proof.formats.canonical import sha256
from governance.selectors import documents as docs
from governance.selectors import jobs as select
from governance.selectors import ledger, told

# What altered rows or bytes make of reading a plan: no fault of the moment, so trying again would not help.
UNUSABLE = (docs.DocumentCorrupt, ledger.LeafCorrupt, ValidationError, Invalid, KeyError, TypeError)


def vouched(spec: Document) -> None:
    """Return if everything a spec rests on is there, unaltered, and was frozen on the ledger.

    Raises:
        Refused: a row was put there by hand. One of UNUSABLE: bytes or rows were altered.
    """
    strange = told.unrecorded(docs.closure([spec]).values())
    if strange:
        raise Refused(
            Finding(
                "documents",
                f"{strange[0].digest}, which the ledger never saw frozen",
                "documents frozen through this service",
                "Freeze it through page, API or command line.",
                "engineer",
            )
        )


def unusable(problem: Exception) -> Finding:
    """Return what is wrong with altered rows as a finding."""
    return Finding("documents", str(problem), "documents and ledger as they were frozen", "Restore a backup.", "owner")


def admitted(job: Job, state: JobState) -> None:
    """Refuse a job row that the ledger does not know in that state (one inserted by hand, altered, or ended)."""
    known = told.of_job(job.id)
    row = (job.spec_id, job.purpose, job.requested_by.actor, str(job.project_id))
    if known.state is None or (known.spec, known.purpose, known.requested_by, known.project) != row:
        raise Refused(_admission("a job that the ledger does not know"))
    if known.state is not state:
        raise Refused(_admission(f"a job of which the ledger tells: {known.state.label}"))
    live = sum(a.state.live for a in known.attempts.values())
    allowed = int(select.purpose(job.spec).bounds(job.spec).get("max_attempts", 1))
    if live or len(known.attempts) >= allowed:
        raise Refused(
            Finding(
                "attempts",
                f"{len(known.attempts)} permits issued, {live} of them still out",
                f"at most {allowed}, one after another",
                "Freeze the next version of the spec and launch it.",
                "engineer",
            )
        )


def _admission(found: str) -> Finding:
    remedy = "Launch through page, API or command line."
    return Finding("admission", found, "a job admitted by the gate and waiting", remedy, "engineer")


def usable(attempt: Attempt, nonce: str) -> None:
    """Refuse an attempt whose row says something else than the ledger: its permit, its user or its end."""
    known = told.of_job(attempt.job_id)
    mine = known.attempt(attempt.pk)
    open_ = mine.state is AttemptState.ISSUED or (
        mine.state is AttemptState.CONSUMED and mine.nonce == sha256(nonce.encode())
    )
    if known.state is not JobState.RUNNING or mine.permit != attempt.permit_digest or not open_:
        raise Refused(
            Finding(
                "permit",
                f"the ledger tells that it was used already, or that its attempt ended ({mine.state.value})",
                "a permit nobody has used",
                "Launch again through the gate.",
                "engineer",
            )
        )
