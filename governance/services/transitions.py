"""The only writes that change a job's or an attempt's state: conditional on the state they leave."""

from collections.abc import Sequence
from typing import Any

from governance import events
from governance.errors import Finding
from governance.job_states import ATTEMPT_MOVES, JOB_MOVES, AttemptState, JobState
from governance.models import Attempt, Document, Job
from governance.services import announcements
from governance.services.ledger import Mutation, Unchanged, mutation


def move_job(m: Mutation, job: Job, before: JobState, after: JobState, **values: Any) -> bool:
    """Move a job if it still is where it was; return whether it was. ValueError for a move the table lacks."""
    if after not in JOB_MOVES[before]:
        raise ValueError(f"a job cannot go from {before} to {after}")
    changed = Job.objects.filter(pk=job.pk, state=before.value).update(state=after.value, changed_at=m.time, **values)
    return bool(changed)


def move_attempt(m: Mutation, attempt: Attempt, before: AttemptState, after: AttemptState, **values: Any) -> bool:
    """Move an attempt if it still is where it was; return whether it was. ValueError for a move the table lacks."""
    if after not in ATTEMPT_MOVES[before]:
        raise ValueError(f"an attempt cannot go from {before} to {after}")
    changed = Attempt.objects.filter(pk=attempt.pk, state=before.value).update(
        state=after.value, changed_at=m.time, **values
    )
    return bool(changed)


def job_ended(m: Mutation, job: Job, state: JobState, output: Document | None) -> None:
    """Put a job's end on the ledger."""
    m.append(
        events.JOB_ENDED,
        subjects=[f"job:{job.id}", *([output.digest] if output else [])],
        data={"job": str(job.id), "state": state.value, "output": output.digest if output else None},
    )
    reason = Job.objects.values_list("reason", flat=True).get(pk=job.pk)
    announcements.job_ended(m, job, state.label, reason)


def refuse(*, job: Job, before: JobState, findings: Sequence[Finding]) -> bool:
    """Refuse a job that has no permit yet, on the ledger; return whether it still was where it was."""
    try:
        with mutation(actor=None, action="job.refuse", project=job.project) as m:
            if not move_job(m, job, before, JobState.REFUSED, reason="; ".join(map(str, findings))):
                raise Unchanged
            m.append(
                events.JOB_REFUSED,
                subjects=[f"job:{job.id}", job.spec_id],
                data={"job": str(job.id), "checks": sorted({f.check for f in findings})},
                private={"findings": [f.as_dict() for f in findings]},
            )
            announcements.job_ended(m, job, JobState.REFUSED.label, "; ".join(map(str, findings)))
    except Unchanged:
        return False
    return True
