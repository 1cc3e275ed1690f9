"""The states of jobs and attempts, and every move between them: one table each.

job      armed → queued → running → succeeded | failed | lost | cancelled
         armed → cancelled; queued → refused (the re-check said no) | cancelled
         running → queued (an attempt was lost and the signed bounds allow another)
attempt  issued → submitted → consumed → received → accepted
         issued | submitted → expired | stopped; consumed → failed | lost | stopped; received → failed
"""

from enum import Enum


class _State(str, Enum):
    label: str
    live: bool

    def __new__(cls, value: str, label: str, live: bool) -> "_State":
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.live = live
        return member


class JobState(_State):
    """`live` jobs still have something to come."""

    ARMED = "armed", "armed: starts when the last check turns green", True
    QUEUED = "queued", "waiting for a permit", True
    RUNNING = "running", "running under a permit", True
    SUCCEEDED = "succeeded", "finished", False
    FAILED = "failed", "failed", False
    REFUSED = "refused", "refused by the gate", False
    LOST = "lost", "lost", False
    CANCELLED = "cancelled", "cancelled", False


class AttemptState(_State):
    """`live` attempts may still deliver a result."""

    ISSUED = "issued", "permit issued", True
    SUBMITTED = "submitted", "handed to the executor", True
    CONSUMED = "consumed", "permit consumed, working", True
    RECEIVED = "received", "result received", True
    ACCEPTED = "accepted", "result accepted", False
    FAILED = "failed", "failed", False
    LOST = "lost", "lost", False
    STOPPED = "stopped", "stopped", False
    EXPIRED = "expired", "permit expired unused", False


JOB_MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.ARMED: frozenset({JobState.QUEUED, JobState.CANCELLED}),
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
