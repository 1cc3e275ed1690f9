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
from governance.job_states import AttemptState, JobState
from governance.models import Attempt, Document, Job
from governance.proof.answers.inforce import FALLEN
from governance.proof.formats.canonical import sha256
from governance.proof.formats.dsse import peek
from governance.proof.formats.fields import rfc3339
from governance.proof.formats.permit import (
    Permit,
    PermitError,
    Receipt,
    open_permit,
    secret_digest,
    sign_permit,
    sign_receipt,
)
from governance.selectors import documents as docs
from governance.selectors import jobs as select
from governance.selectors import signoff, told
from governance.selectors.keys import keyring
from governance.services.checkpoints import checkpoint_make
from governance.services.ledger import Mutation, Unchanged, mutation, record_refusal
from governance.services.transitions import move_job, refuse
from governance.services.vouching import UNUSABLE, admitted, unusable, usable, vouched

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
    subjects = [f"job:{job.id}", job.spec_id]
    try:
        purpose = select.purpose(job.spec)
        vouched(job.spec)
        evidence = purpose.prepare(job.spec)
        note = checkpoint_make().note
        with mutation(actor=None, action="permit.issue", project=job.project, subjects=subjects) as m:
            if not Job.objects.filter(pk=job.pk, state=JobState.QUEUED.value).exists():
                raise Unchanged
            admitted(job, JobState.QUEUED)
            verdict = purpose.gate(job.spec, job.requested_by, evidence, m.size, m.time)
            if not verdict.open:
                raise Refused(verdict.findings)
            if not move_job(m, job, JobState.QUEUED, JobState.RUNNING, verdict=verdict.as_dict()):
                raise Unchanged
            return _issue(m, job, note, verdict.waivers)
    except Unchanged:
        return None
    except Refused as refusal:
        refuse(job=job, before=JobState.QUEUED, findings=refusal.findings)
        return None
    except UNUSABLE as problem:
        refuse(job=job, before=JobState.QUEUED, findings=[unusable(problem)])
        return None


def _issue(m: Mutation, job: Job, note: str, waivers: list[str]) -> tuple[Attempt, str]:
    purpose = select.purpose(job.spec)
    last = Attempt.objects.filter(job=job).aggregate(last=Max("number"))["last"] or 0
    number = max(last, len(told.of_job(job.id).attempts)) + 1
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
        decisions=sorted({*purpose.decisions(job.spec), *_signatures(waivers, m)}),
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
        data={"job": str(job.id), "attempt": str(attempt_id), "number": number, "permit": attempt.permit_digest}
        | ({"waivers": waivers} if waivers else {}),
    )
    attempt.save(force_insert=True)
    return attempt, secret


def _signatures(waivers: list[str], m: Mutation) -> set[int]:
    """Return the ledger entries of the signatures on these waivers: they are decisions the permit relies on."""
    rows = list(Document.objects.filter(pk__in=waivers).select_related("project", "series"))
    standing = signoff.in_force_many(rows, m.size, m.time) if rows else {}
    return {signed.seq for found in standing.values() for signed in found.signatures}


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
        record_refusal(actor=None, action="permit.consume", project=None, findings=[finding], by="runner")
        raise Refused(finding) from None
    attempt = Attempt.objects.select_related("job__spec", "job__project").filter(pk=opened.attempt).first()
    if attempt is None or attempt.permit_digest != sha256(permit):
        _reject("there is no attempt with this permit", "the permit of an attempt")
    if peek(permit).keyid not in keyring().for_purpose("permit", at=attempt.permit_seq):
        _reject("it is by a key that did not count when it was issued", "a permit by the permit key of its time")
    job = attempt.job
    token = secrets.token_urlsafe(32)
    with mutation(actor=None, action="permit.consume", project=job.project, subjects=[f"job:{job.id}"]) as m:
        attempt.refresh_from_db(fields=["state", "nonce", "consumed_seq"])
        waiting = [AttemptState.ISSUED.value, AttemptState.SUBMITTED.value]
        again = attempt.state == AttemptState.CONSUMED.value and secrets.compare_digest(attempt.nonce, nonce)
        usable(attempt, nonce)
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
        by="runner",
    )
    raise Refused(finding)


def _still_allowed(m: Mutation, attempt: Attempt) -> None:
    """Refuse when anything the spec rests on fell since the permit was issued."""
    fallen = revoked_since(attempt, m.size, m.time)
    if fallen:
        raise Refused(
            Finding(
                "in force",
                f"{fallen[0]} was revoked, or signed with a key found compromised, after the permit was issued",
                "every sign-off relied on in force",
                "Sign it again through a new request, then launch again.",
                "compliance officer",
            )
        )


def revoked_since(attempt: Attempt, ledger_size: int, time: datetime) -> list[Document]:
    """Return what the attempt rests on, waivers among it, whose sign-off was revoked, or fell with a key, by then."""
    waivers = told.of_job(attempt.job_id).attempt(attempt.pk).waivers
    related = list(docs.closure([attempt.job.spec, *Document.objects.filter(pk__in=waivers)]).values())
    standing = signoff.in_force_many(related, ledger_size, time)
    return [d for d in related if standing[d.digest].standing in FALLEN]
