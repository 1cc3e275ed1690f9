"""A quality check as the worker and its runner do it, as processes of their own, and when they are killed."""

import os
import signal

import pytest

from evals import documents as evals
from evals.services import quality
from governance.job_states import JobState
from governance.models import Attempt, Document, Job
from governance.services import documents
from tests.support import papers
from tests.support.governed import Site
from tests.support.ports import wait_until
from training.kinds import tuning as kinds

pytestmark = pytest.mark.crash
ROWS = 6000


def rows() -> bytes:
    line = '{{"id":"r{0}","messages":[{{"role":"user","content":"{1}"}}],"target":"{{\\"chapter\\":\\"C{2}\\"}}"}}\n'
    words = ["fever", "cough", "fracture", "rash", "burn", "sprain", "ulcer", "asthma", "anaemia", "vertigo", "gout"]
    texts = (" ".join(words[(n // 11**place) % 11] for place in range(4)) + f" of day {n}" for n in range(ROWS))
    return "".join(line.format(n, text, n % 15) for n, text in enumerate(texts)).encode()


def data(site: Site) -> Document:
    body = papers.dataset(site.story.bytes("many", rows())) | {"title": "Many rows", "rows": ROWS}
    return documents.document_submit(
        actor=site.engineer, project=site.story.project, kind=kinds.DATASET, body=body,
        references=[{"role": "contract", "digest": site.story["contract"].digest}],
    )  # fmt: skip


def asked(site: Site) -> Job:
    return quality.request(
        actor=site.engineer, project=site.story.project, datasets=[data(site)], evaluation_set=site.story["set"],
        rubric=site.story["rubric"],
    )  # fmt: skip


def live(job: Job) -> bool:
    return JobState(Job.objects.values_list("state", flat=True).get(pk=job.pk)).live


def group(site: Site, job: Job) -> int:
    """Return the process group of the newest attempt's runner."""
    newest = Attempt.objects.filter(job=job).order_by("-number")[0]
    return int((site.var / "attempts" / str(newest.pk) / "pid").read_text().split()[0])


def test_a_killed_check_is_done_again_and_the_page_says_how_far_it_is(site: Site) -> None:
    site.start_web()
    worker = site.start_worker()
    job = asked(site)
    told: set[str] = set()

    def at_work() -> bool:
        told.update(a.progress.get("message", "") for a in Attempt.objects.filter(job=job))
        return any(word.startswith("looking at") for word in told)

    wait_until(at_work, what="the checks to begin", seconds=60)
    worker.kill()
    os.killpg(group(site, job), signal.SIGKILL)
    site.start_worker()
    wait_until(lambda: at_work() and not live(job), what="the job's end", seconds=120)
    states = list(Attempt.objects.filter(job=job).order_by("number").values_list("state", flat=True))
    assert states == ["lost", "accepted"]
    report = Document.objects.get(kind=evals.QUALITY, title="Quality of Many rows")
    assert Job.objects.get(pk=job.pk).output == report
    done = site.deployment.manage("verify_ledger", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
