"""The states of jobs and attempts, and every move between them: one table each.

job      armed → queued → running → succeeded | failed | lost | cancelled
         armed | queued → refused (the re-check said no, or the ledger does not know the row) | cancelled
         running → queued (an attempt was lost and the signed bounds allow another)
attempt  issued → submitted → consumed → received → accepted
         issued | submitted → expired | stopped; consumed → failed | lost | stopped; received → failed
"""

from django.db.models import TextChoices


class JobState(TextChoices):
    """Where a job stands."""

    ARMED = "armed", "armed: starts when the last check turns green"
    QUEUED = "queued", "waiting for a permit"
    RUNNING = "running", "running under a permit"
    SUCCEEDED = "succeeded", "finished"
    FAILED = "failed", "failed"
    REFUSED = "refused", "refused by the gate"
    LOST = "lost", "lost"
    CANCELLED = "cancelled", "cancelled"

    @property
    def live(self) -> bool:
        """True while something is still to come."""
        return bool(JOB_MOVES[self])


class AttemptState(TextChoices):
    """Where an attempt stands."""

    ISSUED = "issued", "permit issued"
    SUBMITTED = "submitted", "handed to the executor"
    CONSUMED = "consumed", "permit consumed, working"
    RECEIVED = "received", "result received"
    ACCEPTED = "accepted", "result accepted"
    FAILED = "failed", "failed"
    LOST = "lost", "lost"
    STOPPED = "stopped", "stopped"
    EXPIRED = "expired", "permit expired unused"

    @property
    def live(self) -> bool:
        """True while it may still deliver a result."""
        return bool(ATTEMPT_MOVES[self])


JOB_MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.ARMED: frozenset({JobState.QUEUED, JobState.REFUSED, JobState.CANCELLED}),
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.REFUSED, JobState.CANCELLED}),
    JobState.RUNNING: frozenset(
        {JobState.SUCCEEDED, JobState.FAILED, JobState.LOST, JobState.CANCELLED, JobState.QUEUED}
    ),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.REFUSED: frozenset(),
    JobState.LOST: frozenset(),
    JobState.CANCELLED: frozenset(),
}

ATTEMPT_MOVES: dict[AttemptState, frozenset[AttemptState]] = {
    AttemptState.ISSUED: frozenset(
        {AttemptState.SUBMITTED, AttemptState.CONSUMED, AttemptState.EXPIRED, AttemptState.STOPPED}
    ),
    AttemptState.SUBMITTED: frozenset({AttemptState.CONSUMED, AttemptState.EXPIRED, AttemptState.STOPPED}),
    AttemptState.CONSUMED: frozenset(
        {AttemptState.RECEIVED, AttemptState.FAILED, AttemptState.LOST, AttemptState.STOPPED}
    ),
    AttemptState.RECEIVED: frozenset({AttemptState.ACCEPTED, AttemptState.FAILED}),
    AttemptState.ACCEPTED: frozenset(),
    AttemptState.FAILED: frozenset(),
    AttemptState.LOST: frozenset(),
    AttemptState.STOPPED: frozenset(),
    AttemptState.EXPIRED: frozenset(),
}
