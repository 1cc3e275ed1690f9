"""Drill and probe by worker and runner as processes, killed half-way; and a flipped byte in a real (tiny) model."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from governance.job_states import JobState
from governance.models import Attempt, Job
from governance.selectors import documents as docs
from tests.evals.engine.backends.endpoint import Reply, proper, serving
from tests.support.governed import SETTINGS, Site
from tests.support.ports import wait_until
from tests.training.custody import world
from tests.training.trainers.work import texts
from training.bodies.custody import RestoreRecordBody
from training.selectors import custody, probes

pytestmark = [pytest.mark.crash, pytest.mark.ml]


def live(job: Job) -> bool:
    return JobState(Job.objects.values_list("state", flat=True).get(pk=job.pk)).live


def group(site: Site, job: Job) -> int:
    """Return the process group of the newest attempt's runner."""
    newest = Attempt.objects.filter(job=job).order_by("-number")[0]
    return int((site.var / "attempts" / str(newest.pk) / "pid").read_text().split()[0])


def record_of(job: Job) -> RestoreRecordBody:
    output = Job.objects.select_related("output").get(pk=job.pk).output
    assert output is not None, Job.objects.get(pk=job.pk).reason
    body: RestoreRecordBody = docs.model_body(output, RestoreRecordBody)
    return body


@pytest.mark.attack(
    name="kill a restore drill and have it counted as passed",
    caught_by="a consumed permit ends in a record or a recorded loss; the drill is made again from its beginning",
    unless="none known",
)
def test_a_killed_drill_is_made_again_and_a_flipped_byte_fails_it(site: Site, tmp_path: Path, settings: Any) -> None:
    from training.trainers.tiny import make_tiny

    make_tiny(tmp_path / "tiny", texts())
    base = world.held(site, tmp_path / "tiny")
    lies = world.backed_up(tmp_path / "tiny", tmp_path / "vault")
    listed = f"vault={tmp_path / 'vault'}"
    settings.COUNTERSIGN_BACKUPS = [listed]
    environment = {**SETTINGS, "COUNTERSIGN_BACKUPS": listed}
    site.deployment.start_web(**environment)
    worker = site.deployment.start_worker(**environment)

    job = world.launched(site, world.drill(site, base, folder="models/tiny", prompts=["acute", "fracture"]))
    consumed = Attempt.objects.filter(job=job, state="consumed")
    wait_until(consumed.exists, what="the drill to begin", seconds=60)
    worker.kill()
    os.killpg(group(site, job), signal.SIGKILL)
    assert custody.drilled([base]) == {base.digest: None}
    site.deployment.start_worker(**environment)
    wait_until(lambda: not live(job), what="the job's end", seconds=180)
    states = list(Attempt.objects.filter(job=job).order_by("number").values_list("state", flat=True))
    assert states == ["lost", "accepted"]
    passed = record_of(job)
    assert (passed.outcome, [said.prompt for said in passed.answers]) == ("passed", ["acute", "fracture"])
    assert custody.drilled([base])[base.digest] is not None
    attempts = site.var / "attempts"
    assert not list(attempts.glob("*/work/restored")), "no copy of the weights stays"

    weights = lies / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    again = world.launched(site, world.drill(site, base, folder="models/tiny"))
    wait_until(lambda: not live(again), what="the second drill's end", seconds=180)
    failed = record_of(again)
    assert (failed.outcome, failed.loaded) == ("failed", False)
    assert "model.safetensors is not what was signed" in custody.faults([base])[base.digest][0]
    done = site.deployment.manage("verify_ledger", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_killed_probe_asks_for_nothing_twice(site: Site, settings: Any) -> None:
    """The answers that were there before the kill are kept; only those on their way may be asked for again."""

    def slowly(body: dict[str, Any], _before: int) -> Reply:
        return Reply(content=proper(body), delay=0.4)

    with serving(slowly) as (address, seen):
        settings.COUNTERSIGN_ENDPOINTS = [address]
        environment = {**SETTINGS, "COUNTERSIGN_ENDPOINTS": address}
        site.deployment.start_web(**environment)
        worker = site.deployment.start_worker(**environment)
        endpoint = {"address": address, "model": world.SNAPSHOT, "concurrency": 2}
        spec = world.probe(site, world.hosted(site), endpoint=endpoint, repeats=20, cadence_days=None)
        job = world.launched(site, spec)
        wait_until(lambda: len(seen.bodies) >= 8, what="some answers", seconds=60)
        worker.kill()
        os.killpg(group(site, job), signal.SIGKILL)
        site.deployment.start_worker(**environment)
        wait_until(lambda: not live(job), what="the job's end", seconds=120)
    states = list(Attempt.objects.filter(job=job).order_by("number").values_list("state", flat=True))
    assert states == ["lost", "accepted"]
    (found,) = probes.results(site.story["hosted"])
    assert (found.body.answered, found.body.changed) == (40, None)
    assert 40 <= len(seen.bodies) <= 40 + 2 * 2, "at most those on their way, and those not yet on the disk"
