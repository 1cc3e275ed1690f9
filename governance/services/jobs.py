"""Jobs as people act on them: launch, arm, cancel. The worker's half is `services.attempts`."""

from collections.abc import Mapping
from typing import Any

from governance import access, events
from governance.errors import Finding, Refused
from governance.gates import Verdict
from governance.job_states import JobState
from governance.models import Attempt, Document, Job, User
from governance.selectors import jobs as select
from governance.selectors import uses
from governance.services import announcements
from governance.services.ledger import Mutation, Unchanged, mutation
from governance.services.transitions import move_job, refuse
from governance.services.vouching import UNUSABLE, admitted, unusable, vouched


def launch(*, actor: User, spec: Document, arm: bool = False, scheduled: bool = False) -> Job:
    """Put a job before the worker if every check of the gate passes.

    The bytes are hashed first, without the lock; then the gate compares facts under it. With `arm`, a closed gate
    makes an armed job instead of a refusal: the worker starts it when the last check turns green, after a full
    re-check. `scheduled` says, on the ledger too, that a routine does it by the clock in the name of `actor`.

    Raises:
        Refused: the gate is closed (every blocking check is a finding), the spec has a job already, or rows it rests on
            are not as they were frozen.
    """
    purpose = select.purpose(spec)
    fault, evidence = _prepared(spec)
    with mutation(actor=actor, action=purpose.action, project=spec.project, subjects=[spec.digest]) as m:
        if fault is not None:
            raise Refused(fault)
        _first_of_its_spec(spec)
        verdict = purpose.gate(spec, actor, evidence, m.size, m.time)
        if not verdict.open and not arm:
            raise Refused(verdict.findings)
        return _admit(m, actor, spec, purpose.name, verdict, {"scheduled": True} if scheduled else {})


def cancel(*, actor: User, job: Job, reason: str = "") -> Job:
    """Cancel a job that has not ended; a running attempt is stopped by the worker and its runner."""
    with mutation(actor=actor, action="job.cancel", project=job.project, subjects=[f"job:{job.id}"]) as m:
        live = [s.value for s in JobState if s.live]
        changed = Job.objects.filter(pk=job.pk, state__in=live).update(
            state=JobState.CANCELLED.value, changed_at=m.time, reason=reason.strip() or f"cancelled by {actor}"
        )
        if not changed:
            job.refresh_from_db()
            raise Refused(
                Finding(
                    "job",
                    f"it is {JobState(job.state).label}",
                    "a job that has not ended",
                    "Nothing needs doing.",
                    "you",
                )
            )
        Attempt.objects.filter(job=job).update(stop_requested=True)
        m.append(
            events.JOB_CANCELLED,
            subjects=[f"job:{job.id}"],
            data={"job": str(job.id)},
            private={"reason": reason.strip()} if reason.strip() else None,
        )
        announcements.job_ended(m, job, f"cancelled by {actor}", reason.strip())
    job.refresh_from_db()
    return job


def release_armed(*, job: Job) -> bool:
    """Queue an armed job whose gate has opened; return whether it did. Called by the worker, again and again."""
    fault, evidence = _prepared(job.spec)
    if fault is not None:
        Job.objects.filter(pk=job.pk, state=JobState.ARMED.value).update(reason=str(fault))
        return False
    purpose = select.purpose(job.spec)
    quick = select.gate(user=job.requested_by, spec=job.spec, evidence=evidence)
    if not quick.open:
        Job.objects.filter(pk=job.pk, state=JobState.ARMED.value).update(verdict=quick.as_dict())
        return False
    try:
        with mutation(actor=None, action="job.release", project=job.project, subjects=[job.spec_id]) as m:
            verdict = purpose.gate(job.spec, job.requested_by, evidence, m.size, m.time)
            admitted(job, JobState.ARMED)
            if not verdict.open:
                raise Unchanged
            if not move_job(m, job, JobState.ARMED, JobState.QUEUED, verdict=verdict.as_dict()):
                raise Unchanged
            m.append(
                events.JOB_ADMITTED,
                subjects=[f"job:{job.id}", job.spec_id, *_uses(m, job)],
                data={"job": str(job.id), "purpose": job.purpose, "spec": job.spec_id},
            )
    except Unchanged:
        return False
    except Refused as refusal:
        refuse(job=job, before=JobState.ARMED, findings=refusal.findings)
        return False
    return True


def _prepared(spec: Document) -> tuple[Finding | None, Mapping[str, Any]]:
    """Return what is wrong with the rows a spec rests on, if anything, and the evidence of hashing its bytes."""
    try:
        vouched(spec)
        return None, select.purpose(spec).prepare(spec)
    except Refused as refusal:
        return refusal.findings[0], {}
    except UNUSABLE as problem:
        return unusable(problem), {}


def _admit(m: Mutation, actor: User, spec: Document, purpose: str, verdict: Verdict, more: Mapping[str, Any]) -> Job:
    state = JobState.QUEUED if verdict.open else JobState.ARMED
    assert spec.project is not None  # noqa: S101  (specs live in projects; `documents` refuses others)
    job = Job(
        purpose=purpose,
        project=spec.project,
        spec=spec,
        requested_by=actor,
        state=state.value,
        created_at=m.time,
        changed_at=m.time,
        verdict=verdict.as_dict(),
        seq=m.size,
    )
    data: dict[str, Any] = {"job": str(job.id), "purpose": purpose, "spec": spec.digest, **more}
    if not verdict.open:
        data["waiting"] = sorted(line.check for line in verdict.lines if line.blocks)
    m.append(
        events.JOB_ADMITTED if verdict.open else events.JOB_ARMED,
        subjects=[f"job:{job.id}", spec.digest, *(_uses(m, job) if verdict.open else ())],
        data=data,
    )
    job.save(force_insert=True)
    return job


def _uses(m: Mutation, job: Job) -> list[str]:
    """Count an admission as a use of what the purpose counts, tell its signers, and return the leaf's subjects."""
    counted = select.purpose(job.spec).counted(job.spec)
    for document in counted:
        announcements.used(m, job, document)
    return [uses.subject(document) for document in counted]


def _first_of_its_spec(spec: Document) -> None:
    standing = select.standing_job(spec)
    if standing is not None:
        raise Refused(
            Finding(
                "one run a spec",
                f"this spec's job is {JobState(standing.state).label}",
                "a spec that is not running and has not succeeded",
                "Watch that job, or freeze the next version of the spec.",
                access.ROLES[access.ENGINEER],
            )
        )
