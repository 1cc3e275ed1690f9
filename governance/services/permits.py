"""Permits: issued by the worker after a full re-check of the gate, consumed once by a runner."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import NoReturn

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from governance import events, keyfiles
from governance.errors import Finding, Refused
from governance.inforce import Standing
from governance.job_states import AttemptState, JobState
from governance.models import Attempt, Document, Job
from governance.proof.canonical import sha256
from governance.proof.fields import rfc3339
from governance.proof.permit import Permit, PermitError, Receipt, open_permit, secret_digest, sign_permit, sign_receipt
from governance.selectors import documents as docs
from governance.selectors import jobs as select
from governance.selectors import ledger, signoff
from governance.selectors.keys import keyring
from governance.services.checkpoints import checkpoint_make
from governance.services.ledger import Mutation, Unchanged, mutation, record_refusal
from governance.services.transitions import move_job

PERMIT_LIFE = timedelta(minutes=10)
TOKEN_LIFE = timedelta(days=31)


def lease() -> timedelta:
    """Return how long a runner may be silent before its attempt is lost."""
    return timedelta(seconds=settings.COUNTERSIGN_LEASE_SECONDS)


def audience() -> str:
    """Return what permits for this installation's local executor are issued to."""
    return f"{settings.COUNTERSIGN_URL}/executors/local"


def issue(*, job: Job) -> tuple[Attempt, str] | None:
    """Re-check a queued job in full and issue a permit; return the attempt and its secret, or None.

    None: somebody else took the job, or the gate said no; then the job is refused and the refusal is on the ledger.
    """
    purpose = select.purpose(job.spec)
    try:
        _admitted(job)
        docs.closure([job.spec])
        evidence = purpose.prepare(job.spec)
        note = checkpoint_make().note
        with mutation(actor=None, action="permit.issue", project=job.project, subjects=[job.spec_id]) as m:
            verdict = purpose.gate(job.spec, job.requested_by, evidence, m.size, m.time)
            if not verdict.open:
                raise Refused(verdict.findings)
            if not move_job(m, job, JobState.QUEUED, JobState.RUNNING, verdict=verdict.as_dict()):
                raise Unchanged
            return _issue(m, job, note)
    except Unchanged:
        return None
    except Refused as refusal:
        _refuse_job(job, refusal.findings)
        return None
    except (docs.DocumentCorrupt, ledger.LeafCorrupt) as problem:
        finding = Finding(
            "documents", str(problem), "documents and ledger as they were frozen", "Restore a backup.", "owner"
        )
        record_refusal(
            actor=None, action="permit.issue", project=job.project, subjects=[job.spec_id], findings=[finding]
        )
        _refuse_job(job, [finding])
        return None


def _issue(m: Mutation, job: Job, note: str) -> tuple[Attempt, str]:
    purpose = select.purpose(job.spec)
    number = (Attempt.objects.filter(job=job).aggregate(last=Max("number"))["last"] or 0) + 1
    attempt_id, secret = uuid.uuid4(), secrets.token_urlsafe(32)
    permit = Permit(
        id=str(uuid.uuid4()),
        purpose=purpose.name,
        entry_point=purpose.entry_point,
        job=str(job.id),
        attempt=str(attempt_id),
        number=number,
        project=str(job.project_id),
        spec=job.spec_id,
        inputs=purpose.inputs(job.spec),
        decisions=sorted(purpose.decisions(job.spec)),
        code=dict(docs.envelope(job.spec).body.get("code", {})),
        audience=audience(),
        secret_sha256=secret_digest(secret),
        issued_at=rfc3339(m.time),
        expires_at=rfc3339(m.time + PERMIT_LIFE),
        checkpoint=note,
        bounds=purpose.bounds(job.spec),
    )
    envelope = sign_permit(permit, keyfiles.signer("permit"))
    attempt = Attempt(
        id=attempt_id,
        job=job,
        number=number,
        state=AttemptState.ISSUED.value,
        permit=envelope,
        permit_digest=sha256(envelope),
        permit_seq=m.size,
        expires_at=m.time + PERMIT_LIFE,
        created_at=m.time,
        changed_at=m.time,
    )
    m.append(
        events.PERMIT_ISSUED,
        subjects=[f"job:{job.id}", job.spec_id],
        data={"job": str(job.id), "attempt": str(attempt_id), "number": number, "permit": attempt.permit_digest},
    )
    attempt.save(force_insert=True)
    return attempt, secret


def consume(*, permit: bytes, secret: str, nonce: str) -> tuple[bytes, str]:
    """Consume a permit for the runner with this nonce; return the signed receipt and the token for further calls.

    The same runner may ask again (its first answer may have been lost) and gets a new token; anybody else is refused.

    Raises:
        Refused: forged, expired, used, another installation's, or what it relied on is no longer in force; recorded.
    """
    try:
        opened = open_permit(
            permit, keyring().for_purpose("permit"), audience=audience(), secret=secret, now=timezone.now()
        )
    except PermitError as problem:
        finding = Finding(
            "permit", str(problem), "a permit issued here for this attempt", "Launch through the gate.", "engineer"
        )
        record_refusal(
            actor=None, action="permit.consume", project=None, findings=[finding], event=events.REFUSAL_PERMIT
        )
        raise Refused(finding) from None
    attempt = Attempt.objects.select_related("job__spec", "job__project").filter(pk=opened.attempt).first()
    if attempt is None or attempt.permit_digest != sha256(permit):
        _reject("there is no attempt with this permit", "the permit of an attempt")
    job = attempt.job
    token = secrets.token_urlsafe(32)
    with mutation(actor=None, action="permit.consume", project=job.project, subjects=[f"job:{job.id}"]) as m:
        waiting = [AttemptState.ISSUED.value, AttemptState.SUBMITTED.value]
        again = attempt.state == AttemptState.CONSUMED.value and secrets.compare_digest(attempt.nonce, nonce)
        _still_allowed(m, attempt)
        values = {"token_sha256": sha256(token.encode()), "lease_until": m.time + lease(), "changed_at": m.time}
        seq = attempt.consumed_seq if again and attempt.consumed_seq is not None else m.size
        receipt = sign_receipt(
            Receipt(
                permit=opened.id,
                attempt=str(attempt.id),
                nonce=nonce,
                time=rfc3339(m.time),
                token_sha256=sha256(token.encode()),
                token_expires=rfc3339(m.time + TOKEN_LIFE),
                seq=seq,
            ),
            keyfiles.signer("attestation"),
        )
        if again:
            moved = Attempt.objects.filter(pk=attempt.pk, state=AttemptState.CONSUMED.value, nonce=nonce).update(
                **values, receipt=receipt
            )
        else:
            moved = Attempt.objects.filter(pk=attempt.pk, state__in=waiting, job__state=JobState.RUNNING.value).update(
                **values, receipt=receipt, state=AttemptState.CONSUMED.value, nonce=nonce, consumed_seq=m.size
            )
        if not moved:
            raise Refused(
                Finding(
                    "permit",
                    f"it was used already, or its attempt ended ({attempt.state})",
                    "a permit nobody has used",
                    "Launch again through the gate.",
                    "engineer",
                )
            )
        m.append(
            events.PERMIT_CONSUMED,
            subjects=[f"job:{job.id}", job.spec_id],
            data={
                "job": str(job.id),
                "attempt": str(attempt.id),
                "permit": attempt.permit_digest,
                "nonce": sha256(nonce.encode()),
                "again": again,
            },
        )
    return receipt, token


def _reject(found: str, expected: str) -> NoReturn:
    finding = Finding("permit", found, expected, "Launch again through the gate.", "engineer")
    record_refusal(
        actor=None,
        action="permit.consume",
        project=None,
        findings=[finding],
        event=events.REFUSAL_PERMIT,
    )
    raise Refused(finding)


def _still_allowed(m: Mutation, attempt: Attempt) -> None:
    """Refuse when anything the spec rests on was revoked since the permit was issued."""
    fallen = revoked_since(attempt, m.size, m.time)
    if fallen:
        raise Refused(
            Finding(
                "in force",
                f"{fallen[0]} was revoked after the permit was issued",
                "every sign-off relied on in force",
                "Sign it again through a new request, then launch again.",
                "compliance officer",
            )
        )


def revoked_since(attempt: Attempt, ledger_size: int, time: datetime) -> list[Document]:
    """Return the documents the attempt rests on whose sign-off was revoked by then."""
    related = list(docs.closure([attempt.job.spec]).values())
    standing = signoff.in_force_many(related, ledger_size, time)
    return [d for d in related if standing[d.digest].standing is Standing.REVOKED]


def _admitted(job: Job) -> None:
    """Refuse a job row that no admission on the ledger made (one inserted by hand, or altered)."""
    leaf = ledger.leaves_at([job.seq]).get(job.seq)
    if (
        leaf is None
        or leaf.event not in (events.JOB_ADMITTED, events.JOB_ARMED)
        or leaf.data.get("job") != str(job.id)
        or leaf.data.get("spec") != job.spec_id
        or leaf.data.get("purpose") != job.purpose
        or leaf.actor != job.requested_by.actor
    ):
        finding = Finding(
            "admission",
            "a job that the ledger does not know",
            "a job admitted by the gate",
            "Launch through page, API or command line.",
            "engineer",
        )
        record_refusal(
            actor=None, action="permit.issue", project=job.project, subjects=[job.spec_id], findings=[finding]
        )
        raise Refused(finding)


def _refuse_job(job: Job, findings: list[Finding]) -> None:
    try:
        with mutation(actor=None, action="job.refuse", project=job.project) as m:
            reason = "; ".join(map(str, findings))
            if not move_job(m, job, JobState.QUEUED, JobState.REFUSED, reason=reason):
                raise Unchanged
            m.append(
                events.JOB_REFUSED,
                subjects=[f"job:{job.id}", job.spec_id],
                data={"job": str(job.id), "checks": sorted({f.check for f in findings})},
                private={"findings": [f.as_dict() for f in findings]},
            )
    except Unchanged:
        return
