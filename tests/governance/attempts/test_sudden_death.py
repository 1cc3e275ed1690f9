"""Processes killed at any moment, on both databases: every job ends in one consistent state, and nothing runs twice."""

import json
import os
import random
import signal
import time
from pathlib import Path

import psutil
import pytest

from governance.job_states import AttemptState, JobState
from governance.models import Attempt, Document, Job
from governance.selectors import told
from governance.services import jobs
from tests.support import hands
from tests.support.ports import wait_until

pytestmark = pytest.mark.crash
SHORT = {"COUNTERSIGN_LEASE_SECONDS": "6"}


def state(job):
    return Job.objects.values_list("state", flat=True).get(pk=job.pk)


def ends(*wanted, seconds=60):
    wait_until(lambda: not any(JobState(state(job)).live for job in wanted), what="the jobs' end", seconds=seconds)


def consistent(site, *wanted):
    """What must hold whatever was killed: the ledger and the rows agree, one result at most, no loose ends."""
    for job in wanted:
        known = told.of_job(job.pk)
        assert known.state is JobState(state(job))
        rows = {str(a.pk): a for a in Attempt.objects.filter(job=job)}
        assert known.attempts.keys() == rows.keys()
        assert all(not AttemptState(a.state).live for a in rows.values())
        accepted = [a for a in rows.values() if a.state == "accepted"]
        assert len(accepted) == (state(job) == "succeeded")
    made = Document.objects.filter(kind="test.outcome").count()
    assert made == sum(state(job) == "succeeded" for job in wanted)
    done = site.deployment.manage("verify_ledger", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def runner_of(site, seconds=30):
    """Return the process that does the work of the newest attempt, once it has reached the entry point."""
    folder = site.var / "attempts"
    wait_until(lambda: bool(site.ran()), what="the work's beginning", seconds=seconds)
    newest = max(folder.glob("*/ran"), key=lambda path: path.stat().st_mtime)
    wait_until(lambda: newest.read_text().endswith("}"), what="its process's number")
    return psutil.Process(json.loads(newest.read_text())["pid"])


def test_the_worker_is_killed_again_and_again(each_site):
    """At random moments of issue, start, watch and acceptance; the runner lives on, or its attempt is lost and tried
    again within the bounds."""
    site, draw = each_site, random.Random(20261122)
    site.start_web()
    wanted = [site.launch(f"work {number}", milliseconds=150) for number in range(3)]
    worker = site.start_worker()
    began = time.monotonic()
    while any(JobState(state(job)).live for job in wanted) and time.monotonic() < began + 12:
        time.sleep(draw.uniform(0.8, 2.2))
        worker.kill()
        worker = site.start_worker()
    ends(*wanted)
    worker.stop()
    consistent(site, *wanted)


def test_the_web_process_is_killed_while_a_run_works(each_site):
    """The runner outlives an outage shorter than its lease, and delivers."""
    site = each_site
    web = site.start_web()
    site.start_worker()
    job = site.launch(milliseconds=2500)
    runner_of(site)
    web.kill_group()
    time.sleep(1)
    site.start_web()
    ends(job)
    assert state(job) == "succeeded"
    assert Attempt.objects.filter(job=job).count() == 1
    consistent(site, job)


def test_the_runner_is_killed(each_site):
    """Once the process itself, once its whole group: each loss is recorded, and the next attempt is accepted."""
    site = each_site
    site.start_web()
    site.start_worker()
    job = site.launch(milliseconds=1500)
    runner_of(site).kill()
    wait_until(lambda: Attempt.objects.filter(job=job).count() == 2, what="a second attempt")
    wait_until(lambda: len(site.ran()) == 2, what="its work")
    os.killpg(os.getpgid(runner_of(site).pid), signal.SIGKILL)
    ends(job)
    found = list(Attempt.objects.filter(job=job).order_by("number"))
    assert [attempt.state for attempt in found] == ["lost", "lost", "accepted"]
    consistent(site, job)
    # What one attempt had noted reached the next, and of the work itself nothing is left.
    folder = site.var / "attempts"
    for number, attempt in enumerate(found, start=1):
        noted = json.loads((folder / str(attempt.pk) / "ran").read_text())["journal"]
        assert noted == [str(earlier.pk) for earlier in found[:number]]
    wait_until(lambda: not list(folder.glob("*/work")), what="the work directories' end")


def test_the_journal_of_a_job_that_is_cancelled_between_attempts_goes_with_it(site):
    site.start_web()
    worker = site.start_worker()
    job = site.launch(milliseconds=20_000)
    runner = runner_of(site)
    worker.kill()
    runner.kill()
    jobs.cancel(actor=site.engineer, job=Job.objects.get(pk=job.pk))
    site.start_worker()
    ends(job)
    assert list((site.var / "attempts").glob("*/ran"))
    wait_until(lambda: not list((site.var / "attempts").glob("*/work")), what="the work directories' end")


def test_a_power_cut(site):
    """Everything dies at once; started again, the work is done once."""
    web, worker = site.start_web(), site.start_worker()
    job = site.launch(milliseconds=1500)
    runner = runner_of(site)
    for process in (worker.process, web.process):
        os.killpg(process.pid, signal.SIGKILL)
    os.killpg(os.getpgid(runner.pid), signal.SIGKILL)
    site.start_web()
    site.start_worker()
    ends(job)
    assert state(job) == "succeeded"
    consistent(site, job)


def test_a_runner_cut_off_loses_its_lease_and_stops(site):
    """Stopped for longer than its lease (as a frozen machine would be): its late result is refused."""
    site.deployment.start_web(DJANGO_SETTINGS_MODULE="tests.support.toy_settings", **SHORT)
    site.deployment.start_worker(DJANGO_SETTINGS_MODULE="tests.support.toy_settings", **SHORT)
    job = site.launch(milliseconds=3000)
    runner = runner_of(site)
    runner.suspend()
    first = Attempt.objects.get(job=job)
    wait_until(lambda: Attempt.objects.get(pk=first.pk).state == "lost", what="the loss")
    if runner.is_running():
        runner.resume()
    ends(job)
    first.refresh_from_db()
    assert (first.state, first.result) == ("lost", None)
    assert not runner.is_running() or runner.status() == psutil.STATUS_ZOMBIE
    consistent(site, job)


class TestLocalExecutor:
    """The runner's surroundings, seen from inside one that really ran."""

    @pytest.fixture
    def at_work(self, site):
        site.start_web()
        site.deployment.start_worker(
            DJANGO_SETTINGS_MODULE="tests.support.toy_settings", SECRET_KEY="s" * 60, COUNTERSIGN_KEY_SEAL="file:/x.pem"
        )
        return site

    def test_what_a_runner_sees_and_leaves(self, at_work):
        job = at_work.launch(milliseconds=1500, file=hands.stored(b"rows"))
        runner_of(at_work)
        attempt = Attempt.objects.get(job=job)
        folder = Path(at_work.var) / "attempts" / str(attempt.pk)
        assert folder.stat().st_mode & 0o077 == 0
        seen = json.loads((folder / "ran").read_text())["environment"]
        assert not {n for n in seen if n.startswith(("COUNTERSIGN", "DATABASE", "SECRET", "DJANGO", "ALLOWED"))}
        text = json.dumps(seen)
        assert "s" * 60 not in text
        assert "keys" not in text
        assert str(at_work.deployment.database_url) not in text
        ends(job)
        assert state(job) == "succeeded"
        wait_until(lambda: not (folder / "work").exists(), what="forgetting")
        assert not (folder / "permit").exists()
        assert not (folder / "tmp").exists()
        assert "made by" not in (folder / "output").read_text()
        consistent(at_work, job)

    def test_a_stubborn_runner_is_stopped(self, at_work):
        """It heeds neither signal nor lease: cancelled, it is gone all the same."""
        job = at_work.launch(milliseconds=120_000, manner="stubborn")
        runner = runner_of(at_work)
        jobs.cancel(actor=at_work.engineer, job=job)
        wait_until(
            lambda: not runner.is_running() or runner.status() == psutil.STATUS_ZOMBIE, what="its end", seconds=40
        )
        wait_until(lambda: Attempt.objects.get(job=job).state == "stopped", what="the record of it")
        assert state(job) == "cancelled"
        consistent(at_work, job)

    def test_a_revoked_run_is_stopped(self, at_work):
        job = at_work.launch(milliseconds=120_000)
        runner = runner_of(at_work)
        at_work.revoke("rubric")
        ends(job)
        assert state(job) == "failed"
        assert not runner.is_running() or runner.status() == psutil.STATUS_ZOMBIE
        consistent(at_work, job)

    def test_work_that_fails_says_why(self, at_work):
        job = at_work.launch(manner="badly")
        ends(job)
        assert state(job) == "failed"
        assert "it could not be done" in Attempt.objects.get(job=job).reason
        consistent(at_work, job)
