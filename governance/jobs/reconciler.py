"""The worker's loop: bring what is to where the rows say it should be. Any step may be the last before a crash.

Several workers may run: every step is a conditional UPDATE, so one of them wins and the others find nothing to do.
"""

import logging
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import QuerySet
from django.utils import timezone

from governance import registry, witnesses
from governance.errors import Refused
from governance.job_states import AttemptState, JobState
from governance.jobs.executors import Executor, Seen, executor
from governance.jobs.reminders import Reminders
from governance.models import Attempt, Checkpoint, Document, Job, Report
from governance.proof.formats.dsse import peek
from governance.proof.formats.permit import Permit
from governance.selectors import ledger
from governance.selectors.anchors import stamped_for
from governance.selectors.reports import awaited
from governance.selectors.witnesses import witnessed_from
from governance.services import attempts, jobs, passkey_signing, permits
from governance.services.checkpoints import checkpoint_at, checkpoint_make

R = TypeVar("R", Attempt, Job)

log = logging.getLogger(__name__)
ARMED_EVERY = 60.0  # seconds between looks at armed jobs when the ledger stands still
ROUTINES_EVERY = 600.0  # seconds between what apps do by the clock
SUBMITTING = timedelta(seconds=5)  # how long another worker may take from issuing a permit to starting its runner
MAX_SECONDS = 31 * 24 * 3600  # where a permit states no limit
PATIENCE = timedelta(seconds=20)  # how long a report waits for witnesses and a time stamp
OVERTIME = timedelta(seconds=60)  # what a runner gets beyond its permitted seconds to end by itself


class Reconciler:
    """One worker's view. `build_report` is given by the worker command, which alone may load the PDF libraries."""

    def __init__(self, build_report: Callable[[Report], None], place: Executor | None = None) -> None:
        self._build_report = build_report
        self._executor = place or executor()
        self._reminders = Reminders()
        self._armed_at = -1
        self._armed_until = 0.0
        self._routines_until = 0.0
        self._fork = ""
        self._unrevoked_at: dict[str, int] = {}  # attempt → ledger size at which nothing it rests on was revoked

    def step(self) -> bool:
        """Do everything that can be done now; return whether anything was done. Faults are logged, never fatal."""
        done = False
        try:
            for task in self._tasks():
                try:
                    done = bool(task()) or done
                except (OperationalError, InterfaceError):
                    raise
                except Exception:
                    log.exception("a step failed; it will be tried again")
        except (OperationalError, InterfaceError) as problem:
            log.warning("the database is busy or away: %s; trying again", problem)
            if not connection.in_atomic_block:
                connection.close()  # the next step opens another
        return done

    def _tasks(self) -> Iterator[Callable[[], bool]]:
        size = ledger.size()
        if size != self._armed_at or time.monotonic() > self._armed_until:  # bytes can be restored without an entry
            for job in _jobs(JobState.ARMED):
                yield lambda job=job: jobs.release_armed(job=job)  # type: ignore[misc]
            self._armed_at, self._armed_until = size, time.monotonic() + ARMED_EVERY
        if time.monotonic() > self._routines_until:
            self._routines_until = time.monotonic() + ROUTINES_EVERY
            for routine in registry.ROUTINES:
                yield lambda routine=routine: bool(routine(timezone.now()))  # type: ignore[misc]
        for attempt in _attempts(AttemptState.RECEIVED):
            yield lambda attempt=attempt: attempts.accept(attempt=attempt) is not None  # type: ignore[misc]
        for attempt in _attempts(AttemptState.ISSUED, AttemptState.SUBMITTED, AttemptState.CONSUMED):
            yield lambda attempt=attempt: self._watch(attempt)  # type: ignore[misc]
        for job in _jobs(JobState.RUNNING):
            if not any(AttemptState(state).live for state in job.attempts.values_list("state", flat=True)):
                yield lambda job=job: attempts.give_up(job=job)  # type: ignore[misc]
        for job in _jobs(JobState.QUEUED):
            yield lambda job=job: self._start(job)  # type: ignore[misc]
        for report in _reports():
            yield lambda report=report: self._report(report)  # type: ignore[misc]
        yield self._checkpoint
        yield self._reminders.step
        yield self._tidy
        yield passkey_signing.sweep

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
            if attempt.changed_at + _permitted(attempt) + OVERTIME < now:
                return self._end(attempt, AttemptState.FAILED, "the permitted time is over", retry=False)
            return False
        if attempt.expires_at < now or observed.seen is Seen.VANISHED:
            return self._end(attempt, AttemptState.EXPIRED, "the permit was not used", retry=True)
        if observed.seen in (Seen.ABSENT, Seen.PENDING) and attempt.changed_at < now - SUBMITTING:
            # A worker died between issuing the permit and starting the runner, and the secret with it.
            return self._end(attempt, AttemptState.EXPIRED, "its runner was never started", retry=True)
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
        return self._end(attempt, AttemptState.EXPIRED, reason, code=code, retry=True)

    def _end(self, attempt: Attempt, state: AttemptState, reason: str, *, retry: bool, code: int | None = None) -> bool:
        self._executor.stop(attempt)
        ended = attempts.end(attempt=attempt, state=state, reason=reason, exit_code=code, retry=retry)
        if ended:
            log.info("%s, attempt %s: %s", attempt.job, attempt.number, reason)
        return ended

    def _tidy(self) -> bool:
        """Delete the private files of attempts that have ended."""
        owned = self._executor.list_owned()
        live = [s.value for s in AttemptState if s.live]
        ended = Attempt.objects.filter(pk__in=owned).exclude(state__in=live)
        for attempt in _there(ended.select_related("job")):
            self._executor.forget(attempt)
            self._unrevoked_at.pop(str(attempt.pk), None)
        return False

    def _report(self, report: Report) -> bool:
        if _waits(report):
            return False
        self._build_report(report)
        return True

    def _checkpoint(self) -> bool:
        size = ledger.size()
        newest = Checkpoint.objects.order_by("-size").first()
        if not size or (newest is not None and newest.size == size):
            return False
        every = timedelta(seconds=settings.COUNTERSIGN_CHECKPOINT_SECONDS)
        if newest is not None and timezone.now() - newest.at < every:
            return False
        try:
            checkpoint_make()
        except Refused as refusal:
            said = str(refusal)
            if said != self._fork:  # the routine comes twice a second, and nothing changes until somebody acts
                log.critical("no checkpoint is signed: %s", said)
            self._fork = said
        return False


def _waits(report: Report) -> bool:
    """Return whether a report should wait for cosignatures or a time stamp that it can carry; never for long.

    A receipt carries the time stamp that is there: one for each signature would be much to ask of an authority.
    """
    size = report.ledger_size
    stamped = bool(settings.COUNTERSIGN_TIMESTAMP_URL) and report.signature_id is None
    if not (stamped or witnesses.policy()) or timezone.now() - report.requested_at > PATIENCE:
        return False
    checkpoint_at(size)  # for the courier to take to them
    if witnesses.policy() is not None and witnessed_from(size) is None:
        return True
    newest = stamped_for(size) if stamped else None
    return stamped and (newest is None or newest.checkpoint_id < size)


def _permitted(attempt: Attempt) -> timedelta:
    """Return how long the permit lets its runner work."""
    permit = Permit.model_validate_json(peek(bytes(attempt.permit)).payload)
    return timedelta(seconds=int(permit.bounds.get("max_seconds", MAX_SECONDS)))


def _reports() -> list[Report]:
    """Return the reports somebody waits for; only when there is none, the next signer's receipt."""
    receipts = Report.objects.filter(state=Report.State.REQUESTED).exclude(signature=None).order_by("requested_at")
    return list(awaited()) or list(receipts[:1])


def _jobs(state: JobState) -> list[Job]:
    rows = Job.objects.filter(state=state.value).select_related("spec__project", "project", "requested_by")
    return _there(rows.order_by("created_at"))


def _attempts(*states: AttemptState) -> list[Attempt]:
    rows = Attempt.objects.filter(state__in=[s.value for s in states])
    return _there(rows.select_related("job__spec__project", "job__project", "job__requested_by"))


def _there(rows: "QuerySet[R]") -> list[R]:
    """Return the rows. Twice a second there is mostly none, and asking only that takes less than reading them."""
    return list(rows) if rows.exists() else []
