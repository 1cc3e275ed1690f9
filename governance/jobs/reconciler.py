"""The worker's loop: bring what is to where the rows say it should be. Any step may be the last before a crash.

Several workers may run: every step is a conditional UPDATE, so one of them wins and the others find nothing to do.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.db import OperationalError
from django.utils import timezone

from governance.job_states import AttemptState, JobState
from governance.jobs.executors import Executor, Seen, executor
from governance.models import Attempt, Checkpoint, Document, Job, LedgerEntry, Report
from governance.selectors import ledger
from governance.services import attempts, jobs, permits
from governance.services.checkpoints import checkpoint_make

log = logging.getLogger(__name__)
CHECKPOINT_EVERY = timedelta(seconds=60)


class Reconciler:
    """One worker's view. `build_report` is given by the worker command, which alone may load the PDF libraries."""

    def __init__(self, build_report: Callable[[Report], None], place: Executor | None = None) -> None:
        self._build_report = build_report
        self._executor = place or executor()
        self._armed_at = -1
        self._unrevoked_at: dict[str, int] = {}  # attempt → ledger size at which nothing it rests on was revoked

    def step(self) -> bool:
        """Do everything that can be done now; return whether anything was done. Faults are logged, never fatal."""
        done = False
        for task in self._tasks():
            try:
                done = bool(task()) or done
            except OperationalError as problem:
                log.warning("the database was busy: %s; trying again", problem)
            except Exception:
                log.exception("a step failed; it will be tried again")
        return done

    def _tasks(self) -> Iterator[Callable[[], bool]]:
        size = ledger.size()
        if size != self._armed_at:  # nothing an armed job waits for can change without a ledger entry
            for job in _jobs(JobState.ARMED):
                yield lambda job=job: jobs.release_armed(job=job)  # type: ignore[misc]
            self._armed_at = size
        for attempt in _attempts(AttemptState.RECEIVED):
            yield lambda attempt=attempt: attempts.accept(attempt=attempt) is not None  # type: ignore[misc]
        for attempt in _attempts(AttemptState.ISSUED, AttemptState.SUBMITTED, AttemptState.CONSUMED):
            yield lambda attempt=attempt: self._watch(attempt)  # type: ignore[misc]
        for job in _jobs(JobState.QUEUED):
            yield lambda job=job: self._start(job)  # type: ignore[misc]
        for report in Report.objects.filter(state=Report.State.REQUESTED).order_by("requested_at"):
            yield lambda report=report: self._report(report)  # type: ignore[misc]
        yield self._checkpoint

    def _start(self, job: Job) -> bool:
        issued = permits.issue(job=job)
        if issued is None:
            return False
        attempt, secret = issued
        self._executor.submit(attempt, secret)
        Attempt.objects.filter(pk=attempt.pk, state=AttemptState.ISSUED.value).update(
            state=AttemptState.SUBMITTED.value, changed_at=timezone.now()
        )
        log.info("started %s, attempt %s", job, attempt.number)
        return True

    def _watch(self, attempt: Attempt) -> bool:
        now = timezone.now()
        state = AttemptState(attempt.state)
        if attempt.stop_requested or attempt.job.state == JobState.CANCELLED.value:
            return self._end(attempt, AttemptState.STOPPED, "stopped on request", retry=False)
        observed = self._executor.observe(attempt)
        if state is AttemptState.CONSUMED and (fallen := self._fallen(attempt)):
            reason = f"stopped: the sign-off of {fallen[0]} was revoked"
            return self._end(attempt, AttemptState.STOPPED, reason, retry=False)
        if observed.seen is Seen.EXITED:
            return self._exited(attempt, state, observed.code)
        if state is AttemptState.CONSUMED:
            if observed.seen is Seen.VANISHED:
                return self._end(attempt, AttemptState.LOST, "the runner's process vanished", retry=True)
            if attempt.lease_until is not None and attempt.lease_until < now:
                return self._end(attempt, AttemptState.LOST, "the runner fell silent and lost its lease", retry=True)
            return False
        if attempt.expires_at < now or observed.seen in (Seen.VANISHED, Seen.ABSENT):
            # ABSENT after a crash between issue and submit: its secret is gone, so nobody can use this permit.
            if observed.seen is Seen.ABSENT and attempt.changed_at > now - timedelta(seconds=5):
                return False
            return self._end(attempt, AttemptState.EXPIRED, "the permit was not used", retry=True)
        return False

    def _fallen(self, attempt: Attempt) -> list[Document]:
        """Return what the attempt rests on and was revoked; asked anew only when the ledger has grown."""
        size = ledger.size()
        if self._unrevoked_at.get(str(attempt.pk)) == size:
            return []
        fallen = permits.revoked_since(attempt, size, timezone.now())
        if not fallen:
            self._unrevoked_at[str(attempt.pk)] = size
        return fallen

    def _exited(self, attempt: Attempt, state: AttemptState, code: int | None) -> bool:
        attempt.refresh_from_db()
        if attempt.state != state.value:
            return False  # it delivered just before it left
        reason = f"the runner left with exit code {code} and no result"
        tail = self._executor.logs(attempt, 0).strip().splitlines()[-1:]
        if tail:
            reason += f": {tail[0][:500]}"
        if state is AttemptState.CONSUMED:
            return self._end(attempt, AttemptState.LOST, reason, code=code, retry=True)
        return self._end(attempt, AttemptState.EXPIRED, reason, code=code, retry=False)

    def _end(self, attempt: Attempt, state: AttemptState, reason: str, *, retry: bool, code: int | None = None) -> bool:
        self._executor.stop(attempt)
        ended = attempts.end(attempt=attempt, state=state, reason=reason, exit_code=code, retry=retry)
        if ended:
            log.info("%s, attempt %s: %s", attempt.job, attempt.number, reason)
        return ended

    def _report(self, report: Report) -> bool:
        self._build_report(report)
        return True

    def _checkpoint(self) -> bool:
        size = ledger.size()
        newest = Checkpoint.objects.order_by("-size").first()
        if not size or (newest is not None and newest.size == size):
            return False
        if newest is not None and LedgerEntry.objects.exists() and ledger.time_of(size) - newest.at < CHECKPOINT_EVERY:
            return False
        checkpoint_make()
        return False


def _jobs(state: JobState) -> list[Job]:
    rows = Job.objects.filter(state=state.value).select_related("spec__project", "project", "requested_by")
    return list(rows.order_by("created_at"))


def _attempts(*states: AttemptState) -> list[Attempt]:
    rows = Attempt.objects.filter(state__in=[s.value for s in states])
    return list(rows.select_related("job__spec__project", "job__project", "job__requested_by"))
