"""Launching, watching and cancelling on the command line."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from client import watch
from client.failure import CANCELLED, CLOSED, FAILED, LOST, NOT_ALLOWED, OK, UNREACHABLE, USAGE
from governance.models import Job, LedgerEvent
from governance.services import documents
from tests.client.conftest import Command, Server
from tests.support.cast import SET, Cast, contract, evaluation_spec, row, rubric, set_body
from training.services import datasets

Meanwhile = Callable[..., None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Let something happen each time the watch has looked and waits, as the worker would: one thing after the other."""
    follow = watch.follow

    def happens(*actions: Callable[[], Any]) -> None:
        left = list(actions)

        def sleep(seconds: float) -> None:
            assert left, "the watch waits although the job has ended"
            left.pop(0)()

        monkeypatch.setattr(watch, "follow", partial(follow, sleep=sleep))

    return happens


def ends(state: str, reason: str = "") -> Callable[[], Any]:
    return lambda: Job.objects.update(state=state, reason=reason)


def test_launch_puts_a_job_before_the_worker(erik: Command, cast: Cast) -> None:
    spec = evaluation_spec(cast)
    ran = erik("launch", spec.digest, "--json")
    assert ran.code == OK
    assert ran.json["state"] == "queued"
    assert ran.json["verdict"]["open"] is True
    again = erik("launch", spec.digest)
    assert again.code == CLOSED
    assert "Watch that job" in again.out
    listed = erik("jobs").out.splitlines()
    assert listed[0].split("\t")[:3] == ["job", "purpose", "project"]
    assert listed[1].split("\t")[0] == ran.json["id"]
    assert erik("jobs", "--state", "running", "--json").json["count"] == 0
    assert erik("jobs", "--state", "nonsense").code == USAGE


def test_assess_asks_for_the_checks_and_waits_for_the_report(erik: Command, cast: Cast, meanwhile: Meanwhile) -> None:
    data = datasets.register(
        actor=cast.erik, project=cast.triage, title="Phrases", description="Phrases", source="written for tests",
        contract=contract(cast), files=[("rows.jsonl", [row(1).encode()])],
    )  # fmt: skip
    documents.document_submit(actor=cast.erik, project=cast.triage, kind=SET, body=set_body("Holdout"))
    asked = ["assess", "--dataset", data.digest, "--set", "Holdout", "--rubric", rubric(cast).digest]
    ran = erik(*asked, "--no-watch")
    assert ran.code == OK
    job = Job.objects.get(purpose="assess")
    assert f"countersign watch {job.pk}" in ran.out
    meanwhile(ends("failed", "they cannot be checked"))
    again = erik(*asked, "--json")
    assert (again.code, again.json["state"]) == (FAILED, "failed")
    assert erik("assess", "--dataset", "nothing of that name", *asked[3:]).code == NOT_ALLOWED


def test_a_refused_launch_is_explained_and_on_the_ledger(erik: Command, cast: Cast) -> None:
    spec = evaluation_spec(cast, signed=False)
    ran = erik("launch", spec.digest)
    assert ran.code == CLOSED
    assert "Refused. Nothing was started" in ran.out
    assert "remedy" in ran.out
    assert Job.objects.count() == 0
    assert LedgerEvent.objects.filter(event="refusal:rule:applied").count() == 1
    told = erik("launch", spec.digest, "--json")
    assert told.code == CLOSED
    assert {finding["check"] for finding in told.json["findings"]} >= {"rubric", "thresholds"}


def test_arm_waits_for_the_last_check(erik: Command, cast: Cast) -> None:
    spec = evaluation_spec(cast, signed=False)
    ran = erik("launch", spec.digest, "--arm")
    assert ran.code == OK
    assert "armed" in ran.out
    assert "BLOCKS" in ran.out
    job = Job.objects.get()
    assert job.state == "armed"
    cancelled = erik("cancel", str(job.id), "--reason", "not today")
    assert cancelled.code == OK
    assert erik("cancel", str(job.id)).code == CLOSED


@pytest.mark.parametrize(
    ("final", "code"),
    [("succeeded", OK), ("failed", FAILED), ("refused", CLOSED), ("lost", LOST), ("cancelled", CANCELLED)],
)
def test_the_exit_code_of_watch_tells_the_final_state(
    erik: Command, cast: Cast, meanwhile: Meanwhile, final: str, code: int
) -> None:
    job = erik("launch", evaluation_spec(cast).digest, "--json").json["id"]
    meanwhile(ends(final, "for a reason"))
    ran = erik("watch", job, "--interval", "0.05")
    assert ran.code == code
    assert "for a reason" in ran.out
    assert erik("watch", job, "--json").json["state"] == final


def test_watch_waits_out_a_server_that_is_away(erik: Command, cast: Cast, server: Server, meanwhile: Meanwhile) -> None:
    job = erik("launch", evaluation_spec(cast).digest, "--json").json["id"]

    def goes_away() -> None:
        server.stop()
        ends("succeeded")()

    meanwhile(goes_away, lambda: None, server.start)
    ran = erik("watch", job, "--interval", "0.05")
    assert ran.code == OK
    assert "the job goes on without this watch" in ran.err
    assert "connected again" in ran.err


def test_watch_gives_up_when_its_patience_ends(erik: Command, cast: Cast, server: Server) -> None:
    job = erik("launch", evaluation_spec(cast).digest, "--json").json["id"]
    server.stop()
    ran = erik("watch", job, "--interval", "0.05", "--patience", "0.2")
    server.start()
    assert ran.code == UNREACHABLE


def test_launch_and_watch_in_one(erik: Command, cast: Cast, meanwhile: Meanwhile) -> None:
    spec = evaluation_spec(cast)
    meanwhile(ends("succeeded"))
    ran = erik("launch", spec.digest, "--watch")
    assert ran.code == OK
    assert "waiting for a permit" in ran.out
    assert "finished" in ran.out


def test_a_job_that_is_not_there(erik: Command) -> None:
    assert erik("watch", "6c8dd6c2-0cf0-4f4c-9a4c-2c9f3a5ffb8a").code == NOT_ALLOWED
    for odd in ("x", "../me", "a b", "%2e%2e", "é"):
        assert erik("watch", odd).code in (USAGE, NOT_ALLOWED)
        assert erik("cancel", odd).code in (USAGE, NOT_ALLOWED)


@pytest.mark.parametrize("done", [None, "x", -5, 7, float("nan"), True, {}, []])
def test_progress_of_a_lying_runner_does_not_break_the_watch(done: Any) -> None:
    progress = {"done": done, "message": "m\x1b[31m", "figures": {"loss": "nan"}}
    assert watch.percent(progress) in ("", "0%", "100%")
    assert watch.figures({"figures": 5}) == ""
