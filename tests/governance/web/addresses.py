"""Where every page of the world is, and who looks at it. The tests of pages share it; one holds it to the URLs."""

import uuid
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from evals.selectors import grading as graded_rounds
from evals.selectors.grading import Round
from evals.services import grading
from governance import store
from governance.job_states import AttemptState, JobState
from governance.models import Document, Passkey, User
from governance.proof.formats.canonical import dumps
from governance.proof.formats.fields import rfc3339
from governance.registry import KINDS
from governance.selectors import audit_findings as findings_of
from governance.selectors import documents as docs
from governance.services import audit_findings, documents, jobs, passkeys, reports
from governance.services.ledger import mutation
from tests.governance.web import world as made
from tests.governance.web.world import PASSWORD, World
from tests.support import papers
from tests.support.device import Device
from tests.training.custody import pages as custody
from tests.training.observations import feeds
from tests.training.web.test_data_and_release import CONTRACT
from training.services import deployments, fallbacks, incidents, inventories, risk

APPROVAL = {
    "title": "Monthly terms",
    "reason": "The list is published monthly in the same form.",
    "fields": ["messages"],
    "min_rows": 50,
    "max_rows": 60,
    "quality": ["ok", "warn"],
    "methods": ["lora"],
    "hyperparameters": {"steps": {"low": "1", "high": "150"}},
    "max_seconds": 900,
    "max_seconds_in_all": 3600,
    "max_runs": 2,
}
CURVE = [{"done": step / 10, "step": step, "loss": 2.0 / step} for step in range(1, 9)]


def every_page(world: World) -> dict[str, tuple[User, str]]:
    """Return every page with somebody who may see it, after making that there is something on it."""
    spec = made.evaluation_spec(world)
    armed = jobs.launch(actor=world.engineer, spec=spec, arm=True)
    again = documents.document_submit(
        actor=world.engineer, project=world.project, kind="evals.evaluation_spec",
        body={"arm": "base", "attempt_index": 2, "note": ""},
        references=[{"role": link.role, "digest": link.target_id} for link in spec.links_out.all()],
    )  # fmt: skip
    running = made.job(world, again, JobState.RUNNING, verdict=armed.verdict)
    made.attempt(running, AttemptState.LOST, reason="the lease ended", exit_code=137)
    made.attempt(
        running, AttemptState.CONSUMED, curve=CURVE, log="line one\n<b>line two</b>",
        progress={"done": 0.8, "message": "step 8 of 10", "figures": {"eta_seconds": 3}},
    )  # fmt: skip
    result = made.result(world, spec)
    report = reports.request(actor=world.engineer, subject=world.thresholds)
    draft = documents.draft_create(
        actor=world.engineer, project=world.project, kind="evals.rubric", body={"title": "</textarea><script>x"}
    )
    thresholds = documents.draft_create(
        actor=world.engineer, project=world.project, kind="evals.thresholds", body={"title": "Draft limits"}
    )
    guided = documents.draft_create(actor=world.owner, project=None, kind="governance.policy", body=made.policy_body())
    contract = documents.document_submit(
        actor=world.engineer, project=world.project, kind="training.data_contract", body=CONTRACT
    )
    rows = store.put([b'{"messages": []}\n'])
    dataset = documents.document_submit(
        actor=world.engineer, project=world.project, kind="training.dataset",
        body=papers.dataset({"path": "rows.jsonl", "size": rows.size, "sha256": rows.sha256}, "Coding terms"),
        references=[{"role": "contract", "digest": contract.digest}],
    )  # fmt: skip
    names = {
        "contract": contract,
        "base_model": spec.links_out.get(role="subject").target,
        "thresholds": world.thresholds,
    }
    ends = timezone.now() + timedelta(days=90)
    approval = documents.document_submit(
        actor=world.engineer, project=world.project, kind="training.standing_approval",
        body=APPROVAL | {"series": [str(dataset.series_id)], "expires_at": rfc3339(ends)},
        references=[{"role": role, "digest": target.digest} for role, target in names.items()],
    )  # fmt: skip
    quality = _quality(world, dataset)
    talk = made.session(world, spec.links_out.get(role="subject").target)
    graded = _round(world, spec)
    grades = _grades(world, graded)
    calibration = _calibration(world, grades)
    plan = _continuity(world, spec.links_out.get(role="subject").target)
    looked = made.looked_at(world, spec)
    made.candidates(world, looked)
    queue = Document.objects.filter(kind="training.deployment").earliest("seq")
    release = _release(world, world.thresholds, dataset, result)
    hosted = feeds.spoken_of(world.owner)
    risk.assess(actor=world.owner)
    passkey = _passkey(world.second_officer)
    held, hosted = spec.links_out.get(role="subject").target, custody.hosted(world)
    probe = custody.probe(world, hosted)
    slug = [world.project.slug]
    person = [world.second_officer.ledger_id]
    return {
        "inbox": (world.officer, reverse("inbox")),
        "inbox of the engineer": (world.engineer, reverse("inbox")),
        "as of": (world.auditor, reverse("as-of") + "?all=on&since=2020-01-01T00:00"),
        "as of, one": (world.officer, reverse("as-of") + f"?document={world.policy.digest}"),
        "as of, a project": (world.officer, reverse("as-of") + f"?project={world.project.slug}&since=2020-01-01T00:00"),
        "due": (world.engineer, reverse("due") + "?days=365"),
        "past retention": (world.owner, reverse("past-retention")),
        "reviews": (world.officer, reverse("reviews")),
        "review": (world.officer, reverse("review", args=[made.review(world).pk])),
        "open a review": (world.officer, reverse("review-begin", args=[world.policy.digest])),
        "notices": (world.officer, reverse("notices")),
        "projects": (world.engineer, reverse("projects")),
        "project": (world.engineer, reverse("project", args=slug)),
        "documents": (world.engineer, reverse("documents", args=slug)),
        "filtered": (world.engineer, reverse("documents", args=slug) + "?q=triage&standing=waiting for signatures"),
        "shelf": (world.engineer, reverse("shelf")),
        "requests": (world.officer, reverse("requests", args=slug)),
        "request": (world.officer, reverse("request", args=[world.request.pk])),
        "document": (world.officer, reverse("document", args=[world.thresholds.digest])),
        "policy": (world.officer, reverse("document", args=[world.policy.digest])),
        "result": (world.engineer, reverse("document", args=[result.digest])),
        "draft": (world.engineer, reverse("draft", args=[draft.pk])),
        "kinds": (world.engineer, reverse("draft-choose", args=slug)),
        "new": (world.engineer, reverse("draft-begin", args=[*slug, "evals.evaluation_set"])),
        "next": (world.engineer, reverse("next-version", args=[world.thresholds.digest])),
        "launch": (world.engineer, reverse("launch", args=[again.digest])),
        "data": (world.engineer, reverse("dataset-new", args=slug)),
        "quality": (world.engineer, reverse("quality-assess", args=slug)),
        "quality report": (world.engineer, reverse("document", args=[quality.digest])),
        "measures": (world.officer, reverse("measures-new", args=slug)),
        "table of measures": (world.officer, reverse("measures-table", args=slug)),
        "production sample": (world.engineer, reverse("production-sample", args=slug)),
        "bring cases": (world.officer, reverse("cases-bring", args=slug)),
        "arms": (world.engineer, reverse("arms", args=[world.thresholds.digest])),
        "differences of arms": (world.engineer, reverse("arm-differences", args=[world.thresholds.digest])),
        "answers of arms": (
            world.officer,
            reverse("arm-answers", args=[world.evaluation_set.digest]) + f"?plan={world.thresholds.digest}",
        ),
        "measure recorded answers": (world.engineer, reverse("arms-new", args=[world.thresholds.digest])),
        "measure an endpoint": (world.engineer, reverse("arms-new", args=[world.thresholds.digest]) + "?of=endpoint"),
        "measure a model": (world.engineer, reverse("arms-new", args=[world.thresholds.digest]) + "?of=model"),
        "bring graders": (world.engineer, reverse("graders-bring", args=slug)),
        "cases": (world.officer, reverse("cases", args=[world.evaluation_set.digest])),
        "changes of cases": (world.officer, reverse("cases-changes", args=[world.evaluation_set.digest])),
        "retire a case": (world.officer, reverse("cases-retire", args=[world.evaluation_set.digest])),
        "sessions": (world.engineer, reverse("sessions", args=slug)),
        "failure modes": (world.engineer, reverse("failure-modes", args=slug)),
        "session": (world.engineer, reverse("session", args=[talk.pk])),
        "session, live": (world.engineer, reverse("session-live", args=[talk.pk])),
        "exchange": (world.engineer, reverse("session-exchange", args=[talk.pk, 1])),
        "failures": (world.officer, reverse("failures", args=[looked.digest]) + "?outcome=any"),
        "mark a failure": (world.officer, reverse("failure-mark", args=[looked.digest]) + "?case=case-0001"),
        "what if": (world.officer, reverse("what-if", args=[result.digest])),
        "candidates": (world.officer, reverse("candidates", args=slug)),
        "grading rounds": (world.officer, reverse("grading-rounds", args=slug)),
        "open a grading round": (world.officer, reverse("grading-open", args=slug)),
        "grading round": (world.officer, reverse("grading-round", args=[graded.row.pk])),
        "agreement": (world.officer, reverse("grading-agreement", args=[graded.row.pk])),
        "an output to grade": (world.officer, reverse("grading-item", args=[graded.row.pk, graded.items[0].name])),
        "judge again": (world.officer, reverse("judge-again", args=[result.digest])),
        "judgement": (world.officer, reverse("document", args=[_judgement(world, result, grades).digest])),
        "human grades": (world.officer, reverse("document", args=[grades.digest])),
        "calibrate": (world.officer, reverse("calibrate", args=[grades.digest])),
        "judge calibration": (world.officer, reverse("document", args=[calibration.digest])),
        "people": (world.owner, reverse("people")),
        "delegations": (world.owner, reverse("delegations")),
        "comments": (world.officer, reverse("comments", args=[world.thresholds.digest])),
        "revoke": (world.officer, reverse("revoke", args=[world.policy.digest])),
        "new project": (world.owner, reverse("project-new")),
        "runs": (world.engineer, reverse("runs", args=slug)),
        "armed": (world.engineer, reverse("run", args=[armed.pk])),
        "run": (world.engineer, reverse("run", args=[running.pk])),
        "progress": (world.engineer, reverse("run-progress", args=[running.pk])),
        "reports": (world.engineer, reverse("project-reports", args=slug)),
        "ask for an extract": (world.auditor, reverse("report-ask", args=["ledger-extract"])),
        "ask for a lineage report": (world.engineer, reverse("project-report-ask", args=[*slug, "lineage"])),
        "all reports": (world.engineer, reverse("reports")),
        "ledger": (world.auditor, reverse("ledger")),
        "refusals": (world.auditor, reverse("ledger") + "?event=refusal:"),
        "entry": (world.auditor, reverse("ledger-entry", args=[5])),
        "search": (world.engineer, reverse("search") + "?q=triage"),
        "by digest": (world.engineer, reverse("search") + f"?q={world.rubric.digest[:20]}"),
        "account": (world.officer, reverse("account")),
        "password": (world.officer, reverse("password")),
        "one-time codes": (world.officer, reverse("totp")),
        "a new passkey": (world.second_owner, reverse("passkey-enrol")),
        "vouch": (world.owner, reverse("passkey-vouch", args=[passkey.pk])),
        "revoke a passkey": (world.owner, reverse("passkey-revoke", args=[passkey.pk])),
        "tokens": (world.engineer, reverse("tokens")),
        "declaration": (world.officer, reverse("declare")),
        "signatures": (world.officer, reverse("signatures")),
        "person": (world.owner, reverse("person", args=person)),
        "leave": (world.owner, reverse("person-leave", args=person)),
        "access log": (world.auditor, reverse("reads")),
        "rubric": (world.officer, reverse("document", args=[world.rubric.digest])),
        "readers": (world.auditor, reverse("readers", args=[world.rubric.digest])),
        "keys": (world.auditor, reverse("keys")),
        "verify": (world.outsider, reverse("verify")),
        "ledger of a project": (world.auditor, reverse("project-ledger", args=slug)),
        "evaluation set": (world.officer, reverse("document", args=[world.evaluation_set.digest])),
        "specification": (world.engineer, reverse("document", args=[spec.digest])),
        "dataset": (world.engineer, reverse("document", args=[dataset.digest])),
        "deployments": (world.engineer, reverse("deployments", args=slug)),
        "register a deployment": (world.engineer, reverse("deployment-new", args=slug)),
        "deployments from a table": (world.engineer, reverse("deployments-table", args=slug)),
        "incident": (world.engineer, reverse("incident") + f"?digest={'0' * 64}"),
        "incident, answered": (world.engineer, reverse("incident-answer", args=[queue.digest])),
        "incident, before": (
            world.auditor,
            reverse("incident-answer", args=[queue.digest]) + "?time=2026-01-01T00:00",
        ),
        "record what happened": (world.engineer, reverse("deployment-event", args=[queue.digest])),
        "incident marks": (world.engineer, reverse("incident-mark", args=[release.digest])),
        "what changed": (world.engineer, reverse("changes", args=[held.digest])),
        "what changed in a project": (world.engineer, reverse("project-changes", args=slug)),
        "blast radius": (
            world.engineer,
            reverse("blast-radius", args=[plan.links_out.get(role="base_model").target_id]),
        ),
        "write a fallback plan": (world.engineer, reverse("fallback-new", args=slug) + f"?of={plan.digest}"),
        "fallback plan": (world.engineer, reverse("fallback", args=[plan.digest])),
        "requalification": (world.owner, reverse("requalification")),
        "write an estimate": (world.owner, reverse("estimate-new")),
        "standing approval": (world.engineer, reverse("standing-approval", args=[approval.digest])),
        "custody": (world.engineer, reverse("base-custody", args=[held.digest])),
        "probes": (world.engineer, reverse("base-custody", args=[hosted.digest])),
        "a restore record": (world.engineer, reverse("document", args=[custody.record(world, held).digest])),
        "a probe": (world.engineer, reverse("document", args=[probe.digest])),
        "a probe’s result": (world.engineer, reverse("document", args=[custody.result(world, hosted, probe).digest])),
        "release": (world.engineer, reverse("release-propose", args=[result.digest])),
        "waive": (world.engineer, reverse("waive", args=[again.digest])),
        "form of thresholds": (world.engineer, reverse("thresholds-draft", args=[thresholds.pk])),
        "form of a policy": (world.owner, reverse("policy-draft", args=[guided.pk])),
        "kinds of the shelf": (world.owner, reverse("shelf-draft-choose")),
        "register": (world.auditor, reverse("register")),
        "inventories": (world.auditor, reverse("inventories")),
        "bring an inventory": (world.auditor, reverse("inventory-bring")),
        "reconciliation": (world.auditor, reverse("reconciliation", args=[_inventory(world).digest])),
        "findings": (world.auditor, reverse("findings")),
        "raise a finding": (world.auditor, reverse("finding-begin") + f"?record={result.digest}"),
        "finding to answer": (world.engineer, reverse("finding", args=[_finding(world, result, 0)])),
        "finding to close": (world.auditor, reverse("finding", args=[_finding(world, result, 1)])),
        "finding closed": (world.owner, reverse("finding", args=[_finding(world, result, 2)])),
        "retirement": (world.owner, reverse("retirement")),
        "retirement of a base model": (world.owner, reverse("retirement-base", args=[hosted.digest])),
        "base models": (world.engineer, reverse("base-models")),
        "dates of a base model": (world.engineer, reverse("base-model-dates", args=[hosted.digest])),
        "hosted base model": (world.engineer, reverse("document", args=[hosted.digest])),
        "observations": (
            world.engineer,
            reverse("document", args=[Document.objects.filter(kind="training.observations").latest("seq").digest]),
        ),
        "bring a feed": (world.owner, reverse("feed-bring")),
        "record what was read": (world.owner, reverse("observation-new") + "?model=m&channel=openai"),
        "new on the shelf": (world.owner, reverse("shelf-draft-begin", args=["training.base_model"])),
        "rows of reports": (world.engineer, reverse("project-report-rows", args=slug)),
        "rows of all reports": (world.engineer, reverse("report-rows")),
        "report": (world.engineer, reverse("search") + f"?q={report.pk}"),
    }


def _continuity(world: World, base: Document) -> Document:
    """Register deployments, proven and not, and have a fallback plan signed and practised."""
    said = {"environment": "production", "criticality": "high", "max_outage_hours": "24", "owner": "Coding desk"}
    said |= {"since": "2026-01-10", "daily_impact": "1200", "currency": "EUR"}
    for row in (
        {"service": "Coding queue", "base_model": base.digest},
        {"service": "Old queue", "stated_base": docs.envelope(base).body["name"]},
        {"service": "Trial", "stated_base": "something bought", "until": "2026-02-01"},
    ):
        deployments.register(actor=world.engineer, project=world.project, row=said | row)
    body = {
        "title": "When the base model goes", "route": "by_hand", "steps": "Coders sort by hand.",
        "owner": "Head of coding", "trigger_date": "2026-06-30", "drill_days": 90,
    }  # fmt: skip
    names = {"base_model": base, "successor": _successor(world), "thresholds": world.thresholds}
    plan = documents.document_submit(
        actor=world.engineer, project=world.project, kind="training.fallback_plan", body=body,
        references=[{"role": role, "digest": target.digest} for role, target in names.items()],
    )  # fmt: skip
    made.agree([plan], world.engineer, world.owner, world.officer)
    today = timezone.now().date().isoformat()
    fallbacks.drill(actor=world.engineer, plan=plan, date=today, outcome="failed", finding="Nobody had the list.")
    stages = [{"stage": "data", "low": "5", "likely": "10", "high": "30"}]
    estimate = {"title": "How long it takes", "basis": "The engineers were asked.", "stages": stages}
    documents.document_submit(actor=world.owner, project=None, kind="training.requalification_estimate", body=estimate)
    return plan


def _release(world: World, thresholds: Document, dataset: Document, result: Document) -> Document:
    """Freeze a release with all it needs, as the system would, and mark it as unsafe."""
    made_: dict[str, Document] = {"thresholds": thresholds, "dataset": dataset, "result": result}
    made_["base_model"] = result.links_out.get(role="subject").target
    with mutation(actor=world.engineer, action="document.freeze", project=world.project) as m:
        for role, kind, body, links in (
            ("use_case", "training.use_case", papers.USE_CASE, ()),
            ("decision_record", "training.decision_record", papers.DECISION, ("use_case",)),
            (
                "run_spec", "training.run_spec", papers.run_spec(),
                ("thresholds", "dataset", "base_model", "decision_record"),
            ),
            (
                "run_record", "training.run_record",
                papers.run_record(store.put([b"adapter"]).model_dump() | {"path": "adapter.bin"}, "sha256:" + "0" * 64),
                ("run_spec",),
            ),
            ("release", "training.release", {"title": "Release", "note": "Note"}, ("result", "run_record")),
        ):  # fmt: skip
            made_[role] = documents.freeze(
                m, kind=KINDS[kind], body=body, contributors=[world.engineer.actor], by=world.engineer,
                references=[{"role": link, "digest": made_[link].digest} for link in links],
            )  # fmt: skip
    incidents.mark(
        actor=world.engineer, release=made_["release"], title="Refused every claim", seen_at=timezone.now(),
        reason="It answered nothing but refusals.",
    )  # fmt: skip
    return made_["release"]


def _successor(world: World) -> Document:
    body = made.base_model_body(store.put([b"other weights"]).model_dump()) | {
        "title": "Larger model",
        "name": "larger",
    }
    return documents.document_submit(actor=world.owner, project=None, kind="training.base_model", body=body)


def _round(world: World, spec: Document) -> Round:
    """Open a grading round over a result whose outputs can be read."""
    kept = store.put([b"".join(dumps(_line(number)) + b"\n" for number in range(300))])
    result = made.result(world, spec, outputs=kept.model_dump() | {"path": "outputs.jsonl"})
    with patch("evals.services.grading.told.output_of", return_value=True):  # no permit stands behind this world
        row = grading.round_open(
            actor=world.officer, project=world.project, title="Blind", results=[result], cases=4, criteria=["answer"]
        )
    return graded_rounds.get(world.officer, row.pk)


def _grades(world: World, like: Round) -> Document:
    """Have a round over the same outputs graded by two people, and closed."""
    with patch("evals.services.grading.told.output_of", return_value=True):
        row = grading.round_open(
            actor=world.officer, project=world.project, title="Graded", results=like.results, cases=3,
            criteria=["answer"],
        )  # fmt: skip
    found = graded_rounds.get(world.officer, row.pk)
    for number, item in enumerate(sorted(found.states)):
        for who in (world.officer, world.second_officer):
            grading.grade_give(actor=who, grading_round=found, item=item, scores={"answer": number % 2}, number=0)
    return grading.round_close(actor=world.officer, grading_round=graded_rounds.get(world.officer, row.pk))


def _calibration(world: World, grades: Document) -> Document:
    """Freeze what a judge of another rubric would have come to: the rubric of this world asks none."""
    rate = {"value": "0.900000", "low": "0.812345", "high": "0.951234", "n": 40}
    one = {"result": grades.digest, "arm": "base", "n": 300, "called_good": "0.712000", "value": "0.689000",
           "low": "0.601000", "high": "0.770000"}  # fmt: skip
    figure = {
        "found_good": 36, "good": 40, "found_bad": 18, "bad": 20, "unparsed": 2, "sensitivity": rate,
        "specificity": rate, "kappa": "0.780000", "alpha": "0.781000", "low": "0.640000", "high": "0.890000",
        "people": "0.840000", "corrected": [one, one | {"arm": "tuned", "low": None, "high": None}],
    }  # fmt: skip
    how = {"backend": "http", "endpoint": "https://models.example/v1", "model": "a-model", "prompt": "Good? {answer}"}
    body = {"title": "Calibration of j", "judge": "j", "how": how, "answers": 60, "criteria": {"helpful": figure}}
    kind = KINDS["evals.judge_calibration"]
    with mutation(actor=world.officer, action="judge.calibrate", project=world.project) as m:
        return documents.freeze(
            m, kind=kind, body=documents.check_body(kind, body), contributors=[world.officer.actor], by=world.officer,
            references=[
                {"role": "human_grades", "digest": grades.digest}, {"role": "rubric", "digest": world.rubric.digest}
            ],
        )  # fmt: skip


def _judgement(world: World, result: Document, grades: Document) -> Document:
    """Freeze what a result of another plan would have come to: nothing in this world waits for people."""
    kind = KINDS["evals.judgement"]
    with mutation(actor=world.officer, action="result.judge", project=world.project) as m:
        return documents.freeze(
            m, kind=kind, body=documents.check_body(kind, papers.judgement()), contributors=[], by=world.officer,
            references=[
                {"role": "result", "digest": result.digest}, {"role": "human_grades", "digest": grades.digest}
            ],
        )  # fmt: skip


def _line(number: int) -> dict[str, Any]:
    """A line of outputs.jsonl as an evaluation writes it."""
    return {
        "id": f"case-{number:04}", "repeat": 1, "prompt": f"sha256:{'0' * 64}", "output": '{"chapter": "eye"}',
        "tokens_in": 5, "tokens": 3, "seconds": "0.250000", "cost": None, "finished": True, "parsed": True,
        "passed": False, "grades": {},
    }  # fmt: skip


def _inventory(world: World) -> Document:
    """Bring a list of what serves: one that is known, one that is not, and one is missing."""
    rows = b"service,environment,source_id\nCoding queue,production,pod-1\nShadow queue,production,pod-2\n"
    return inventories.bring(
        actor=world.auditor, project=world.project, title="Pods of November", source="serving", system="east",
        covers=("2026-02-01", "2026-11-30"), columns={n: n for n in ("service", "environment", "source_id")},
        form="csv", file=[rows],
    )  # fmt: skip


def _finding(world: World, on: Document, acts: int) -> uuid.UUID:
    """Have an auditor raise a finding, and so many acts follow: an answer, the closing."""
    row = audit_findings.raise_finding(
        actor=world.auditor, record=findings_of.record(world.auditor, on.digest), severity="major", place="verdicts[0]",
        text="The limit was read off the wrong line.", owner=world.engineer, due=timezone.now() + timedelta(days=20),
    )  # fmt: skip
    found = findings_of.get(world.auditor, row.pk)
    if acts > 0:
        audit_findings.answer(actor=world.engineer, finding=found, text="It was; the next result says so.")
    if acts > 1:
        audit_findings.close(actor=world.auditor, finding=found, outcome="mended", text="The next result.")
    return row.pk


def _passkey(user: User) -> Passkey:
    """Enrol a passkey that nobody has vouched for."""
    options = passkeys.prepare(actor=user)
    credential = Device(origin=settings.COUNTERSIGN_URL).register(options)
    enrolment = uuid.UUID(options["enrolment"])
    passkeys.enrol(actor=user, enrolment=enrolment, credential=credential, name="Blue key", password=PASSWORD)
    return Passkey.objects.get(user=user)


def _quality(world: World, dataset: Document) -> Document:
    body = papers.quality_report()
    for finding in body["findings"]:
        finding["places"] = 40 * len(finding["examples"])
    mix = {
        "check": "representative.slices", "status": "warn", "expected": "production’s mix; w 0.22 would be seen",
        "found": "the mix differs: 40% of the cases would have to be of other slices (χ² 178.2, p below 0.001, w 0.84)",
        "examples": ["orders: 90% of cases, 50% of production", "praise: 0% of cases, 20% of production"], "places": 2,
    }  # fmt: skip
    body |= {"findings": [*body["findings"], mix], "observed": 1500}
    links = {"dataset": dataset, "evaluation_set": world.evaluation_set, "rubric": world.rubric}
    references = [{"role": role, "digest": found.digest} for role, found in links.items()]
    with mutation(actor=world.engineer, action="quality.assess", project=world.project) as m:
        return documents.freeze(
            m, kind=KINDS["evals.quality_report"], body=body, references=references, contributors=[], by=None
        )
