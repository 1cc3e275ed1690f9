"""Sign-offs that change while work waits or runs: revoked, superseded, expired, completed at last."""

import time
from datetime import timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.utils import timezone

from governance import store
from governance.errors import Refused
from governance.job_states import AttemptState
from governance.jobs.executors import Observation, Seen
from governance.models import Attempt
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.services import attempts, documents, jobs, permits
from tests.support import hands
from tests.support.governed import on_paper
from training.services import releases


@pytest.fixture(autouse=True)
def paper():
    with on_paper():
        yield


def step(place, job):
    hands.worker(place).step()
    job.refresh_from_db()
    return job


def test_revocation_stops_a_run(site):
    job, place = site.launch(), hands.Pretended()
    step(place, job)
    attempt = hands.fresh(job.attempts.get())
    _, token = permits.consume(permit=bytes(attempt.permit), secret=place.secrets[str(attempt.pk)], nonce=hands.NONCE)
    result = hands.delivered(token)
    site.revoke("rubric")
    assert step(place, job).state == "failed"
    attempt.refresh_from_db()
    assert (attempt.state, place.stopped) == ("stopped", {str(attempt.pk)})
    assert "revoked" in attempt.reason
    assert hands.Runner(token).post("result", result).status_code == 409
    with pytest.raises(Refused):
        jobs.launch(actor=site.engineer, spec=job.spec)


def test_revocation_while_waiting_refuses_the_job(site):
    job, place = site.launch(), hands.Pretended()
    site.revoke("rubric")
    assert step(place, job).state == "refused"
    assert not place.secrets


def test_expiry_stops_nothing_that_began(site):
    job, place = site.launch(), hands.Pretended()
    step(place, job)
    attempt = hands.fresh(job.attempts.get())
    _, token = permits.consume(permit=bytes(attempt.permit), secret=place.secrets[str(attempt.pk)], nonce=hands.NONCE)
    # All sign-offs run out; the lease is kept as a runner would, and the time permitted is longer than that.
    with (
        time_machine.travel(timezone.now() + timedelta(days=366), tick=False),
        patch("governance.jobs.reconciler._permitted", return_value=timedelta(days=999)),
    ):
        Attempt.objects.update(lease_until=timezone.now() + timedelta(minutes=1), changed_at=timezone.now())
        assert step(place, job).state == "running"
        attempts.receive(attempt=attempts.by_token(token), result=hands.delivered(token))
        assert step(place, job).state == "succeeded"
        with pytest.raises(Refused, match="expired"):
            site.launch("another")


def test_superseded_versions_admit_no_new_run(site):
    spec, waiting, place = site.work("old plan"), site.launch("waits"), hands.Pretended()
    running = site.launch("runs")
    _, token = hands.consumed(running)
    site.next_rubric()
    with pytest.raises(Refused, match="superseded"):
        jobs.launch(actor=site.engineer, spec=spec)
    assert step(place, waiting).state == "refused"
    attempts.receive(attempt=attempts.by_token(token), result=hands.delivered(token))
    assert step(place, running).state == "succeeded"  # consumption fixed the plan for this run


def test_an_armed_job_starts_when_the_last_signature_arrives(site):
    site.revoke("rubric")
    job, place = site.launch(arm=True), hands.Pretended()
    worker = hands.worker(place)
    worker.step()
    job.refresh_from_db()
    assert (job.state, bool(place.secrets)) == ("armed", False)
    site.story.sign("rubric", requester="engineer", signers=("officer",))
    worker.step()
    job.refresh_from_db()
    assert (job.state, len(place.secrets)) == ("running", 1)


def test_an_armed_job_is_checked_in_full_before_it_starts(site):
    """The signature arrives, but the approved bytes have gone meanwhile; restored, it starts without a new entry."""
    entry = hands.stored(b"approved bytes")
    site.revoke("rubric")
    job, place = site.launch(arm=True, file=entry), hands.Pretended()
    path = store.path_of(entry["sha256"])
    path.rename(path.with_suffix(".away"))
    site.story.sign("rubric", requester="engineer", signers=("officer",))
    worker = hands.worker(place)
    worker.step()
    job.refresh_from_db()
    assert (job.state, bool(place.secrets)) == ("armed", False)
    assert "bytes" in {c["check"] for c in job.verdict["checks"] if c["blocks"]}
    path.with_suffix(".away").rename(path)
    with patch("time.monotonic", return_value=time.monotonic() + 61):
        worker.step()
    job.refresh_from_db()
    assert job.state == "running"


def test_an_armed_job_whose_launcher_lost_the_role_stays(site):
    from governance.models import RoleGrant
    from governance.services import people

    site.revoke("rubric")
    job, place = site.launch(arm=True), hands.Pretended()
    grant = RoleGrant.objects.get(user=site.engineer, role="engineer")
    people.role_revoke(actor=site.story.people["owner"], grant_id=str(grant.pk))
    site.story.sign("rubric", requester="owner", signers=("officer",))
    assert step(place, job).state == "armed"
    assert not place.secrets


class TestRelease:
    """What was revoked after all stands between a result and its release."""

    @pytest.fixture
    def judged(self, site):
        site.story.train()
        site.story.evaluate()
        return site

    def test_released_when_nothing_was_revoked(self, judged):
        judged.story.release()
        assert docs.body(judged.story["release"]).title

    @pytest.mark.parametrize("name", ["thresholds", "dataset", "base", "set"])
    def test_revocation_blocks_it(self, judged, name):
        who = judged.story
        judged.revoke(name)
        with pytest.raises(Refused, match="revoked"):
            releases.propose(actor=judged.engineer, result=who["result"], title="Too late", note="x")

    def test_expiry_does_not(self, judged):
        with time_machine.travel(timezone.now() + timedelta(days=366)):
            verdict = releases.gate(result=judged.story["result"])
        assert verdict.open, verdict.findings

    def test_a_result_without_a_permit_is_never_released(self, judged):
        """Its rows altered to say that a job made it; the ledger tells otherwise."""
        story = judged.story
        from governance.registry import KINDS
        from governance.services.ledger import mutation

        body = docs.envelope(story["result"]).body
        references = [{"role": role, "digest": story[name].digest} for role, name in (
            ("spec", "tuned_spec"), ("thresholds", "thresholds"), ("subject", "record"), ("baseline", "baseline")
        )]  # fmt: skip
        with mutation(actor=None, action="test", project=story.project) as m:
            forged = documents.freeze(
                m, kind=KINDS["evals.evaluation_result"], body=body, references=references, contributors=[], by=None
            )
        from governance.models import Job

        Job.objects.filter(output=story["result"]).update(output=forged)
        with pytest.raises(Refused, match="no consumed permit"):
            releases.propose(actor=judged.engineer, result=forged, title="Forged", note="x")


class TestReconciler:
    """What the worker does about runners that die, hang or never start."""

    def running(self, site, place):
        job = site.launch()
        step(place, job)
        attempt = hands.fresh(job.attempts.get())
        permits.consume(permit=bytes(attempt.permit), secret=place.secrets[str(attempt.pk)], nonce=hands.NONCE)
        return job, attempt

    def test_a_worker_that_died_before_it_started_the_runner(self, site):
        job = site.launch()
        attempt, _ = hands.issued(job)  # and then nothing: the secret is gone
        place = hands.Pretended()
        step(place, job)
        assert hands.fresh(attempt).state == "issued"  # another worker may be about to start it
        with time_machine.travel(timezone.now() + timedelta(seconds=6)):
            step(place, job)
        assert hands.fresh(attempt).state == "expired"
        assert job.state == "running"  # under a second permit, at once
        assert len(place.secrets) == 1

    def test_losses_are_bounded(self, site):
        place = hands.Pretended()
        job = site.launch()
        for _ in range(20):
            for key in place.seen:
                place.seen[key] = Observation(Seen.VANISHED)
            step(place, job)
        assert job.state == "lost"
        assert job.attempts.count() == 6

    def test_a_runner_that_hangs_is_ended_when_its_time_is_over(self, site):
        """Its heartbeats go on, from a thread of their own; that alone would keep the lease for ever."""
        place = hands.Pretended()
        job, attempt = self.running(site, place)
        later = timezone.now() + timedelta(seconds=300 + 61)
        with time_machine.travel(later):
            Attempt.objects.update(lease_until=later + timedelta(minutes=1))
            step(place, job)
        assert (job.state, hands.fresh(attempt).state) == ("failed", "failed")
        assert place.stopped == {str(attempt.pk)}

    def test_out_of_reach_changes_nothing(self, site):
        place = hands.Pretended()
        job, attempt = self.running(site, place)
        place.seen[str(attempt.pk)] = Observation(Seen.UNREACHABLE)
        assert step(place, job).state == "running"

    def test_private_files_are_forgotten_when_the_attempt_has_ended(self, site):
        place = hands.Pretended()
        job, attempt = self.running(site, place)
        step(place, job)
        assert not place.forgotten
        attempts.end(attempt=attempt, state=AttemptState.FAILED, reason="x", retry=False)
        step(place, job)
        assert place.forgotten == {str(attempt.pk)}

    def test_one_poisoned_job_holds_up_no_other(self, site, monkeypatch):
        place = hands.Pretended()
        poisoned, good = site.launch("poisoned"), site.launch("good")
        issue = permits.issue

        def picky(*, job):
            if job.pk == poisoned.pk:
                raise RuntimeError("poisoned")
            return issue(job=job)

        monkeypatch.setattr(permits, "issue", picky)
        step(place, good)
        assert good.state == "running"

    def test_a_database_that_is_away_does_not_end_the_worker(self, site, monkeypatch):
        from django.db import OperationalError

        job, place = site.launch(), hands.Pretended()
        size = ledger.size
        answers = iter([OperationalError("server closed the connection")])

        def once():
            for problem in answers:
                raise problem
            return size()

        monkeypatch.setattr(ledger, "size", once)
        worker = hands.worker(place)
        assert worker.step() is False
        worker.step()
        job.refresh_from_db()
        assert job.state == "running"
