"""An evaluation with a judge by real worker and runner, killed while the judge is asked."""

import json
import os
import signal
import time
from typing import Any

import pytest

from evals import documents as evals
from evals.engine.endpoints import Endpoint
from evals.engine.spec import EvaluationResultBody
from governance.jobs.executors.local import LocalExecutor
from governance.models import Attempt
from governance.selectors import documents as docs
from governance.services import jobs
from tests.evals import judged
from tests.evals.engine.backends.endpoint import Reply, proper, serving
from tests.support import hands, papers
from tests.support.governed import Site, on_paper

CASES = 300
KILLED_AFTER = 100
AT_ONCE = int(Endpoint(address="http://127.0.0.1:9/v1", model="judge").concurrency)


def killed(executor: LocalExecutor, attempt: Attempt) -> None:
    """End runner, shell and whatever they started, as a machine that loses its power would."""
    pid, _ = (executor._folder(attempt) / "pid").read_text().split()
    os.killpg(int(pid), signal.SIGKILL)


@pytest.mark.attack(
    name="kill an evaluation while its judge is asked, so that a judge who displeased is asked again",
    caught_by="each reply is in the journal before the next is asked for; the next attempt goes on where it ended",
    unless="the reply was on its way when the process died",
)
def test_killed_while_the_judge_is_asked_it_goes_on_and_asks_nothing_again(site: Site, settings: Any) -> None:
    judgements: list[str] = []

    def script(body: dict[str, Any], _before: int) -> Reply:
        if body["model"] != "judge":
            said = {"role": "assistant", "content": json.dumps({"chapter": papers.LABELS[0]})}
            return Reply(content=proper(body, message=said))
        judgements.append(body["messages"][-1]["content"])
        said = {"role": "assistant", "content": json.dumps({"score": 1})}
        return Reply(content=proper(body, message=said), delay=0.02)

    site.start_web()
    executor = LocalExecutor()
    worker = hands.worker(executor)
    with serving(script) as (address, _), on_paper():
        settings.COUNTERSIGN_ENDPOINTS = [address]
        pins = {"backend": "http", "endpoint": address, "model": "judge", "prompt": "Helpful? {question} {answer}"}
        judged.plan(site, judged.rubric(pins), [papers.threshold("helpful", "met:helpful", "all", "0.5")])
        endpoint = {"address": address, "model": "big", "concurrency": 4}
        body = {"arm": "other", "attempt_index": 1, "note": "", "endpoint": endpoint}
        site.story.submit("engineer", "hosted", evals.SPEC, body, **judged.named())
        job = jobs.launch(actor=site.engineer, spec=site.story["hosted"])

        until, dead = time.monotonic() + 180, None
        while hands.fresh(job).state in ("queued", "running") and time.monotonic() < until:
            worker.step()
            if dead is None and len(judgements) >= KILLED_AFTER:
                dead = Attempt.objects.get(job=job)
                killed(executor, dead)
            time.sleep(0.05)
    assert dead is not None, hands.fresh(job).reason
    assert hands.fresh(dead).state == "lost"
    last = Attempt.objects.filter(job=job).latest("number")
    assert (hands.fresh(job).state, last.number) == ("succeeded", 2), executor.logs(last, 0)
    assert len(set(judgements)) <= CASES
    assert len(judgements) <= CASES + AT_ONCE, "only what was on its way was asked again"
    measured = docs.model_body(hands.fresh(job).output, EvaluationResultBody)
    assert measured.metrics["all"]["met:helpful"].value == "1.000000"
    assert measured.missing == 0
