"""Any history of launches, workers, runners, deaths, delays and changes of mind: rows stay as the ledger tells."""

import shutil
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings as site
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from governance import events
from governance.errors import CountersignError, Refused
from governance.job_states import ATTEMPT_MOVES, JOB_MOVES, AttemptState, JobState
from governance.jobs import reconciler
from governance.jobs.executors import Observation, Seen
from governance.models import Attempt, Document, Job
from governance.selectors import told
from governance.services import attempts, jobs, permits
from governance.services.ledger import mutation
from governance.services.transitions import move_attempt, move_job
from tests.support import hands

DEATHS = [
    Observation(Seen.VANISHED),
    Observation(Seen.ABSENT),
    Observation(Seen.EXITED, 137),
    Observation(Seen.EXITED, 0),
]
ENDED_WELL, ENDED = ("succeeded",), {state.value for state in JobState if not state.live}


class History(RuleBasedStateMachine):
    """One site, its clock in our hands; runners are known by the permit, secret and token they hold."""

    site: Any

    def __init__(self) -> None:
        super().__init__()
        self.traveller = time_machine.travel(timezone.now(), tick=False)
        self.clock = self.traveller.start()
        self.place = hands.Pretended()
        self.worker = hands.worker(self.place)
        self.tokens: list[tuple[str, str]] = []
        self.ended: dict[Any, tuple[str, Any]] = {}
        self.number = 0
        self.rubric_signed = True
        self.block = transaction.atomic()
        self.block.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)
        self.traveller.stop()
        # The history is undone: what was kept of it outside would tell the next one that it was cut off.
        shutil.rmtree(site.COUNTERSIGN_VAR / "checkpoints", ignore_errors=True)

    def jobs(self) -> list[Job]:
        return list(Job.objects.filter(purpose="toy").order_by("seq"))

    @rule(arm=st.booleans())
    def launch(self, arm: bool) -> None:
        if self.number >= 4:
            return
        self.number += 1
        try:
            self.site.launch(f"work {self.number}", arm=arm)
        except Refused:
            assert not self.rubric_signed
            assert not arm

    @rule()
    def launch_again(self) -> None:
        for job in self.jobs()[:1]:
            of_spec = [other for other in self.jobs() if other.spec_id == job.spec_id]
            standing = any(other.state not in ENDED or other.state in ENDED_WELL for other in of_spec)
            try:
                jobs.launch(actor=self.site.engineer, spec=job.spec)
            except Refused:
                assert standing or not self.rubric_signed
            else:
                assert not standing

    @rule()
    @precondition(lambda self: self.rubric_signed)
    def revoke(self) -> None:
        self.site.revoke("rubric")
        self.rubric_signed = False

    @rule()
    @precondition(lambda self: not self.rubric_signed)
    def sign_again(self) -> None:
        self.site.story.sign("rubric", requester="engineer", signers=("officer",))
        self.rubric_signed = True

    @rule()
    def work(self) -> None:
        self.worker.step()

    @rule()
    def another_worker(self) -> None:
        hands.worker(self.place).step()

    @rule(which=st.integers(0, 5), nonce=st.sampled_from(["a" * 32, "b" * 32]))
    def consume(self, which: int, nonce: str) -> None:
        known = list(self.place.secrets.items())
        if not known:
            return
        key, secret = known[which % len(known)]
        attempt = Attempt.objects.get(pk=key)
        usable = attempt.state in ("issued", "submitted") or (attempt.state == "consumed" and attempt.nonce == nonce)
        try:
            _, token = permits.consume(permit=bytes(attempt.permit), secret=secret, nonce=nonce)
        except Refused:
            return
        assert usable
        self.tokens.append((key, token))

    @rule(which=st.integers(0, 5), act=st.sampled_from(["beat", "deliver", "fail"]))
    def runner(self, which: int, act: str) -> None:
        if not self.tokens:
            return
        key, token = self.tokens[which % len(self.tokens)]
        try:
            attempt = attempts.by_token(token)
            assert str(attempt.pk) == key
            if act == "beat":
                attempts.heartbeat(attempt=attempt, progress={"done": 0.5, "message": "working"})
            elif act == "deliver":
                attempts.receive(attempt=attempt, result=hands.delivered(token))
            else:
                attempts.end(attempt=attempt, state=AttemptState.FAILED, reason="it failed", retry=False)
        except CountersignError:
            return

    @rule(which=st.integers(0, 5), seen=st.sampled_from(DEATHS))
    def runner_dies(self, which: int, seen: Observation) -> None:
        known = list(self.place.secrets)
        if known:
            self.place.seen[known[which % len(known)]] = seen

    @rule(seconds=st.sampled_from([1, 6, 61, 601, 31 * 24 * 3600]))
    def time_passes(self, seconds: int) -> None:
        self.clock.shift(timedelta(seconds=seconds))

    @rule(which=st.integers(0, 3))
    def cancel(self, which: int) -> None:
        found = self.jobs()
        if not found:
            return
        job = found[which % len(found)]
        try:
            jobs.cancel(actor=self.site.engineer, job=job)
        except Refused:
            assert job.state in ENDED

    @invariant()
    def one_at_a_time(self) -> None:
        live = [state.value for state in AttemptState if state.live]
        for job in self.jobs():
            assert job.attempts.filter(state="accepted").count() <= 1
            assert job.attempts.filter(state__in=live).count() <= 1
            assert job.attempts.count() <= 6
            assert (job.state == "succeeded") == job.attempts.filter(state="accepted").exists()
            assert (job.output is not None) == (job.state == "succeeded")

    @invariant()
    def what_ended_stays(self) -> None:
        rows: list[Any] = [*self.jobs(), *Attempt.objects.filter(job__purpose="toy")]
        for row in rows:
            moves: Any = JOB_MOVES if isinstance(row, Job) else ATTEMPT_MOVES
            enum: Any = JobState if isinstance(row, Job) else AttemptState
            seen = (row.state, row.changed_at)
            if not moves[enum(row.state)]:
                assert self.ended.setdefault(row.pk, seen) == seen
            else:
                assert row.pk not in self.ended

    @invariant()
    def the_ledger_tells_the_same(self) -> None:
        for job in self.jobs():
            known = told.of_job(job.pk)
            assert known.state is JobState(job.state)
            rows = {str(a.pk): a for a in job.attempts.all()}
            assert known.attempts.keys() == rows.keys()
            for key, attempt in known.attempts.items():
                row = "issued" if rows[key].state == "submitted" else rows[key].state
                assert attempt.state.value == row
                assert attempt.permit == rows[key].permit_digest
                assert bool(attempt.nonce) == (rows[key].consumed_seq is not None)

    @invariant()
    def only_accepted_results_are_documents(self) -> None:
        made = Document.objects.filter(kind="test.outcome").count()
        assert made == Attempt.objects.filter(job__purpose="toy", state="accepted").count()


@pytest.fixture
def quick(site, monkeypatch):
    """Nested in one transaction, so that each history can be rolled back; the ledger's lock asks for the outermost."""
    from contextlib import contextmanager

    from governance.services import ledger, locked

    @contextmanager
    def nested(*first):
        with transaction.atomic(), locked.queued(*first) as held:
            yield held

    for module in (ledger, locked):
        monkeypatch.setattr(module, "ledger_lock", nested)
    monkeypatch.setattr("governance.services.checkpoints.ledger_lock", nested)

    def never(message: str) -> None:
        raise AssertionError(message)

    monkeypatch.setattr(reconciler.log, "exception", never)  # a worker's step never fails, whatever happened before
    History.site = site
    return site


def test_histories(quick):
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert not connection.in_atomic_block


def test_a_history_that_ends_well(quick):
    """The machine itself can reach success, so its rules are not idle."""
    history = History()
    try:
        history.launch(False)
        history.work()
        history.consume(0, "a" * 32)
        history.runner(0, "deliver")
        history.work()
        assert history.jobs()[0].state == "succeeded"
        for check in (history.one_at_a_time, history.the_ledger_tells_the_same):
            check()
        history.work()
        assert history.place.forgotten
    finally:
        history.teardown()


def test_every_consumed_permit_ends_in_a_result_or_a_recorded_loss(quick):
    for death in DEATHS:
        history = History()
        try:
            history.launch(False)
            for _ in range(12):
                history.work()
                history.consume(len(history.place.secrets) - 1, "a" * 32)
                history.runner_dies(len(history.place.secrets) - 1, death)
                history.time_passes(61)
            (job,) = history.jobs()
            assert job.state == "lost"
            assert {a.state for a in job.attempts.all()} == {"lost"}
            assert job.attempts.count() == 6
            history.the_ledger_tells_the_same()
        finally:
            history.teardown()


@pytest.mark.parametrize("before", list(JobState))
def test_every_move_of_a_job_that_the_table_lacks_is_refused(site, before):
    job = site.launch()
    for after in JobState:
        if after not in JOB_MOVES[before]:
            with mutation(actor=None, action="test") as m:
                with pytest.raises(ValueError, match="cannot go"):
                    move_job(m, job, before, after)
                m.append(events.JOB_CANCELLED, data={"job": str(uuid.uuid4())})
    job.refresh_from_db()
    assert job.state == "queued"


@pytest.mark.parametrize("before", list(AttemptState))
def test_every_move_of_an_attempt_that_the_table_lacks_is_refused(site, before):
    attempt, _ = hands.issued(site.launch())
    for after in AttemptState:
        if after not in ATTEMPT_MOVES[before]:
            with mutation(actor=None, action="test") as m:
                with pytest.raises(ValueError, match="cannot go"):
                    move_attempt(m, attempt, before, after)
                m.append(events.JOB_CANCELLED, data={"job": str(uuid.uuid4())})
    attempt.refresh_from_db()
    assert attempt.state == "issued"


def test_a_move_from_where_it_no_longer_is_changes_nothing(site):
    job = site.launch()
    with mutation(actor=None, action="test") as m:
        assert not move_job(m, job, JobState.RUNNING, JobState.SUCCEEDED)
        m.append(events.JOB_CANCELLED, data={"job": str(uuid.uuid4())})
    job.refresh_from_db()
    assert job.state == "queued"
