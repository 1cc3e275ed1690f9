"""Jobs, the gate, and reports by API."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from governance import store
from governance.models import Attempt, Job, LedgerEvent, Report
from governance.services import reports
from tests.governance.api.conftest import Door
from tests.support.cast import Cast, evaluation_spec, rubric


def attempt(job_id: str, **values: Any) -> Attempt:
    """A running attempt as the worker would have made it."""
    now = timezone.now()
    Job.objects.filter(pk=job_id).update(state="running")
    return Attempt.objects.create(
        job_id=job_id,
        number=1,
        state="consumed",
        permit=b"",
        permit_digest="sha256:" + "0" * 64,
        permit_seq=10**6,
        expires_at=now + timedelta(hours=1),
        created_at=now,
        changed_at=now,
        **values,
    )


def test_the_gate_tells_everything_and_changes_nothing(cast: Cast, api: Door) -> None:
    open_spec, closed_spec = evaluation_spec(cast), evaluation_spec(cast, signed=False, title="Closed")
    erik = api("erik")
    events = LedgerEvent.objects.count()
    assert erik.get(f"documents/{open_spec.digest}/gate")["open"] is True
    verdict = erik.get(f"documents/{closed_spec.digest}/gate")
    assert verdict["open"] is False
    blocking = [check for check in verdict["checks"] if check["blocks"]]
    assert {check["check"] for check in blocking} == {"evaluation_set", "rubric", "thresholds", "subject"}
    assert all(check["remedy"] and check["who"] for check in blocking)
    assert LedgerEvent.objects.count() == events
    assert erik.get(f"documents/{cast.policy.digest}/gate", expect=400)["field"] == "spec"
    officer = api("dora").get(f"documents/{open_spec.digest}/gate")
    assert [check["check"] for check in officer["checks"] if check["blocks"]] == ["launcher"]


def test_a_closed_gate_refuses_with_every_reason(cast: Cast, api: Door) -> None:
    spec = evaluation_spec(cast, signed=False)
    refused = api("erik").post("jobs", {"spec": spec.digest}, expect=409)
    assert refused["error"] == "refused"
    assert len(refused["findings"]) == 4
    assert Job.objects.count() == 0
    armed = api("erik").post("jobs", {"spec": spec.digest, "arm": True})
    assert (armed["state"], armed["live"]) == ("armed", True)


def test_a_job_is_launched_watched_and_cancelled(cast: Cast, api: Door) -> None:
    erik, spec = api("erik"), evaluation_spec(cast)
    job = erik.post("jobs", {"spec": spec.digest})
    assert (job["state"], job["attempts"]) == ("queued", [])
    assert erik.get(f"jobs/{job['id']}/log") == {"attempt": None, "offset": 0, "next": 0, "text": "", "live": True}
    attempt(
        job["id"],
        progress={"done": 0.5, "message": "step 5", "figures": {"loss": 0.25}},
        curve=[{"done": 0.5, "loss": 0.25}],
        log="first line\nsecond line — ü\n",
    )
    running = erik.get(f"jobs/{job['id']}")
    assert running["progress"]["figures"] == {"loss": 0.25}
    assert running["attempts"][0]["curve"] == [{"done": 0.5, "loss": 0.25}]
    assert erik.get("jobs", project="triage", state="running")["results"][0]["progress"]["done"] == 0.5
    log = erik.get(f"jobs/{job['id']}/log", offset=11)
    assert (log["text"], log["next"]) == ("second line — ü\n", 27)
    assert erik.get(f"jobs/{job['id']}/log", offset=10**12)["text"] == ""
    erik.get(f"jobs/{job['id']}/log", attempt=2, expect=404)
    cancelled = erik.post(f"jobs/{job['id']}/cancel", {"reason": "Wrong seed"}, expect=200)
    assert (cancelled["state"], cancelled["reason"]) == ("cancelled", "Wrong seed")
    erik.post(f"jobs/{job['id']}/cancel", expect=409)


@pytest.mark.parametrize("who", ["ada", "dora"])
def test_those_who_may_not_launch(cast: Cast, api: Door, who: str) -> None:
    denied = api(who).post("jobs", {"spec": evaluation_spec(cast).digest}, expect=403)
    assert denied["findings"][0]["check"] == "access"
    assert LedgerEvent.objects.filter(event="refusal:access:denied").exists()


def test_another_projects_jobs_do_not_exist(cast: Cast, api: Door) -> None:
    spec, mallory = evaluation_spec(cast), api("mallory")
    job = api("erik").post("jobs", {"spec": spec.digest})["id"]
    mallory.post("jobs", {"spec": spec.digest}, expect=404)
    mallory.get(f"documents/{spec.digest}/gate", expect=404)
    mallory.get(f"jobs/{job}", expect=404)
    mallory.get(f"jobs/{job}/log", expect=404)
    mallory.post(f"jobs/{job}/cancel", expect=404)
    assert mallory.get("jobs")["count"] == 0
    mallory.get("jobs", project="triage", expect=404)


def test_a_report_is_asked_for_and_downloaded_when_it_is_ready(cast: Cast, api: Door) -> None:
    erik, mallory, subject = api("erik"), api("mallory"), rubric(cast)
    asked = erik.post("reports", {"subject": subject.digest})
    assert asked["state"] == "requested"
    waiting = erik.get(f"reports/{asked['id']}/file", expect=409)
    assert "waiting for the worker" in waiting["detail"]
    reports.sealed(report=Report.objects.get(signature=None), file=store.put([b"%PDF-1.7 sealed"]))
    assert erik.get(f"reports/{asked['id']}")["state"] == "ready"
    assert erik.get(f"reports/{asked['id']}/file") == b"%PDF-1.7 sealed"
    answer = erik.client.get(f"/api/v1/reports/{asked['id']}/file", HTTP_ACCEPT="application/pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert erik.get("reports", project="triage", state="ready")["count"] == 1
    assert erik.post("reports", {"subject": subject.digest, "kind": "novel"}, expect=400)["field"] == "kind"
    for path in ("", "/file"):
        mallory.get(f"reports/{asked['id']}{path}", expect=404)
    mallory.post("reports", {"subject": subject.digest}, expect=404)
    assert mallory.get("reports")["count"] == 0
