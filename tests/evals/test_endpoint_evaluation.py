"""An endpoint is asked by a real runner under a permit: it goes away, comes back, and says the key aloud."""

import threading
import time
from typing import Any

import pytest

from evals import documents as evals
from evals.engine.spec import EvaluationResultBody
from governance.jobs.executors import Seen
from governance.jobs.executors.local import LocalExecutor
from governance.models import Attempt, Job
from governance.selectors import documents as docs
from governance.services import attempts, jobs
from tests.evals.engine.backends.endpoint import Reply, proper, serving
from tests.support import hands
from tests.support.governed import Site, on_paper

SECRET = "sk-0123456789-never-to-be-seen"
PLAN = {"thresholds": "thresholds", "evaluation_set": "set", "rubric": "rubric"}


def work(executor: LocalExecutor, job: Job) -> Attempt:
    """Issue a permit and let its runner work until it has left."""
    attempt, secret = hands.issued(job)
    executor.submit(attempt, secret)
    until = time.monotonic() + 120
    while executor.observe(attempt).seen is not Seen.EXITED and time.monotonic() < until:
        time.sleep(0.1)
    found: Attempt = hands.fresh(attempt)
    return found


@pytest.mark.attack(
    name="find an endpoint's key in what an evaluation leaves behind",
    caught_by="it is in the runner's environment and in one header; logs, answers and reasons hold the variable's name",
    unless="the endpoint says the key in another spelling",
)
def test_away_half_way_it_goes_on_and_the_key_is_nowhere(site: Site, settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("EXAMPLE_KEY", SECRET)
    down, answered, counting = True, 0, threading.Lock()

    def script(body: dict[str, Any], _before: int) -> Reply:
        nonlocal answered
        with counting:
            if down and answered >= 150:
                return Reply(503, f"no more for {SECRET}".encode())
            answered += 1
        return Reply(content=proper(body, message={"role": "assistant", "content": f"You are {SECRET}."}))

    site.start_web()
    executor = LocalExecutor()
    with serving(script) as (address, seen), on_paper():
        settings.COUNTERSIGN_ENDPOINTS = [f"{address} EXAMPLE_KEY"]
        endpoint = {"address": address, "model": "big", "key_from": "EXAMPLE_KEY", "tries": 1, "concurrency": 4,
                    "price_in": "1", "price_out": "2"}  # fmt: skip
        body = {"arm": "other", "attempt_index": 1, "note": "", "endpoint": endpoint}
        site.story.submit("engineer", "hosted", evals.SPEC, body, **PLAN)
        job = jobs.launch(actor=site.engineer, spec=site.story["hosted"])

        first = work(executor, job)
        assert (first.state, hands.fresh(job).state) == ("failed", "queued"), executor.logs(first, 0)
        assert "the endpoint answered 503" in first.reason
        down = False
        second = work(executor, job)
        assert second.state == "received", executor.logs(second, 0)
        result = attempts.accept(attempt=second)
    assert result is not None, hands.fresh(second).reason
    assert "150 of 300 answers are there from an earlier attempt" in executor.logs(second, 0)
    assert answered == 300, "nothing that was answered was asked again"
    assert set(seen.keys) == {f"Bearer {SECRET}"}
    measured = docs.model_body(result, EvaluationResultBody)
    assert (measured.arm, measured.verdict, measured.missing) == ("other", None, 0)
    assert float(measured.metrics["all"]["cost_mean"].value) > 0
    assert measured.environment["endpoint"] == address
    executor.forget(first)
    executor.forget(second)
    assert SECRET not in "".join(executor.logs(one, 0) for one in (first, second))
    held = {path: path.read_bytes() for path in site.var.rglob("*") if path.is_file()}
    assert any(address.encode() in content for content in held.values())  # what may be kept is found there
    assert [path for path, content in held.items() if SECRET.encode() in content] == []


def test_an_endpoint_that_says_no_is_not_tried_again(site: Site, settings: Any) -> None:
    site.start_web()
    executor = LocalExecutor()
    with serving(lambda body, before: Reply(400, b"no such model")) as (address, _), on_paper():
        settings.COUNTERSIGN_ENDPOINTS = [address]
        body = {"arm": "other", "attempt_index": 1, "note": "", "endpoint": {"address": address, "model": "big"}}
        site.story.submit("engineer", "hosted", evals.SPEC, body, **PLAN)
        job = jobs.launch(actor=site.engineer, spec=site.story["hosted"])
        assert work(executor, job).state == "failed"
    assert hands.fresh(job).state == "failed"
    assert "no such model" in hands.fresh(job).reason
