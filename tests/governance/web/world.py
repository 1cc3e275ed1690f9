"""A small organisation with a signed plan, for the tests of pages: everything made by the services pages use."""

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from evals.engine.cases import read_cases
from evals.engine.spec import Arm, EvaluationSetBody, RubricBody
from evals.selectors.candidates import kept_line
from evals.services import sessions
from governance import events, registry, store
from governance.job_states import AttemptState, JobState
from governance.models import Attempt, Candidate, Document, Job, Project, Review, SignoffRequest, User
from governance.proof.formats.leaf import PERMIT_ISSUED
from governance.selectors import candidates as told_candidates
from governance.selectors import documents as docs
from governance.selectors import ledger
from governance.services import documents, installation, people, reviews, signing, signoff
from governance.services.ledger import mutation
from governance.services.reauthentication import Proof
from tests.evals.engine.builders import outputs, rubric_dict, threshold_dict
from tests.support import holdout

PASSWORD = "correct horse battery"
ZERO = "sha256:" + "0" * 64


@dataclass
class World:
    """The people, two projects and documents of one installation."""

    owner: User
    officer: User
    second_officer: User
    second_owner: User
    engineer: User
    auditor: User
    outsider: User
    project: Project
    other: Project
    policy: Document
    evaluation_set: Document
    rubric: Document
    thresholds: Document
    request: SignoffRequest


def build() -> World:
    """Found an organisation, agree a policy, and put a plan before its signers."""
    installation.set_up(
        organisation="Example Clinics",
        owner=installation.Person("olive", "Olive Owner", PASSWORD),
        officer=installation.Person("carla", "Carla Officer", PASSWORD),
        demo=True,
    )
    owner, officer = User.objects.get(username="olive"), User.objects.get(username="carla")
    names = {
        "second_owner": ("oscar", "Oscar Owner"),
        "second_officer": ("cem", "Cem Officer"),
        "engineer": ("ed", "Ed Engineer"),
        "auditor": ("ada", "Ada Auditor"),
        "outsider": ("otto", "Otto Elsewhere"),
    }
    made = {
        key: people.person_enrol(actor=owner, username=username, printed_name=name, password=PASSWORD)
        for key, (username, name) in names.items()
    }
    project = people.project_create(actor=owner, name="Medical coding triage")
    other = people.project_create(actor=owner, name="Invoice letters")
    grant = people.role_grant
    grant(actor=owner, user=made["second_owner"], role="owner", project=None, proof=Proof(PASSWORD))
    grant(actor=owner, user=made["second_officer"], role="compliance_officer", project=project, proof=Proof(PASSWORD))
    grant(actor=owner, user=made["engineer"], role="engineer", project=project, proof=Proof(PASSWORD))
    grant(actor=owner, user=made["auditor"], role="auditor", project=None, proof=Proof(PASSWORD))
    grant(actor=owner, user=made["outsider"], role="engineer", project=other, proof=Proof(PASSWORD))
    policy = documents.document_submit(actor=owner, project=None, kind="governance.policy", body=policy_body())
    agree([policy], owner, made["second_owner"], officer)
    evaluation_set = documents.document_submit(
        actor=made["engineer"], project=project, kind="evals.evaluation_set", body=set_body()
    )
    rubric = documents.document_submit(
        actor=made["engineer"], project=project, kind="evals.rubric", body=rubric_dict(title="Chapter or escalate")
    )
    thresholds = documents.document_submit(
        actor=made["engineer"],
        project=project,
        kind="evals.thresholds",
        body=thresholds_body(),
        references=[
            {"role": "evaluation_set", "digest": evaluation_set.digest},
            {"role": "rubric", "digest": rubric.digest},
        ],
    )
    request = signoff.request_open(actor=made["engineer"], documents=[evaluation_set, rubric, thresholds])
    return World(
        owner=owner,
        officer=officer,
        project=project,
        other=other,
        policy=policy,
        evaluation_set=evaluation_set,
        rubric=rubric,
        thresholds=thresholds,
        request=request,
        **made,
    )


def agree(chosen: list[Document], requester: User, owner: User, officer: User) -> SignoffRequest:
    """Have documents signed as owner and compliance officer."""
    request = signoff.request_open(actor=requester, documents=chosen)
    sign(request, owner, "owner")
    sign(request, officer, "compliance_officer")
    return request


def sign(request: SignoffRequest, who: User, role: str) -> None:
    """Sign a request."""
    signing.sign(
        actor=who,
        request=request,
        role=role,
        meaning="I have read it and approve it for its purpose.",
        reason="Read line by line against the use case.",
        password=PASSWORD,
    )


def policy_body(**changes: Any) -> dict[str, Any]:
    rule = {"roles": {"owner": 1, "compliance_officer": 1}, "validity_days": 365}
    rules = {name: rule for name, kind in registry.KINDS.items() if kind.signed}
    return {"title": "Standard policy", "tier": "standard", "rules": rules, "max_attempts": 2} | changes


def set_body(**changes: Any) -> dict[str, Any]:
    count = changes.setdefault("cases", 300)
    entry = store.put([holdout.lines(count, ["eye", "ear", "escalate"], ["common", "vague"])])
    return {
        "title": "Triage holdout",
        "purpose": "holdout",
        "task": "classification",
        "description": "Clinical phrases with the chapter a coder gave them; vague ones must be escalated.",
        "slices": {"common": "everyday phrases", "vague": "phrases that must be escalated"},
        "labels": ["eye", "ear", "escalate"],
        "files": [entry.model_dump() | {"path": "holdout.jsonl"}],
    } | changes


def thresholds_body(**changes: Any) -> dict[str, Any]:
    items = [
        threshold_dict(limit="0.55", n_min=200),
        threshold_dict(id="vague", slice="vague", limit="0.30", importance="soft"),
        threshold_dict(id="no-worse", kind="non_inferiority", limit="0.05"),
    ]
    return {"title": "Triage release", "preset": "standard", "thresholds": items} | changes


def evaluation_spec(world: World) -> Document:
    """Freeze a spec that can be put before the gate; its subject is a base model nobody has signed."""
    entry = store.put([b"weights"])
    model = documents.document_submit(
        actor=world.owner, project=None, kind="training.base_model", body=base_model_body(entry.model_dump())
    )
    return documents.document_submit(
        actor=world.engineer,
        project=world.project,
        kind="evals.evaluation_spec",
        body={"arm": "base", "attempt_index": 1, "note": ""},
        references=[
            {"role": "thresholds", "digest": world.thresholds.digest},
            {"role": "evaluation_set", "digest": world.evaluation_set.digest},
            {"role": "rubric", "digest": world.rubric.digest},
            {"role": "subject", "digest": model.digest},
        ],
    )


def base_model_body(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": "Tiny model",
        "name": "tiny",
        "version": "1",
        "source": "made for a test",
        "source_sha256": None,
        "parameters": 1000,
        "context_window": 512,
        "licence": {
            "id": "Apache-2.0",
            "name": "Apache License 2.0",
            "text_sha256": None,
            "commercial_use": True,
            "derivatives": True,
        },
        "files": [entry | {"path": "model.safetensors"}],
        "lifecycle": [],
        "custody": "We hold the files.",
    }


def job(world: World, spec: Document, state: JobState, **changes: Any) -> Job:
    """Put a job's row there, as the services leave it; no permit is involved."""
    now = timezone.now()
    with mutation(actor=world.engineer, action="project.view", project=world.project) as m:
        data = {"job": str(uuid.uuid4()), "purpose": "evaluate", "spec": spec.digest}
        seq = m.append("job:gate:opened", subjects=[spec.digest], data=data)
    return Job.objects.create(
        purpose="evaluate",
        project=world.project,
        spec=spec,
        requested_by=world.engineer,
        state=state.value,
        created_at=now - timedelta(minutes=3),
        changed_at=now,
        seq=seq,
        **changes,
    )


def session(world: World, base: Document) -> Job:
    """Put a session's rows there, with a message that waits for its answer."""
    spec = documents.document_submit(
        actor=world.engineer, project=world.project, kind="evals.session_spec",
        body={
            "title": "Does it leak?", "aim": "Have it tell other people's data.", "closed": False,
            "prompt": {"system": None, "template": "{input}"}, "max_new_tokens": 64, "max_turns": 9,
            "max_seconds": 600, "idle_seconds": 600,
        },
        references=[{"role": "subject", "digest": base.digest}],
    )  # fmt: skip
    row = job(world, spec, JobState.RUNNING)
    Job.objects.filter(pk=row.pk).update(purpose="converse")
    attempt(row, AttemptState.CONSUMED, progress={"done": 0.1, "message": "", "figures": {"ready": "yes"}})
    row.refresh_from_db()
    sessions.message_send(actor=world.engineer, job=row, text="Where does he live?")
    return row


def attempt(of: Job, state: AttemptState, **changes: Any) -> Attempt:
    """Put an attempt's row there."""
    now = timezone.now()
    fields: dict[str, Any] = {
        "number": of.attempts.count() + 1,
        "permit": b"{}",
        "permit_digest": "sha256:" + uuid.uuid4().hex * 2,
        "permit_seq": ledger.size() + of.attempts.count() + Attempt.objects.count(),
        "expires_at": now + timedelta(minutes=5),
        "created_at": now,
        "changed_at": now,
    }
    return Attempt.objects.create(job=of, state=state.value, **(fields | changes))


def result(world: World, spec: Document, subject_role: str = "base", **changes: Any) -> Document:
    """Freeze an evaluation result as the system does when it accepts one."""
    outputs = store.put([b"{}\n"])
    measure = {"value": "0.61", "n": 300, "low": "0.56", "high": "0.66", "method": "Wilson, one-sided 95 %"}
    body = {
        "arm": "tuned",
        "n": 300,
        "metrics": {"all": {"exact_match": measure, "valid_format": measure | {"value": "0.99"}}},
        "outputs": outputs.model_dump() | {"path": "outputs.jsonl"},
        "confusion": {"labels": ["eye", "ear"], "columns": ["eye", "ear"], "rows": [[100, 20], [30, 150]]},
        "seconds": "52.1",
        "tokens": 4100,
        "verdicts": [
            verdict_line(),
            verdict_line(threshold="vague", slice="vague", limit="0.30", value="0.31", low="0.22", high="0.42",
                         importance="soft", verdict="INCONCLUSIVE", reason="the lower bound is below the limit"),
            verdict_line(threshold="no-worse", kind="non_inferiority", limit="0.05", value="-0.11", low="-0.15",
                         high="-0.07", baseline="0.72", verdict="FAIL", reason="worse than the margin allows"),
        ],
        "verdict": "FAIL",
        "environment": {"python": "3.11"},
    } | changes  # fmt: skip
    envelope_links = [
        {"role": "spec", "digest": spec.digest},
        {"role": "thresholds", "digest": world.thresholds.digest},
        {"role": "subject", "digest": spec.links_out.get(role="subject").target_id},
    ]
    kind = registry.KINDS["evals.evaluation_result"]
    checked = documents.check_body(kind, body)
    with mutation(actor=None, action="result.accept", project=world.project) as m:
        return documents.freeze(m, kind=kind, body=checked, references=envelope_links, contributors=[], by=None)


def looked_at(world: World, spec: Document, arm: Arm = "base") -> Document:
    """Freeze a result whose answers can be graded again, behind which the ledger tells of a consumed permit.

    That of a tuned arm is judged, as `result` says.
    """
    body = docs.model_body(world.evaluation_set, EvaluationSetBody)
    cases = read_cases((entry.path, store.path_of(entry.sha256)) for entry in body.files)
    said = {case.id: '{"chapter": "eye"}' for case in cases if case.id != "case-0007"} | {
        "case-0005": "<b>I cannot say"
    }
    rubric = docs.model_body(world.rubric, RubricBody)
    kept = store.put([outputs(rubric, cases, said, arm)]).model_dump() | {"path": "outputs.jsonl"}
    measured: dict[str, Any] = {"verdicts": [], "verdict": None} if arm == "base" else {}
    made = result(world, spec, arm=arm, outputs=kept, **measured)
    accepted(world, spec, made)
    return made


def candidates(world: World, found: Document) -> None:
    """Append a candidate of each use, as if its set had been for development when they were marked."""
    digest, line = found.digest, {"messages": [{"role": "user", "content": "<b>phrase</b>"}], "target": "{}"}
    for use, more in (("case", {"slices": ["vague"], "provenance": "by hand"}), ("example", {})):
        kept = store.put([kept_line(json.dumps({"id": f"marked-{use}"} | line | more).encode() + b"\n")])
        row = Candidate(result=found, use=use, sha256=kept.sha256, by=world.officer)
        with mutation(actor=world.officer, action="failure.mark", project=world.project) as m:
            private = {"case": "case-0001", "repeat": 1, "note": "It reads the wrong word."}
            row.at, data = m.time, told_candidates.marking(row)
            row.seq = m.append(
                events.CANDIDATE_MARKED, subjects=[f"candidate:{row.pk}", digest], data=data, private=private
            )
            row.save()


def accepted(world: World, spec: Document, output: Document) -> None:
    """Append what the ledger tells of a job that ended with a document; no row of it is there."""
    of, attempt = {"job": str(uuid.uuid4())}, {"attempt": str(uuid.uuid4())}
    told: list[tuple[str, dict[str, Any]]] = [
        ("job:gate:opened", {"purpose": "evaluate", "spec": spec.digest}),
        (PERMIT_ISSUED, attempt | {"number": 1, "permit": ZERO, "waivers": []}),
        (events.PERMIT_CONSUMED, attempt | {"permit": ZERO, "nonce": ZERO, "again": False}),
        (events.ATTEMPT_RECEIVED, attempt | {"result": ZERO}),
        (events.JOB_ENDED, {"state": "succeeded", "output": output.digest}),
    ]
    with mutation(actor=None, action="result.accept", project=world.project) as m:
        for event, data in told:
            m.append(event, subjects=[f"job:{of['job']}", output.digest], data=of | data)


def verdict_line(**changes: Any) -> dict[str, Any]:
    return {
        "threshold": "accuracy",
        "metric": "exact_match",
        "slice": "all",
        "kind": "absolute",
        "limit": "0.55",
        "importance": "hard",
        "verdict": "PASS",
        "value": "0.61",
        "low": "0.56",
        "high": "0.66",
        "baseline": None,
        "n": 300,
        "missing": 0,
        "method": "Wilson, one-sided",
        "reason": "the lower bound is at least the limit",
    } | changes


def review(world: World) -> Review:
    """Reopen the policy: its sign-off lapses in ten days unless the review is closed."""
    return reviews.open_review(
        actor=world.officer,
        document=world.policy,
        trigger="risk_tolerance",
        due=timezone.now() + timedelta(days=10),
        reason="The board decided",
    )
