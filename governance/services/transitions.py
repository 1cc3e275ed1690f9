"""The only writes that change a job's or an attempt's state: conditional on the state they leave."""

from typing import Any

from governance import events
from governance.job_states import ATTEMPT_MOVES, JOB_MOVES, AttemptState, JobState
from governance.models import Attempt, Document, Job
from governance.services.ledger import Mutation


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
