"""An installation with people in it, made through the services: who may do what is the same for every test.

Olga owns, Carl is compliance officer, Ada audits (all in the organisation); Erik is engineer and Dora domain expert in
the project "triage"; Mallory is engineer in the project "other" and has no business in "triage".
"""

import json
from dataclasses import dataclass
from typing import Any

from governance import store
from governance.access import (
    AUDITOR,
    COMPLIANCE_OFFICER,
    DOMAIN_EXPERT,
    ENGINEER,
    OWNER,
)
from governance.models import Document, Project, User
from governance.registry import KINDS
from governance.services import documents, installation, people, signing, signoff
from governance.services.reauthentication import Proof
from tests.support import holdout

PASSWORD = "a-long-test-password-1"
RUBRIC = "evals.rubric"
SET = "evals.evaluation_set"


@dataclass(frozen=True)
class Cast:
    """The people and projects, and the policy in force."""

    olga: User
    carl: User
    ada: User
    erik: User
    dora: User
    mallory: User
    triage: Project
    other: Project
    policy: Document
    fingerprint: str


def assemble() -> Cast:
    """Set an installation up with everybody in place and a standard policy in force."""
    fingerprint = installation.set_up(
        organisation="Example",
        owner=installation.Person("olga", "Olga Owner", PASSWORD),
        officer=installation.Person("carl", "Carl Officer", PASSWORD),
        demo=True,
    )
    olga, carl = User.objects.get(username="olga"), User.objects.get(username="carl")

    def enrol(name: str, printed: str) -> User:
        return people.person_enrol(actor=olga, username=name, printed_name=printed, password=PASSWORD)

    ada, erik = enrol("ada", "Ada Auditor"), enrol("erik", "Erik Engineer")
    dora, mallory = enrol("dora", "Dora Expert"), enrol("mallory", "Mallory Engineer")
    triage = people.project_create(actor=olga, name="Triage", slug="triage")
    other = people.project_create(actor=olga, name="Other", slug="other")
    for user, role, project in (
        (ada, AUDITOR, None),
        (dora, OWNER, None),
        (erik, ENGINEER, triage),
        (dora, DOMAIN_EXPERT, triage),
        (mallory, ENGINEER, other),
    ):
        people.role_grant(actor=olga, user=user, role=role, project=project, proof=Proof(PASSWORD))
    policy = documents.document_submit(actor=olga, project=None, kind="governance.policy", body=policy_body())
    agree(policy, by=olga, signers=[(carl, COMPLIANCE_OFFICER), (dora, OWNER)])
    return Cast(olga, carl, ada, erik, dora, mallory, triage, other, policy, fingerprint)


def agree(*chosen: Document, by: User, signers: list[tuple[User, str]]) -> None:
    """Open a request for the documents and have everybody sign it."""
    request = signoff.request_open(actor=by, documents=chosen)
    for signer, role in signers:
        signing.sign(actor=signer, request=request, role=role, meaning="Approved", reason="Read it", password=PASSWORD)


def policy_body(title: str = "Standard policy") -> dict[str, Any]:
    """Return a policy under which a compliance officer and an owner sign everything."""
    rule = {"roles": {COMPLIANCE_OFFICER: 1, OWNER: 1}, "validity_days": 365}
    rules = {name: rule for name, kind in KINDS.items() if kind.signed}
    return {"title": title, "tier": "standard", "rules": rules, "max_attempts": 2}


def rubric_body(title: str = "Chapter as JSON", system: str = "Reply with JSON.") -> dict[str, Any]:
    """Return the body of a small rubric."""
    return {
        "title": title,
        "criteria": [
            {
                "name": "answer",
                "description": "The whole answer is right",
                "grader": "exact",
                "parameters": {},
                "weight": "1",
                "anchors": [{"score": "0", "description": "wrong"}, {"score": "1", "description": "right"}],
            }
        ],
        "pass_mark": "1",
        "output": {"format": "json", "schema": {"type": "object"}, "label_field": "chapter"},
        "prompt": {"system": system, "template": "{input}"},
        "decoding": {"max_new_tokens": 16, "do_sample": False, "batch_size": 8, "precision": "fp32"},
        "unparsed": "counts as failure",
    }


def rubric(cast: Cast, title: str = "Chapter as JSON", **options: Any) -> Document:
    """Freeze a rubric of Erik's in "triage"."""
    return documents.document_submit(
        actor=cast.erik, project=cast.triage, kind=RUBRIC, body=rubric_body(title), **options
    )


def stored(content: bytes, path: str) -> dict[str, Any]:
    """Put bytes into the store and return their manifest entry."""
    return store.put([content]).model_copy(update={"path": path}).model_dump()


def evaluation_spec(cast: Cast, *, signed: bool = True, title: str = "Chapter") -> Document:
    """Freeze a plan and the specification of its baseline's evaluation; with `signed`, its gate is open."""
    submit = documents.document_submit
    base_model = submit(actor=cast.olga, project=None, kind="training.base_model", body=base_model_body())
    cases = submit(actor=cast.erik, project=cast.triage, kind=SET, body=set_body(f"{title} cases"))
    graded = rubric(cast, f"{title} rubric")
    limits = submit(
        actor=cast.erik,
        project=cast.triage,
        kind="evals.thresholds",
        body=thresholds_body(f"{title} thresholds"),
        references=links(evaluation_set=cases, rubric=graded),
    )
    if signed:
        signers = [(cast.carl, COMPLIANCE_OFFICER), (cast.dora, OWNER)]
        agree(base_model, by=cast.olga, signers=signers)
        agree(cases, graded, limits, by=cast.erik, signers=signers)
    return submit(
        actor=cast.erik,
        project=cast.triage,
        kind="evals.evaluation_spec",
        body={"arm": "base", "attempt_index": 1, "note": ""},
        references=links(thresholds=limits, evaluation_set=cases, rubric=graded, subject=base_model),
    )


def links(**named: Document) -> list[dict[str, str]]:
    """Return references by role."""
    return [{"role": role, "digest": document.digest} for role, document in named.items()]


def set_body(title: str) -> dict[str, Any]:
    """Return the body of an evaluation set with one stored file."""
    return {
        "title": title,
        "purpose": "holdout",
        "task": "classification",
        "description": "Two cases",
        "slices": {},
        "labels": ["eye", "ear"],
        "files": [stored(holdout.lines(2, ["eye", "ear"]), "cases.jsonl")],
        "cases": 2,
    }


def thresholds_body(title: str) -> dict[str, Any]:
    """Return the body of one hard threshold."""
    threshold = {
        "id": "accuracy",
        "metric": "exact_match",
        "slice": "all",
        "layer": "quality",
        "stage": "release",
        "direction": ">=",
        "kind": "absolute",
        "limit": "0.50",
        "importance": "hard",
        "alpha": "0.05",
        "n_min": 2,
        "missing_policy": "failure",
    }
    return {"title": title, "preset": "standard", "thresholds": [threshold]}


def base_model_body(title: str = "Small model") -> dict[str, Any]:
    """Return the body of a base model with one stored file."""
    return {
        "title": title,
        "name": "small",
        "version": "1",
        "source": "made for tests",
        "source_sha256": None,
        "parameters": 1000,
        "context_window": 128,
        "licence": {
            "id": "Apache-2.0",
            "name": "Apache License 2.0",
            "text_sha256": None,
            "commercial_use": True,
            "derivatives": True,
        },
        "files": [stored(b"weights", "model.safetensors")],
        "lifecycle": [],
        "custody": "kept in the store",
    }


def contract_body(title: str = "Phrases") -> dict[str, Any]:
    """Return the body of a data contract."""
    return {
        "title": title,
        "fields": [{"name": "id", "type": "string", "description": "unique"}],
        "collection": "written for tests",
        "labelling": "by hand",
        "redaction": "nothing to redact",
        "licence": "Apache-2.0",
        "retention": "as long as the test",
        "personal_data": "none",
        "synthetic": {"share": "1", "how": "written for tests"},
    }


def contract(cast: Cast) -> Document:
    """Freeze a data contract in "triage"; Dora owns the organisation's data as its owner."""
    return documents.document_submit(
        actor=cast.dora, project=cast.triage, kind="training.data_contract", body=contract_body()
    )


def row(number: int, text: str = "") -> str:
    """Return one line of a dataset."""
    messages = [{"role": "user", "content": text or f"training phrase number {number}"}]
    return json.dumps({"id": f"row-{number}", "messages": messages, "target": '{"chapter":"ear"}'}) + "\n"
