"""Two at once, on both databases: one of them wins, and the other finds nothing to do."""

import threading
from typing import Any

import pytest
from django.db import connection

from governance import events
from governance.errors import CountersignError
from governance.job_states import AttemptState
from governance.models import Attempt, Job
from governance.services import attempts, jobs, permits
from tests.support import hands

ROUNDS = 2


def together(*acts):
    """Run the acts at one moment, each on a connection of its own; return what each returned or refused with."""
    gate = threading.Barrier(len(acts))
    found: list[Any] = [None] * len(acts)

    def run(number, act):
        try:
            gate.wait(10)
            found[number] = act()
        except CountersignError as problem:
            found[number] = problem
        except BaseException as problem:  # noqa: BLE001  (a thread's fault must reach the test)
            found[number] = AssertionError(repr(problem))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(isinstance(one, AssertionError) for one in found), found
    return found


def refused(found):
    return [one for one in found if isinstance(one, CountersignError)]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_two_workers_and_one_queued_job(each_site, round_):
    job, place = each_site.launch(), hands.Pretended()
    together(hands.worker(place).step, hands.worker(place).step)
    assert len(place.secrets) == 1
    assert Attempt.objects.filter(job=job).count() == 1
    assert each_site.events(events.PERMIT_ISSUED) == 2  # this one, and the story's baseline
    assert each_site.events(events.JOB_REFUSED) == 0
    job.refresh_from_db()
    assert job.state == "running"


@pytest.mark.attack(
    name="race two runners for one permit",
    caught_by="a permit is consumed under the ledger's lock, once: whoever asks again must say the same nonce",
    unless="the other runner has the permit, its secret and the nonce, and is then the same one to anybody",
)
@pytest.mark.parametrize("same", [True, False])
def test_two_runners_and_one_permit(each_site, same):
    attempt, secret = hands.issued(each_site.launch())
    nonces = ["a" * 32, ("a" if same else "b") * 32]
    found = together(
        *(lambda n=n: permits.consume(permit=bytes(attempt.permit), secret=secret, nonce=n) for n in nonces)
    )
    assert len(refused(found)) == (0 if same else 1)
    attempt.refresh_from_db()
    assert attempt.state == "consumed"


@pytest.mark.attack(
    name="race launches of one specification",
    caught_by="whether it has a job is asked under the ledger's lock; the database keeps a second row out besides",
    unless="the database does not hold the lock it grants, nor its unique keys",
)
def test_launched_twice_at_once(each_site):
    spec = each_site.work()
    found = together(*(lambda: jobs.launch(actor=each_site.engineer, spec=spec) for _ in range(3)))
    assert len(refused(found)) == 2
    assert Job.objects.filter(spec=spec).count() == 1


@pytest.mark.attack(
    name="race a launch, or its permit, and whoever revokes what it rests on",
    caught_by="the ledger's lock orders the two: the gate is asked under it at launch and again before the permit",
    unless="the permit came first: then the worker stops the attempt at its next look",
)
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_launch_against_revocation(each_site, round_):
    spec, place = each_site.work(), hands.Pretended()
    launched, revoked = together(
        lambda: jobs.launch(actor=each_site.engineer, spec=spec), lambda: each_site.revoke("rubric")
    )
    assert revoked is None
    if isinstance(launched, Job):  # it was first; what it may do is asked again
        hands.worker(place).step()
        launched.refresh_from_db()
        assert (launched.state, each_site.events(events.JOB_REFUSED)) == ("refused", 1)
        assert "revoked" in launched.reason
    else:
        assert [(finding.check, "revoked" in finding.found) for finding in launched.findings] == [("plan", True)]
        assert not Job.objects.filter(spec=spec).exists()
    assert not place.secrets
    assert each_site.events(events.PERMIT_ISSUED) == 1  # the story's baseline


@pytest.mark.attack(
    name="race a launch, or its permit, and whoever revokes what it rests on",
    caught_by="the ledger's lock orders the two: the gate is asked under it at launch and again before the permit",
    unless="the permit came first: then the worker stops the attempt at its next look",
)
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_permit_against_revocation(each_site, round_):
    job, place = each_site.launch(), hands.Pretended()
    worker = hands.worker(place)
    together(worker.step, lambda: each_site.revoke("rubric"))
    for _ in range(3):
        worker.step()
    assert hands.fresh(job).state in {"refused", "stopped"}
    assert set(place.secrets) == place.stopped
    for attempt in Attempt.objects.filter(job=job):
        with pytest.raises(CountersignError):
            permits.consume(permit=bytes(attempt.permit), secret=place.secrets[str(attempt.pk)], nonce=hands.NONCE)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_result_against_cancel(each_site, round_):
    job = each_site.launch()
    attempt = hands.received(job)
    found = together(lambda: attempts.accept(attempt=attempt), lambda: jobs.cancel(actor=each_site.engineer, job=job))
    hands.worker().step()
    job.refresh_from_db()
    attempt.refresh_from_db()
    if refused(found):  # the result was first: nothing was left to cancel
        assert (job.state, attempt.state, job.output is not None) == ("succeeded", "accepted", True)
    else:
        assert (job.state, attempt.state, job.output) == ("cancelled", "failed", None)


def test_result_accepted_by_two_workers(each_site):
    job = each_site.launch()
    attempt = hands.received(job)
    before = each_site.refusals()
    found = together(*(lambda: attempts.accept(attempt=hands.fresh(attempt)) for _ in range(2)))
    assert sum(document is not None for document in found) == 1
    job.refresh_from_db()
    assert job.state == "succeeded"
    assert each_site.events(events.JOB_ENDED) == 2
    assert each_site.refusals() == before


def test_result_against_loss(each_site):
    """The lease runs out at the moment the result arrives: one of both is recorded."""
    job = each_site.launch()
    attempt, token = hands.consumed(job)
    result = hands.delivered(token)
    together(
        lambda: attempts.receive(attempt=hands.fresh(attempt), result=result),
        lambda: attempts.end(attempt=hands.fresh(attempt), state=AttemptState.LOST, reason="lost", retry=False),
    )
    hands.worker().step()
    job.refresh_from_db()
    attempt.refresh_from_db()
    assert (job.state, attempt.state) in {("succeeded", "accepted"), ("lost", "lost")}
