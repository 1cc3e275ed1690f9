"""Standing approvals: bounds kept to the row and to the run, uses counted by the ledger, one button that stops."""

import multiprocessing
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import events
from governance.errors import Denied, Invalid, Refused
from governance.job_states import JobState
from governance.models import Job, LedgerOpening, LedgerSubject, Notice, Reference, Revocation
from governance.proof.files.report_file import verify_report
from governance.reports.exceptions import exceptions
from governance.reports.gathered import gather
from governance.selectors import jobs as asking
from governance.selectors import signoff as standings
from governance.selectors import uses
from governance.services import documents, jobs, permits
from governance.services.ledger import mutation
from governance.services.reauthentication import Proof
from tests.gate import standing
from tests.governance.reports.test_lineage import built
from tests.support import hands, papers
from tests.support.governed import on_paper
from tests.support.story import PASSWORD
from training.selectors import approvals as select
from training.services import approvals


@pytest.fixture(autouse=True)
def paper():
    with on_paper():
        yield


def approve(site):
    """An approval in force, and a version of the data that nobody signed."""
    with on_paper():
        standing.dataset(site, "may")
        standing.approval(site)


@pytest.fixture
def already():
    return approve


@pytest.fixture
def standing_site(site):
    return site


def verdict(site, spec):
    return {line.check: line for line in asking.gate(user=site.engineer, spec=spec).lines}


def blocking(site, spec):
    return {name for name, line in verdict(site, spec).items() if line.blocks}


def test_data_inside_every_bound_needs_no_signature_of_its_own(standing_site):
    site = standing_site
    assert not standings.in_force(site.story["may"]).ok
    spec = standing.spec(site, "first")
    lines = verdict(site, spec)
    assert "not signed itself; inside the standing approval Monthly terms" in lines["dataset"].answer.found
    assert lines["standing_approval"].answer.found.endswith("use 1 of 2")
    assert jobs.launch(actor=site.engineer, spec=spec).state == "queued"
    assert verdict(site, standing.spec(site, "second"))["standing_approval"].answer.found.endswith("use 2 of 2")


def test_a_run_that_names_none_needs_its_data_signed(standing_site):
    site = standing_site
    links = {"dataset": "may", "quality_report": "quality of may", "baseline": "baseline"}
    site.story.run_spec("without", **links)
    assert blocking(site, site.story["without"]) == {"dataset"}
    assert verdict(site, site.train())["standing_approval"].answer.passed


@pytest.mark.attack(
    name="slip data past a standing approval",
    caught_by="every bound is asked at launch and before the permit; rows and fields are read from the bytes",
    unless="the bounds that people signed let it pass",
)
@pytest.mark.parametrize(
    ("bound", "content", "more"),
    [
        ("rows", standing.rows(standing.ROWS + 1), {}),
        ("rows", standing.rows(49), {"rows": standing.ROWS}),  # the document states more than its bytes hold
        ("fields", standing.rows(standing.ROWS, name="a person"), {}),
        ("rows", b"no rows\n" * standing.ROWS, {}),
        ("source", None, {"series": False}),
    ],
)
def test_data_outside_the_bounds(standing_site, bound, content, more):
    standing.dataset(standing_site, "june", content, **more)
    spec = standing.spec(standing_site, "too much", "june")
    assert blocking(standing_site, spec) == {"dataset", "standing_approval"}
    assert f"{bound}: " in verdict(standing_site, spec)["standing_approval"].answer.found
    with pytest.raises(Refused):
        jobs.launch(actor=standing_site.engineer, spec=spec)


@pytest.mark.parametrize(
    ("bound", "changes"),
    [
        ("learning_rate", {"hyperparameters": {"learning_rate": "0.0011"}}),
        ("steps", {"hyperparameters": {"steps": 151}}),
        ("budget", {"budget": {"max_seconds": 901, "max_usd": None}}),
        ("method", {"method": "qlora"}),
    ],
)
def test_runs_outside_the_bounds(standing_site, bound, changes):
    spec = standing.spec(standing_site, "too far", **changes)
    assert "standing_approval" in blocking(standing_site, spec)
    assert f"{bound}: " in verdict(standing_site, spec)["standing_approval"].answer.found


def test_another_plan_and_leaks_are_outside(standing_site):
    site = standing_site
    leak = {"check": "leakage.exact", "status": "fail", "found": "1 case", "expected": "none", "examples": []}
    standing.assess(site, "may", leak)
    spec = standing.spec(site, "leaky")
    assert "leakage.exact" in verdict(site, spec)["standing_approval"].answer.found
    site.story.submit(
        "expert", "thresholds", "evals.thresholds", papers.thresholds(), evaluation_set="set", rubric="rubric"
    )
    other = standing.spec(site, "other plan")
    assert "plan: another plan" in verdict(site, other)["standing_approval"].answer.found
    assert "thresholds" in blocking(site, other)  # the plan is always signed itself


def test_data_that_was_refused_or_taken_back_is_not_covered(standing_site):
    site = standing_site
    site.story.sign("may", requester="engineer", signers=("dataowner",))
    spec = standing.spec(site, "revoked data")
    assert blocking(site, spec) == set()
    site.revoke("may")
    assert blocking(site, spec) == {"dataset"}


@pytest.mark.attack(
    name="use a standing approval once more than it allows",
    caught_by="uses are counted from the leaves of admissions, under the ledger's lock, and again before the permit",
    unless="the leaf of an earlier admission is taken out, which every later checkpoint and witness shows",
)
def test_the_last_use_is_the_last(standing_site):
    site = standing_site
    first = jobs.launch(actor=site.engineer, spec=standing.spec(site, "first"))
    jobs.launch(actor=site.engineer, spec=standing.spec(site, "second"))
    third = standing.spec(site, "third")
    with pytest.raises(Refused, match="2 runs were admitted"):
        jobs.launch(actor=site.engineer, spec=third)
    # The permits of those admitted are theirs: their own use is not counted twice.
    attempt, _ = hands.issued(first)
    assert attempt.number == 1
    # Rows can be altered: what the ledger counted stays counted.
    Job.objects.filter(pk=first.pk).update(spec=site.story["run_spec"] if "run_spec" in site.story.made else third)
    assert blocking(site, third) == {"dataset", "standing_approval"}
    jobs.cancel(actor=site.engineer, job=hands.fresh(first))
    assert blocking(site, third) == {"dataset", "standing_approval"}  # cancelled runs were used all the same


@pytest.mark.attack(
    name="forge rows to gain uses of a standing approval",
    caught_by="two indexes lead to the uses, and leaves and documents' own bytes decide",
    unless="both indexes are altered with the triggers gone; verify_ledger compares them with the leaves",
)
def test_forged_rows_neither_gain_nor_spend_uses(each_site):
    site = each_site
    approval = site.story["standing"]
    spec = standing.spec(site, "first")
    # A forged index entry and a job row without a leaf spend nothing.
    unrelated = site.train("unrelated")
    Reference(source=unrelated, role="standing_approval", target=approval).save()
    jobs.launch(actor=site.engineer, spec=unrelated)
    assert uses.of(approval, select.ROLE) == []
    # The row of the index gone: the leaf's own subject still leads to the use.
    jobs.launch(actor=site.engineer, spec=spec)
    Reference.objects.filter(target=approval).delete()
    seqs = LedgerSubject.objects.filter(subject=uses.subject(approval)).values_list("entry_id", flat=True)
    assert len(seqs) == 1
    (use,) = uses.of(approval, select.ROLE)
    assert (use.seq, use.spec, use.told.state) == (seqs[0], spec, JobState.QUEUED)


def _launch_alone(site: Any, name: str, start: Any, answers: Any) -> None:
    """In a process of its own: wait for the other, then launch."""
    from tests.support.governed import connected

    connections["default"].connection = None
    with connected(site.deployment), on_paper():
        start.wait()
        try:
            jobs.launch(actor=site.engineer, spec=site.story[name])
            answers.put("admitted")
        except Refused as refusal:
            answers.put(",".join(sorted(f.check for f in refusal.findings)))


@pytest.mark.attack(
    name="race two launches for the last use of a standing approval",
    caught_by="admission counts under the ledger's lock: the second sees the leaf of the first",
    unless="the database does not hold the lock it grants",
)
def test_two_launches_race_for_the_last_use(each_site):
    site = each_site
    standing.approval(site, max_runs=1)
    for name in ("one", "two"):
        standing.spec(site, name)
    connections["default"].close()
    context = multiprocessing.get_context("fork")
    start, answers = context.Barrier(2), context.Queue()
    racers = [context.Process(target=_launch_alone, args=(site, name, start, answers)) for name in ("one", "two")]
    for racer in racers:
        racer.start()
    found = sorted(answers.get(timeout=120) for _ in racers)
    for racer in racers:
        racer.join()
    assert found == ["admitted", "dataset,standing_approval"]
    assert len(uses.of(site.story["standing"], select.ROLE)) == 1


class TestStop:
    """One button, for those who signed and those who steer."""

    @pytest.mark.attack(
        name="run on after a standing approval was stopped",
        caught_by="a stop is a revocation: no launch, no permit, no consumption, and running jobs are stopped",
        unless="the worker is down, until it is up again",
    )
    def test_nothing_runs_on(self, standing_site):
        site, place = standing_site, hands.Pretended()
        running = jobs.launch(actor=site.engineer, spec=standing.spec(site, "runs"))
        worker = hands.worker(place)
        worker.step()
        attempt = hands.fresh(running.attempts.get())
        permits.consume(permit=bytes(attempt.permit), secret=place.secrets[str(attempt.pk)], nonce=hands.NONCE)
        waiting = jobs.launch(actor=site.engineer, spec=standing.spec(site, "waits"))
        officer = site.story.people["officer"]
        approvals.stop(actor=officer, approval=site.story["standing"], proof=Proof(PASSWORD))
        assert permits.issue(job=hands.fresh(waiting)) is None
        worker.step()
        assert hands.fresh(attempt).state == "stopped"
        assert blocking(site, standing.spec(site, "later")) == {"dataset", "standing_approval"}
        revocation = Revocation.objects.get(document=site.story["standing"])
        opening = LedgerOpening.objects.get(entry=revocation.seq)
        assert opening.private["reason"].startswith("Stopped by")

    def test_who_may(self, standing_site):
        site, story = standing_site, standing_site.story
        approval = story["standing"]
        for name, right in (("officer", True), ("owner", True), ("engineer", False), ("dataowner", False)):
            assert approvals.may_stop(story.people[name], approval) is right, name
        with pytest.raises(Denied):
            approvals.stop(actor=site.engineer, approval=approval, proof=Proof(PASSWORD))
        with pytest.raises(Refused, match="password"):
            approvals.stop(actor=story.people["owner"], approval=approval, proof=Proof("wrong"))
        with pytest.raises(Invalid):
            approvals.stop(actor=story.people["owner"], approval=story["rubric"], proof=Proof(PASSWORD))
        assert standings.in_force(approval).ok
        approvals.stop(actor=story.people["owner"], approval=approval, proof=Proof(PASSWORD), reason="Drift")
        with pytest.raises(Refused, match="revoked"):
            approvals.stop(actor=story.people["owner"], approval=approval, proof=Proof(PASSWORD))

    def test_a_signer_without_another_role_may(self, site):
        """Policy may have a data owner sign it, who may not revoke anything else."""

        body = papers.policy()
        body["rules"]["training.standing_approval"]["roles"] = {"data_owner": 1}
        site.story.made["policy 2"] = documents.document_submit(
            actor=site.story.people["officer2"],
            project=None,
            kind="governance.policy",
            body=body,
            base=site.story["policy"],
        )
        site.story.sign("policy 2", requester="officer2", signers=("owner", "officer"))
        standing.approval(site, sign=False)
        site.story.sign("standing", requester="expert", signers=("dataowner",))
        approvals.stop(actor=site.story.people["dataowner"], approval=site.story["standing"], proof=Proof(PASSWORD))
        assert not standings.in_force(site.story["standing"]).ok

    def test_page(self, standing_site):
        site, story = standing_site, standing_site.story
        jobs.launch(actor=site.engineer, spec=standing.spec(site, "first"))
        client = Client()
        client.force_login(story.people["engineer"], backend="django.contrib.auth.backends.ModelBackend")
        url = reverse("standing-approval", args=[story["standing"].digest])
        page = client.get(url).content.decode()
        assert "1 of 2 runs left" in page
        assert "first v1" in page
        assert "Stop it now" not in page
        assert client.post(url, {"password": PASSWORD}).status_code == 403
        assert url in client.get(reverse("document", args=[story["standing"].digest])).content.decode()
        assert client.get(reverse("standing-approval", args=[story["rubric"].digest])).status_code == 404
        client.force_login(story.people["officer"], backend="django.contrib.auth.backends.ModelBackend")
        assert client.post(url, {"password": ""}).status_code == 400
        assert client.post(url, {"password": PASSWORD, "reason": "Drift"}).status_code == 302
        assert "It was stopped" in client.get(url).content.decode()

    def test_api(self, standing_site):
        site, story = standing_site, standing_site.story
        job = jobs.launch(actor=site.engineer, spec=standing.spec(site, "first"))
        client = Client()
        client.force_login(story.people["officer"], backend="django.contrib.auth.backends.ModelBackend")
        address = f"/api/v1/standing-approvals/{story['standing'].digest}"
        found = client.get(f"{address}/use").json()
        assert (found["open"], found["runs_left"], found["seconds_left"]) == (True, 1, 2700)
        assert [use["job"] for use in found["uses"]] == [str(job.pk)]
        stopped = client.post(f"{address}/stop", {"password": PASSWORD}, content_type="application/json")
        assert (stopped.status_code, stopped.json()["open"]) == (201, False)
        assert client.get(f"/api/v1/standing-approvals/{story['rubric'].digest}/use").status_code == 404


def test_an_approval_ends_by_its_own_day(standing_site):
    spec = standing.spec(standing_site, "late")
    job = jobs.launch(actor=standing_site.engineer, spec=spec)
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        assert permits.issue(job=hands.fresh(job)) is None
        later = verdict(standing_site, standing.spec(standing_site, "later"))
        assert "end: " in later["standing_approval"].answer.found


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fields": ["target", "name"]}, "expected the contract's"),
        ({"series": ["00000000-0000-4000-8000-000000000000"]}, "no series of datasets"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "run out already"),
        ({"min_rows": 100, "max_rows": 50}, "lower bound first"),
        ({"hyperparameters": {"seed": {"low": "1", "high": "2"}}}, "can be set"),
        ({"hyperparameters": {"steps": {"low": "9", "high": "2"}}}, "lower bound first"),
        ({"methods": ["lora", "lora"]}, "twice"),
        ({"max_runs": 0}, "greater than or equal to 1"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(site, changes, words):
    with pytest.raises(Invalid, match=words):
        standing.approval(site, **changes)


def test_signers_are_told_of_each_use_and_weekly(standing_site):
    site = standing_site
    officer = site.story.people["officer"]
    jobs.launch(actor=site.engineer, spec=standing.spec(site, "first"))
    (notice,) = Notice.objects.filter(to=officer, kind="used")
    assert "first" in notice.subject
    assert "Monthly terms" in notice.text
    now = timezone.now()
    assert approvals.tell_weekly(now) == 1
    assert approvals.tell_weekly(now) == 0  # once a week
    (weekly,) = Notice.objects.filter(to=officer, kind="use_digest")
    assert "1 of 2 runs used, 2700 s of their budgets left" in weekly.text
    assert "first v1: " in weekly.text
    assert approvals.tell_weekly(now + timedelta(days=8)) == 0  # nothing new since


def test_the_report_and_the_lineage_say_so(standing_site):
    site, story = standing_site, standing_site.story
    standing.spec(site, "run_spec")
    story.made["record"] = story.run("run_spec", story._record)
    report = story.report("record")
    found = gather(report)
    notices = {n.label: n.text for n in exceptions(found, found.lineage)}
    assert "Monthly terms" in notices["Standing approval"]
    assert "may" in notices["Not signed"]
    assert story["standing"].digest in {paper.digest for paper in found.lineage}
    outcome = verify_report(built(report), story.fingerprint)
    assert outcome.code == 0, [c for c in outcome.checks if c.ok is False]
    told = select.digest(story["standing"])
    assert [(used.state, used.output) for used in told.uses] == [("succeeded", story["record"].digest)]
    story.evaluate()
    assert select.digest(story["standing"]).uses[0].verdicts == ("PASS",)


def test_only_admissions_are_uses(standing_site):
    """A launch that waits for something is no use yet; it is one when the worker admits it."""
    site = standing_site
    site.revoke("decision")
    job = jobs.launch(actor=site.engineer, spec=standing.spec(site, "armed"), arm=True)
    assert uses.of(site.story["standing"], select.ROLE) == []
    site.story.sign("decision", requester="engineer", signers=("officer",))
    assert jobs.release_armed(job=hands.fresh(job))
    (use,) = uses.of(site.story["standing"], select.ROLE)
    assert use.job == job.pk
    with mutation(actor=None, action="test", project=site.story.project) as m:
        m.append(events.JOB_REFUSED, subjects=[f"job:{job.pk}"], data={"job": str(job.pk), "checks": ["x"]})
    assert len(uses.of(site.story["standing"], select.ROLE)) == 1
